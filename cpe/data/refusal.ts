/**
 * What a Convert error means for the home (RFC 8803 section 6.2.8): in words, for how long to stop
 * asking, and what becomes of the LAN connection that was refused.
 */
import { VERDICT, type Verdict } from '../../shared/core/marks.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { readFailure } from '../../shared/wire/convert-failure.ts'
import type { ErrorTlv } from './uplink.ts'

/** `waitMs`: ask this concentrator for nothing before that. */
export interface Refusal {
  readonly why: string
  readonly waitMs: number
}

/** For whoever asked for nothing but to be let in: a hello. */
export function whatRefusalMeans(error: ErrorTlv): Refusal {
  const failure = readFailure(error)
  switch (failure?.code) {
    case ConvertError.unsupportedVersion: {
      // We speak one: whoever does not speak it has none in common with us.
      //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
      //# The highest commonly supported version number MUST be used by
      //# the remote peer in subsequent exchanges with the peer.
      const versions = failure.versions.join(', ')
      return { why: `the concentrator speaks Convert version ${versions} only`, waitMs: OTHER_MS }
    }
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

/** What follows from an error for the Connect that it answers. */
export type Consequence =
  /** The server itself said no: the LAN shall hear the same. */
  | { readonly do: 'tell the LAN' }
  /** The concentrator will not carry this one; it may still be reached directly. */
  | { readonly do: 'bypass'; readonly report: string | undefined }
  /** It can serve nobody for a while. */
  | ({ readonly do: 'stop' } & Refusal)
  | { readonly do: 'take the cookie'; readonly cookie: Uint8Array }
  /** Our cookie, or its ACL. */
  | { readonly do: 'doubt the cookie' }

export function whatFollows(error: ErrorTlv): Consequence {
  const failure = readFailure(error)
  switch (failure?.code) {
    case ConvertError.unsupportedVersion:
    case ConvertError.resourceExceeded:
    case ConvertError.networkFailure:
      return { do: 'stop', ...whatRefusalMeans(error) }
    case ConvertError.missingCookie:
      if (isShowable(failure.cookie))
        return { do: 'take the cookie', cookie: failure.cookie.slice() }
      return {
        do: 'bypass',
        report: 'the concentrator wants a cookie and names none that can be shown',
      }
    case ConvertError.notAuthorized:
      return { do: 'doubt the cookie' }
    case ConvertError.unsupportedTcpOption:
      return { do: 'bypass', report: undefined }
    case ConvertError.connectionReset:
      return { do: 'tell the LAN' }
    case ConvertError.destinationUnreachable:
      // One without IPv6 has no way to servers that the home can reach by itself.
      return failure.icmpCode === ICMP_NET_UNREACHABLE
        ? { do: 'bypass', report: undefined }
        : { do: 'tell the LAN' }
    default:
      return ofItsClass(error)
  }
}

/** It must have room in one message behind a Connect. */
function isShowable(cookie: Uint8Array): boolean {
  return cookie.length > 0 && cookie.length <= COOKIE_BYTES_MAX
}

/** A code that a newer RFC has given, or one about our own message: its range says who is meant. */
function ofItsClass(error: ErrorTlv): Consequence {
  const { code } = error
  if (code >= CONVERTER_ERRORS && code < DESTINATION_ERRORS) {
    return { do: 'stop', ...whatRefusalMeans(error) }
  }
  if (code >= DESTINATION_ERRORS && code < SPECIFIED_ERRORS) return { do: 'tell the LAN' }
  return { do: 'bypass', report: whatRefusalMeans(error).why }
}

/** What a LAN host hears whose server said no: the code is that of the server's own address family. */
export function verdictOf(error: ErrorTlv, server: Uint8Array): Verdict {
  const failure = readFailure(error)
  if (failure?.code !== ConvertError.destinationUnreachable) return VERDICT.reset
  const codes = isIpv4(server) ? ICMP_VERDICTS : ICMPV6_VERDICTS
  return codes.get(failure.icmpCode) ?? VERDICT.hostUnreachable
}

/** 255 words without the fixed header, a Connect, and the cookie's own header; Convert counts words. */
const COOKIE_BYTES_MAX = 992
/** How long a wrong cookie keeps us from asking again; a restart asks at once. */
const NOT_AUTHORIZED_MS = 30_000
const OTHER_MS = 30_000
/** ICMP's code 0, ICMPv6's "no route to destination". */
const ICMP_NET_UNREACHABLE = 0
// RFC 8803, the classes of error codes: where each begins.
const CONVERTER_ERRORS = 64
const DESTINATION_ERRORS = 96
const SPECIFIED_ERRORS = 128
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
