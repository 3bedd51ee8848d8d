/**
 * Who shows this cookie, and on which leg its connection began. The first subflow has MPTCP's address id 0
 * on either line, so an issued cookie tells the leg, else whose address it is.
 */
import { SHARED, type Tie } from '../../shared/core/tie.ts'
import { isIpv4, prefixContains } from '../../shared/wire/address.ts'
import type { ConvertTlv } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { errorTlv } from '../../shared/wire/convert-failure.ts'
import { isDoubleUse } from '../subscribers/double-use.ts'
import { COUNT, type StreetRoom } from './room.ts'

/** `leg` is 0 where nothing tells it. */
export type Identity =
  | ({ readonly kind: 'known' } & Tie)
  | { readonly kind: 'unknown'; why: string }

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.7
//# If this TLV is present, the Transport Converter MUST
//# validate the Cookie by means similar to those in Section 4.1.2 of
//# [RFC7413] (i.e., IsCookieValid).
export function identify(room: StreetRoom, cookie: Uint8Array, address: Uint8Array): Identity {
  const configured = room.roll.numberOf(cookie)
  const identity =
    configured === undefined
      ? judgeIssued(room, cookie, address)
      : { kind: 'known' as const, subscriber: configured, leg: legOf(room, configured, address) }
  if (identity.kind === 'unknown') return identity
  const { prefixes } = room.roll.get(identity.subscriber) ?? NOWHERE
  if (prefixes.length === 0 || prefixes.some(({ prefix }) => prefixContains(prefix, address))) {
    return identity
  }
  room.count[COUNT.cookiesMoved]!++
  alarm(
    room,
    address,
    identity.subscriber,
    'its cookie belongs to a home whose prefixes are others',
  )
  return { kind: 'unknown', why: 'it comes from outside the prefixes of its subscriber' }
}

/**
 * Who is given a cookie from here. Behind a carrier's NAT a stranger has the home's IPv4 address, and would
 * get its cookie for the asking; so where legs do not have addresses of their own, probes do not suffice.
 */
export function entitledTo(room: StreetRoom, address: Uint8Array): Tie | undefined {
  const tie = tiedTo(room, address)
  if (tie === undefined || room.configuredOwnerOf(address) !== undefined) return tie
  // Nobody else is in a /64.
  return !isIpv4(address) || room.settings.ownAddressLegs.includes(tie.leg) ? tie : undefined
}

/** The one home, and the one leg, that the address is tied to. */
export function tiedTo(room: StreetRoom, address: Uint8Array): Tie | undefined {
  const owner = room.ownerOf(address)
  return owner === SHARED ? undefined : owner
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.7
//# In such case, the Transport Converter
//# MUST return an Error TLV set to "Missing Cookie" and the computed
//# Cookie and close the connection.
export function missingCookie(room: StreetRoom, tie: Tie, address: Uint8Array): ConvertTlv {
  room.count[COUNT.cookiesIssued]!++
  room.count[COUNT.error3]!++
  const cookie = room.mint.issue(tie, address, room.unixS())
  return errorTlv({ code: ConvertError.missingCookie, cookie })
}

/** The leg of a home's connection that shows no issued cookie. */
function legOf(room: StreetRoom, subscriber: number, address: Uint8Array): number {
  const tie = tiedTo(room, address)
  return tie?.subscriber === subscriber ? tie.leg : 0
}

function judgeIssued(room: StreetRoom, cookie: Uint8Array, address: Uint8Array): Identity {
  const { count, mint, tallies } = room
  const judged = mint.judge(cookie, address, room.unixS())
  switch (judged.kind) {
    case 'unknown':
      return { kind: 'unknown', why: 'its cookie is not known here' }
    case 'expired':
      count[COUNT.cookiesExpired]!++
      return { kind: 'unknown', why: 'its cookie has expired' }
    case 'moved':
      count[COUNT.cookiesMoved]!++
      alarm(room, address, judged.subscriber, 'its cookie was issued to another address')
      return { kind: 'unknown', why: 'its cookie was issued to another address' }
    case 'valid': {
      const use = { ...judged, cookie, address }
      if (isDoubleUse(tallies, use, Math.floor(room.sharedMs() / 1_000))) {
        count[COUNT.cookiesDoubled]!++
        alarm(
          room,
          address,
          judged.subscriber,
          'another address of its prefix showed the same cookie',
        )
      }
      return { kind: 'known', subscriber: judged.subscriber, leg: judged.leg }
    }
  }
}

/** Moved or stolen: the concentrator cannot tell, a human may. */
function alarm(room: StreetRoom, address: Uint8Array, subscriber: number, why: string): void {
  const incident = 'cookie shown from elsewhere'
  room.reports.report({ incident, address, why, subscriber }, room.loop.nowMs)
}

const NOWHERE = { prefixes: [] } as const
