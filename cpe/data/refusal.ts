/**
 * What a Convert error means for the home: in words, and for how long to stop asking.
 */
import { VERDICT, type Verdict } from '../../shared/core/marks.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import type { ConvertTlv } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { readFailure } from '../../shared/wire/convert-failure.ts'

export type ErrorTlv = Extract<ConvertTlv, { type: 'error' }>

/** `waitMs`: ask this concentrator for nothing before that. */
export interface Refusal {
  readonly why: string
  readonly waitMs: number
}

export function whatRefusalMeans(error: ErrorTlv): Refusal {
  const failure = readFailure(error)
  switch (failure?.code) {
    case ConvertError.notAuthorized:
      return {
        why: 'the concentrator does not accept the cookie of this subscriber; compare subscriber.cookie on both sides',
        waitMs: NOT_AUTHORIZED_MS,
      }
    case ConvertError.resourceExceeded:
      return { why: 'the concentrator has no room', waitMs: 1_000 * failure.waitS }
    case ConvertError.networkFailure:
      return { why: 'the concentrator has a network failure', waitMs: 1_000 * failure.waitS }
    default:
      return { why: `the concentrator answered Convert error ${error.code}`, waitMs: OTHER_MS }
  }
}

/** The concentrator knows no way to the server's network: not one of that family, perhaps. */
export function isNoRoute(error: ErrorTlv): boolean {
  const failure = readFailure(error)
  if (failure?.code !== ConvertError.destinationUnreachable) return false
  return failure.icmpCode === ICMP_NET_UNREACHABLE
}

/** What a LAN host hears whose server said no: the code is that of the server's own address family. */
export function verdictOf(error: ErrorTlv, server: Uint8Array): Verdict {
  const failure = readFailure(error)
  if (failure?.code !== ConvertError.destinationUnreachable) return VERDICT.reset
  const codes = isIpv4(server) ? ICMP_VERDICTS : ICMPV6_VERDICTS
  return codes.get(failure.icmpCode) ?? VERDICT.hostUnreachable
}

/** How long a wrong cookie keeps us from asking again; a restart asks at once. */
const NOT_AUTHORIZED_MS = 30_000
const OTHER_MS = 30_000
/** ICMP's code 0, ICMPv6's "no route to destination". */
const ICMP_NET_UNREACHABLE = 0
/** RFC 792, RFC 1812 section 5.2.7.1: by network, by host, by administration. All others are of a host. */
const ICMP_VERDICTS: ReadonlyMap<number, Verdict> = new Map([
  [ICMP_NET_UNREACHABLE, VERDICT.noRoute],
  [2, VERDICT.portUnreachable],
  [3, VERDICT.portUnreachable],
  [6, VERDICT.noRoute],
  [9, VERDICT.prohibited],
  [10, VERDICT.prohibited],
  [11, VERDICT.noRoute],
  [13, VERDICT.prohibited],
])
/** RFC 4443 section 3.1. */
const ICMPV6_VERDICTS: ReadonlyMap<number, Verdict> = new Map([
  [ICMP_NET_UNREACHABLE, VERDICT.noRoute],
  [1, VERDICT.prohibited],
  [3, VERDICT.hostUnreachable],
  [4, VERDICT.portUnreachable],
  [5, VERDICT.prohibited],
  [6, VERDICT.noRoute],
])
