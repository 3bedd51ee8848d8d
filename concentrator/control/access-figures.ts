/**
 * How homes arrive, in the log: connections by access, and how many of them lost MPTCP on the way, the
 * first figure to look at when a line's operator strips options; and what their tunnels carry.
 */
import type { Counters } from '../../shared/relay/counters.ts'
import type { STREET_COUNTERS } from '../data/room.ts'
import { STREET_TUNNEL_COUNTERS, type StreetTunnelCounter } from '../data/tunnel-room.ts'
import { log } from './log.ts'

type Name = (typeof STREET_COUNTERS)[number]

/** Say so now and then, and when disposed of. Nothing is said when nobody came. */
export function tellAccess(counters: Counters<Name>): Disposable {
  return tellFigures('access', counters, 'accepted', FIGURES)
}

/** The same of what is not TCP: what came, what left, and why what did not. */
export function tellTunnel(counters: Counters<StreetTunnelCounter>): Disposable {
  return tellFigures('tunnel', counters, 'upBytes', STREET_TUNNEL_COUNTERS)
}

/** Nothing is said while `moving` stays what it was. */
function tellFigures<Figure extends string>(
  what: 'access' | 'tunnel',
  counters: Counters<Figure>,
  moving: Figure,
  figures: readonly Figure[],
): Disposable {
  let told = 0
  const tell = () => {
    const now = counters.read(moving)
    if (now === told) return
    told = now
    log.info(what, Object.fromEntries(figures.map((name) => [name, counters.read(name)])))
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
  'strangersSilent',
  'strangersAlien',
  'strangersUnknown',
  'fastOpens',
  'refused',
  'cookiesIssued',
  'cookiesMoved',
  'cookiesDoubled',
] as const satisfies readonly Name[]
const TELL_MS = 900_000
