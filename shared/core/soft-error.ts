/**
 * Which ICMP errors end a connect, and when a connect is begun again that ended for one that does not.
 *
 *     hard   nobody will ever answer there: say so at once
 *     soft   a route that is being mended says the same: keep trying until the time is up
 *
 * (RFC 1122 section 4.2.3.9, RFC 4443, RFC 5461)
 */

/** An ICMP error by its family's own numbers. */
export interface IcmpKind {
  readonly family: 'ipv4' | 'ipv6'
  readonly type: number
  readonly code: number
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-4.2
//# Note that if an ICMP error message that indicates a soft
//# error is received on the downstream connection, the Converter will
//# retransmit the corresponding data until it is acknowledged or the
//# connection times out.
export function isSoft({ family, type, code }: IcmpKind): boolean {
  return family === 'ipv4' ? isSoftIpv4(type, code) : isSoftIpv6(type, code)
}

function isSoftIpv4(type: number, code: number): boolean {
  if (type === ICMP_UNREACHABLE) return SOFT_UNREACHABLE_IPV4.includes(code)
  return type === ICMP_TIME_EXCEEDED || type === ICMP_PARAMETER_PROBLEM
}

function isSoftIpv6(type: number, code: number): boolean {
  if (type === ICMP6_UNREACHABLE) return SOFT_UNREACHABLE_IPV6.includes(code)
  return type === ICMP6_TIME_EXCEEDED || type === ICMP6_PARAMETER_PROBLEM
}

/** How long to wait after the connect that is the `attempt`th (from 0) has ended softly. */
export function retryMs(attempt: number): number {
  return Math.min(RETRY_MS_MIN * 2 ** Math.min(attempt, DOUBLINGS_MAX), RETRY_MS_MAX)
}

const ICMP_UNREACHABLE = 3
const ICMP_TIME_EXCEEDED = 11
const ICMP_PARAMETER_PROBLEM = 12
/** Network, host, and source route: what a change of routes looks like. */
const SOFT_UNREACHABLE_IPV4 = [0, 1, 5]
const ICMP6_UNREACHABLE = 1
const ICMP6_TIME_EXCEEDED = 3
const ICMP6_PARAMETER_PROBLEM = 4
/** No route, and no neighbour of that address. */
const SOFT_UNREACHABLE_IPV6 = [0, 3]

/** Sooner than TCP's own second, for a route heals in less and a person waits. */
const RETRY_MS_MIN = 250
const RETRY_MS_MAX = 2_000
const DOUBLINGS_MAX = 10
