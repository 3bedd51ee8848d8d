/**
 * How homes arrive, in the log: connections by access, and how many of them lost MPTCP on the way. The
 * first figure to look at when a line's operator strips options.
 */
import { log } from '../../shared/daemon/log.ts'
import type { Counters } from '../../shared/relay/counters.ts'
import type { STREET_COUNTERS } from '../data/room.ts'

type Name = (typeof STREET_COUNTERS)[number]

/** Say so now and then, and when disposed of. Nothing is said when nobody came. */
export function tellAccess(counters: Counters<Name>): Disposable {
  let told = 0
  const tell = () => {
    const accepted = counters.read('accepted')
    if (accepted === told) return
    told = accepted
    log.info('access', Object.fromEntries(FIGURES.map((name) => [name, counters.read(name)])))
  }
  const timer = setInterval(tell, TELL_MS)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      tell()
    },
  }
}

/** Since the start. What is neither DSL nor LTE came from an address that nothing ties to a leg. */
const FIGURES = [
  'accepted',
  'acceptedDsl',
  'acceptedLte',
  'plainTcp',
  'plainTcpDsl',
  'plainTcpLte',
  'fastOpens',
  'refused',
  'cookiesIssued',
  'cookiesMoved',
  'cookiesDoubled',
] as const satisfies readonly Name[]
const TELL_MS = 900_000
