/**
 * How Convert says no (RFC 8803 section 6.2.8): an Error TLV, whose value means something else for
 * every code.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+---------------+---------------+
 *   |   Type 0x1e   |    Length     |  Error Code   |     zero      |  1, 2: echo; 3: cookie
 *   |            the message that was refused, or the cookie        |
 *   +---------------+---------------+---------------+---------------+
 *   |   Type 0x1e   |    Length     |  Error Code   |    first      |  0: versions; 33: kinds
 *   |    second     |     ...       |               |               |
 *   +---------------+---------------+---------------+---------------+
 *   |   Type 0x1e   |       1       |  Error Code   |    number     |  64, 65: seconds; 97: ICMP;
 *   +---------------+---------------+---------------+---------------+  32, 96: zero
 *
 * The errors travel in the byte stream, never in a RST; whoever sends one then closes.
 */

import { CONVERT_VERSION, type ConvertTlv, encodeConvert, type Refused } from './convert.ts'
import { ConvertError } from './convert-error.ts'

type ErrorTlv = Extract<ConvertTlv, { type: 'error' }>
type Code<Name extends keyof typeof ConvertError> = (typeof ConvertError)[Name]

/** What an error says, by its code. */
export type ConvertFailure =
  | { readonly code: Code<'unsupportedVersion'>; readonly versions: readonly number[] }
  /** The refused message, as much of it as one answer can hold. */
  | {
      readonly code: Code<'malformedMessage' | 'unsupportedMessage'>
      readonly echo: Uint8Array
    }
  /** `cookie` is the one to come back with. */
  | { readonly code: Code<'missingCookie'>; readonly cookie: Uint8Array }
  | { readonly code: Code<'notAuthorized' | 'connectionReset'> }
  | { readonly code: Code<'unsupportedTcpOption'>; readonly kinds: readonly number[] }
  /** Ask this concentrator for nothing before `waitS` seconds have passed. */
  | { readonly code: Code<'resourceExceeded' | 'networkFailure'>; readonly waitS: number }
  | { readonly code: Code<'destinationUnreachable'>; readonly icmpCode: number }

/** The whole message with which the concentrator says no. */
export function errorReply(failure: ConvertFailure): Uint8Array {
  return encodeConvert([errorTlv(failure)])
}

/** The answer owed to a message that `decodeConvert` refused. */
export function answerRefusal({ code, received }: Refused): Uint8Array {
  return code === ConvertError.unsupportedVersion
    ? errorReply({ code, versions: [CONVERT_VERSION] })
    : errorReply({ code, echo: received })
}

/** A failure as a TLV. A wait is sent as 255 s at most, an echo is cut to what a message holds. */
export function errorTlv(failure: ConvertFailure): ErrorTlv {
  const { code } = failure
  switch (code) {
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# The Value field MUST be set to the version supported by the peer.
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# The list of supported versions MUST be padded
    //# with zeros to end on a 32-bit boundary.
    case ConvertError.unsupportedVersion:
      return { type: 'error', code, value: Uint8Array.from(failure.versions) }
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# To ease troubleshooting, the Value field MUST echo the received
    //# message using the format depicted in Figure 23.
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# To ease troubleshooting, the Value field MUST echo the received
    //# message using the format shown in Figure 23.
    case ConvertError.malformedMessage:
    case ConvertError.unsupportedMessage:
      return { type: 'error', code, value: behindZero(failure.echo.subarray(0, ECHO_BYTES_MAX)) }
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# The first byte of the Value field MUST be set to zero and
    //# the remaining bytes of the Error TLV contain the Cookie computed
    //# by the Transport Converter for this Client.
    case ConvertError.missingCookie:
      return { type: 'error', code, value: behindZero(failure.cookie) }
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# The Value field MUST be set to zero.
    case ConvertError.notAuthorized:
    case ConvertError.connectionReset:
      return { type: 'error', code, value: Uint8Array.of(0) }
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# The
    //# list of unsupported TCP options MUST be padded with zeros to end
    //# on a 32-bit boundary.
    case ConvertError.unsupportedTcpOption:
      return { type: 'error', code, value: Uint8Array.from(failure.kinds) }
    case ConvertError.resourceExceeded:
    case ConvertError.networkFailure:
      return { type: 'error', code, value: Uint8Array.of(wholeSeconds(failure.waitS)) }
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# The Value
    //# field MUST echo the Code field of the received ICMP message.
    case ConvertError.destinationUnreachable:
      return { type: 'error', code, value: Uint8Array.of(failure.icmpCode) }
  }
}

/**
 * What an Error TLV says, or `undefined` for a code that we do not know. A wait of 0 means 30 s.
 */
export function readFailure({ code, value }: ErrorTlv): ConvertFailure | undefined {
  switch (code) {
    case ConvertError.unsupportedVersion:
      return { code, versions: withoutZeros(value) }
    case ConvertError.malformedMessage:
    case ConvertError.unsupportedMessage:
      return { code, echo: value.subarray(1) }
    case ConvertError.missingCookie:
      return { code, cookie: value.subarray(1) }
    case ConvertError.notAuthorized:
    case ConvertError.connectionReset:
      return { code }
    case ConvertError.unsupportedTcpOption:
      return { code, kinds: withoutZeros(value) }
    case ConvertError.resourceExceeded:
    case ConvertError.networkFailure:
      return { code, waitS: value[0] || WAIT_S_DEFAULT }
    case ConvertError.destinationUnreachable:
      return { code, icmpCode: value[0] ?? 0 }
    default:
      return undefined
  }
}

/** Rounded up: a part of a second must not become 0, which stands for 30 s. */
function wholeSeconds(waitS: number): number {
  return Math.min(Math.ceil(waitS), WAIT_S_MAX)
}

/** So that an echo or a cookie starts on a word of its own. */
function behindZero(bytes: Uint8Array): Uint8Array {
  const value = new Uint8Array(1 + bytes.length)
  value.set(bytes, 1)
  return value
}

/** A list that ends in padding. Neither a version nor an option of such a list is ever 0. */
function withoutZeros(bytes: Uint8Array): number[] {
  return [...bytes].filter((byte) => byte !== 0)
}

// RFC 8803. Not ours to change.
const WAIT_S_DEFAULT = 30
const WAIT_S_MAX = 255
/** 255 words without the fixed header and the Error TLV's own first word. */
const ECHO_BYTES_MAX = 1_012
