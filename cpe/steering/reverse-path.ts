/**
 * The reverse path filter of the legs' interfaces.
 */
import { readSysctl, type Sysctls } from '../../shared/linux/sysctl.ts'

/**
 * Packets come in over the leg that is not the active one too. A strict reverse path filter (RFC 3704
 * section 2.2) would drop them; a loose one (section 2.4) asks only that there be some way back.
 * An interface that is made anew, as PPP's is at each dial-in, has the OS's setting again.
 */
export function loosen(sysctls: Sysctls, name: string): void {
  const own = `net/ipv4/conf/${name}/rp_filter`
  const strictest = Math.max(
    Number(readSysctl('net/ipv4/conf/all/rp_filter') ?? 0),
    Number(readSysctl(own) ?? 0),
  )
  if (strictest === STRICT) sysctls.set(own, LOOSE)
}

const STRICT = 1
const LOOSE = '2'
