/**
 * Who has which address on the street. All are documentation prefixes (RFC 5737, RFC 3849), the home's
 * private ones, and the shared space that mobile operators put their customers in (RFC 6598).
 */
import type { LegName } from '../../shared/core/leg.ts'

export interface Addresses {
  readonly ipv4: string
  readonly ipv6: string
}

export const LAN = {
  router: { ipv4: '192.168.1.1', ipv6: '2001:db8:1::1' },
  home: { ipv4: '192.168.1.10', ipv6: '2001:db8:1::10' },
  /** Delegated over DSL, so DSL's operator routes it and LTE's drops it. */
  prefix6: '2001:db8:1::/64',
} as const

export const CONCENTRATOR = {
  own: { ipv4: '192.0.2.10', ipv6: '2001:db8:c::10' },
  gateway: { ipv4: '192.0.2.1', ipv6: '2001:db8:c::1' },
  bits4: 24,
  port: 8803,
} as const

export const INTERNET = {
  own: { ipv4: '198.51.100.10', ipv6: '2001:db8:5::10' },
  gateway: { ipv4: '198.51.100.1', ipv6: '2001:db8:5::1' },
  /** Half a /24: the other half is where LTE's customers appear. */
  bits4: 25,
} as const

/** The one public IPv4 address of all of LTE's customers. */
export const NAT_ADDRESS = '198.51.100.129'
/** Behind no door: what comes for a translation that has expired vanishes, as in a real network. */
export const NAT_PREFIX = '198.51.100.128/25'

/** All that an operator gives to its customers. */
export const LEG_PREFIXES: Readonly<Record<LegName, Addresses>> = {
  dsl: { ipv4: '203.0.113.0/24', ipv6: '2001:db8:d::/48' },
  lte: { ipv4: '100.64.0.0/10', ipv6: '2001:db8:e::/48' },
}

export interface LegAddresses {
  readonly cpe: Addresses
  readonly access: Addresses
}

export const LEG_BITS4 = 30

/** What a line is numbered after it changed its address `generation` times. Wraps after 64. */
export function legAddresses(leg: LegName, generation: number): LegAddresses {
  const turn = generation % GENERATIONS
  const network6 = leg === 'dsl' ? '2001:db8:d' : '2001:db8:e'
  const prefix6 = turn === 0 ? network6 : `${network6}:${turn.toString(16)}`
  const [access4, cpe4] =
    leg === 'dsl'
      ? [`203.0.113.${4 * turn + 1}`, `203.0.113.${4 * turn + 2}`]
      : [`100.64.${turn}.1`, `100.64.${turn}.2`]
  return {
    cpe: { ipv4: cpe4, ipv6: `${prefix6}::2` },
    access: { ipv4: access4, ipv6: `${prefix6}::1` },
  }
}

const GENERATIONS = 64
