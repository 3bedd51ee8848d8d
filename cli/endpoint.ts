/**
 * Where to, as people write it: an address and a port, or a name that DNS knows.
 *
 *     files.hyb.example:80   192.0.2.10:8803   [2001:db8::10]:8803
 */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { formatAddress, knownAddress, parseAddress } from '../shared/wire/address.ts'
import { Misuse } from './misuse.ts'

export interface Written {
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
}

export interface Endpoint {
  /** 16 bytes, IPv4 mapped. */
  readonly address: Uint8Array
  readonly port: number
  /** When it was written as a name: that, and everything DNS answered. */
  readonly resolved?: { readonly name: string; readonly addresses: readonly string[] }
}

/** Without `portDefault` the port must be there. Throws `Misuse`. */
export function parseEndpoint(text: string, portDefault?: number): Written {
  if (isIP(text) === 6 && portDefault === undefined) {
    throw new Misuse(`'${text}' may be an address or one with a port; write [2001:db8::1]:443`)
  }
  if (parseAddress(text) !== undefined && portDefault !== undefined) {
    return { host: text, port: portDefault }
  }
  const [, bracketed, bare, digits] = WRITTEN.exec(text) ?? []
  const host = bracketed ?? bare
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    throw new Misuse(`'${text}' is no HOST:PORT, such as 192.0.2.25:443 or [2001:db8::1]:443`)
  }
  const port = digits === undefined ? portDefault : Number(digits)
  if (port === undefined) throw new Misuse(`'${text}' names no port; write ${text}:PORT`)
  if (port > PORT_MAX) throw new Misuse(`${port} is no port; the last is ${PORT_MAX}`)
  return { host, port }
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
//# The Remote Peer IP Address MUST be encoded as an IPv6 address.
/** Of a name the first address that DNS gives. Rejects with `Misuse` when there is none. */
export async function resolveEndpoint({ host, port }: Written): Promise<Endpoint> {
  const address = parseAddress(host)
  if (address !== undefined) return { address, port }
  try {
    const answers = await lookup(host, { all: true })
    const addresses = answers.map((answer) => formatAddress(knownAddress(answer.address)))
    const [first] = addresses
    if (first === undefined) throw new Misuse(`${host} has no address`)
    return { address: knownAddress(first), port, resolved: { name: host, addresses } }
  } catch (error) {
    if (error instanceof Misuse) throw error
    throw new Misuse(`${host} is no name that DNS knows: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const WRITTEN = /^(?:\[([^\]]*)\]|([^[\]:\s]+))(?::(\d{1,5}))?$/
const PORT_MAX = 65_535
