/**
 * What a Convert message is worth: who says it, and whether more may be asked. Nothing is sent and nothing
 * is closed here; admit.ts obeys.
 */
import { type ConvertMessage, type ConvertTlv, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import type { ConvertFailure } from '../../shared/wire/convert-failure.ts'
import { entitledTo, identify, missingCookie } from './identify.ts'
import { COUNT, type Incident, type StreetRoom } from './room.ts'
import type { Seat } from './seat.ts'
import { hello } from './server-options.ts'

/** Who has come, as far as is known by now. */
export interface Guest {
  readonly address: Uint8Array
  readonly seat: Seat
  /** The leg of the first subflow, 0 while nothing tells it. */
  leg: number
  /** It has said hello, and was answered. */
  isWarm: boolean
}

export interface ConnectRequest {
  readonly subscriber: number
  readonly connect: Extract<ConvertTlv, { type: 'connect' }>
  readonly hasInfo: boolean
}

export type Verdict =
  | {
      readonly kind: 'refuse'
      readonly failure: ConvertFailure
      readonly why: string
      readonly incident: Incident
    }
  | { readonly kind: 'hello' }
  | ({ readonly kind: 'request' } & ConnectRequest)
  | { readonly kind: 'missing cookie'; readonly message: ConvertMessage }
  /** Somebody only asks what we can do. */
  | { readonly kind: 'tell'; readonly answer: Uint8Array }
  /** Strangers of that source have had their share of answers. */
  | { readonly kind: 'ignore' }

/** `bytes` are the message as it came. */
export function judge(
  room: StreetRoom,
  guest: Guest,
  message: ConvertMessage,
  bytes: Uint8Array,
): Verdict {
  const { count, loop, settings } = room
  const hasInfo = message.some((tlv) => tlv.type === 'info')
  const connect = message.find((tlv) => tlv.type === 'connect')
  const cookie = message.find((tlv) => tlv.type === 'cookie')
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.7
  //# A Transport Converter that has been configured to use the optional
  //# Cookie TLV MUST verify the presence of this TLV in the payload of
  //# the received SYN.
  if (cookie !== undefined) {
    const identity = identify(room, cookie.cookie, guest.address)
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.7
    //# Otherwise, the Transport Converter MUST return an Error TLV set
    //# to "Not Authorized" and close the connection.
    if (identity.kind === 'unknown') {
      if (guest.seat.isWaiting && !guest.seat.mayAskAsStranger()) return { kind: 'ignore' }
      return refusal(NOT_AUTHORIZED, identity.why)
    }
    if (guest.isWarm && identity.subscriber !== guest.seat.subscriber) {
      return refusal(NOT_AUTHORIZED, 'it shows the cookie of another subscriber')
    }
    // Before anything is refused: what a home hears is charged to it, and not to its neighbours behind a NAT.
    guest.seat.recognise(identity.subscriber, identity.leg)
    guest.leg = identity.leg
  }
  if (!hasInfo && connect === undefined) {
    const failure = { code: ConvertError.malformedMessage, echo: bytes }
    return refusal(failure, 'its message asks for nothing')
  }
  const { subscriber } = guest.seat
  if (subscriber === undefined) return judgeStranger(room, guest, hasInfo, connect !== undefined)
  // It waited, warm, and was removed or suspended meanwhile.
  if (room.roll.get(subscriber) === undefined) {
    return refusal(NOT_AUTHORIZED, 'its subscriber may not come any more')
  }
  if (room.isDraining()) {
    count[COUNT.drained]!++
    const failure = { code: ConvertError.resourceExceeded, waitS: settings.drainWaitS }
    return refusal(failure, 'this concentrator is draining', 'limited')
  }
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# This error MUST be sent by the Transport Converter when it does
  //# not have sufficient resources to handle a new connection.
  if (loop.descriptors >= settings.descriptorsMax) {
    count[COUNT.exhausted]!++
    return refusal(FULL, 'this concentrator is full', 'limited')
  }
  const excess = guest.seat.ask()
  if (excess !== undefined) return refusal(EXCESS, `${excess} is reached`, 'limited')
  return connect === undefined
    ? { kind: 'hello' }
    : { kind: 'request', subscriber, connect, hasInfo }
}

/** It shows no cookie. */
function judgeStranger(
  room: StreetRoom,
  guest: Guest,
  hasInfo: boolean,
  hasConnect: boolean,
): Verdict {
  const { settings } = room
  // Before a cookie is computed or a hello is said: that is work too, and neither is an error.
  if (!guest.seat.mayAskAsStranger()) return { kind: 'ignore' }
  const tie = settings.issueCookies ? entitledTo(room, guest.address) : undefined
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# If a Transport Converter requires the utilization of Cookies to
  //# prevent spoofing attacks and a Cookie TLV was not included in the
  //# Convert message, the Transport Converter MUST return this error to
  //# the requesting Client only if it computes a cookie for this
  //# Client.
  if (tie !== undefined) {
    if (!guest.seat.mayHearNo()) return { kind: 'ignore' }
    guest.leg = tie.leg
    const missing = missingCookie(room, tie, guest.address)
    return {
      kind: 'missing cookie',
      message: hasInfo ? [...hello(settings.egress), missing] : [missing],
    }
  }
  if (hasConnect) return refusal(NOT_AUTHORIZED, 'it shows no cookie')
  room.count[COUNT.hellos]!++
  return { kind: 'tell', answer: encodeConvert(hello(settings.egress)) }
}

function refusal(failure: ConvertFailure, why: string, incident: Incident = 'refused'): Verdict {
  return { kind: 'refuse', failure, why, incident }
}

export const NOT_AUTHORIZED: ConvertFailure = { code: ConvertError.notAuthorized }
const FULL: ConvertFailure = { code: ConvertError.resourceExceeded, waitS: 5 }
/** A home that has had its share: its bucket is half full after a second. */
export const EXCESS: ConvertFailure = { code: ConvertError.resourceExceeded, waitS: 1 }
