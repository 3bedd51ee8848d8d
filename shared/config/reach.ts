/**
 * How a home finds a concentrator and knows it, in one line that people can copy:
 *
 *    hybridge://192.0.2.10,2001:db8:c::10/?pin=sha256//MDEy...=&port=8803&session=8805&code=K7QM-2XPD-9F3R-8ABC
 *               └────── addresses ──────┘      └ its key ┘      └── Convert, sessions ─┘    └ where one is enrolled by it
 */
import { readEnrolmentCode } from '../session/enrolment-code.ts'
import { isIpv4, parseAddress } from '../wire/address.ts'

export interface Reach {
  readonly addresses: readonly string[]
  /** Of Convert and the probes. */
  readonly port: number
  /** Of the control session. */
  readonly session: number
  readonly pin: string
}

export function reachLine({ addresses, pin, port, session }: Reach, code?: string): string {
  const query = [`pin=${pin}`, `port=${port}`, `session=${session}`]
  if (code !== undefined) query.push(`code=${code}`)
  return `${SCHEME}${addresses.join(',')}/?${query.join('&')}`
}

export interface ReachRead {
  readonly reach: Reach
  readonly code: string | undefined
}

/** What is wrong with it, in words that follow "it", where it is none. */
export function readReach(line: string): ReachRead | string {
  const [, host = '', query = ''] = /^hybridge:\/\/([^/?]+)\/?\?(.*)$/.exec(line) ?? []
  if (host === '') return `must look like ${SCHEME}192.0.2.10/?pin=sha256//...`
  const addresses = host.split(',')
  const families = new Set<boolean>()
  for (const text of addresses) {
    const address = parseAddress(text)
    if (address === undefined) return `names ${text}, which is no address`
    families.add(isIpv4(address))
  }
  if (families.size < addresses.length) return 'names several addresses of one family'
  const said = new Map(
    query.split('&').map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)] as const
    }),
  )
  const pin = said.get('pin') ?? ''
  if (!PIN.test(pin)) return 'must say pin=sha256// and 44 characters of base64'
  const port = portOf(said.get('port'), CONVERT_PORT)
  const session = portOf(said.get('session'), SESSION_PORT)
  if (port === undefined || session === undefined) return 'names a port that is none'
  const typed = said.get('code')
  const code = typed === undefined ? undefined : readEnrolmentCode(typed)
  if (typed !== undefined && code === undefined) return 'has a code with a slip in it'
  return { reach: { addresses, port, session, pin }, code }
}

function portOf(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port > 0 && port < 65_536 ? port : undefined
}

export const SCHEME = 'hybridge://'
export const PIN = /^sha256\/\/[A-Za-z0-9+/]{43}=$/
/** Where concentrators listen unless something else is said. */
const CONVERT_PORT = 8_803
const SESSION_PORT = 8_805
