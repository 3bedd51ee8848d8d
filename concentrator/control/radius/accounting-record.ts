/**
 * What is told of a session over RADIUS, as it is kept (JSON), and as it is said (RFC 2866).
 */
import type { RadiusAttribute } from '../../../shared/wire/radius.ts'
import {
  longAttribute,
  numberAttribute,
  textAttribute,
  vendorSpecific,
} from '../../../shared/wire/radius.ts'
import {
  ACCT_AUTHENTIC_LOCAL,
  AcctStatusType,
  Attribute,
  HYBRIDGE_VENDOR,
  HybridgeAttribute,
  NAS_PORT_TYPE_VIRTUAL,
} from '../../../shared/wire/radius-attributes.ts'
import type { Octets } from '../../subscribers/keeper.ts'

export interface AccountingRecord {
  readonly status: keyof typeof AcctStatusType
  /** Acct-Session-Id. */
  readonly session: string
  /** When it was so, Unix time. */
  readonly atMs: number
  /** Of a session; undefined where it is about the concentrator itself. */
  readonly about?: AboutSession | undefined
}

export interface AboutSession {
  readonly user: string
  /** The address that it was opened from. */
  readonly from: string
  readonly startedMs: number
  /** Since it was opened; undefined where nothing is counted. */
  readonly octets?: Octets | undefined
  /** Acct-Terminate-Cause of a stop. */
  readonly cause?: number | undefined
}

/** As it is said at `nowMs`, Unix time. */
export function attributesOf(
  { status, session, atMs, about }: AccountingRecord,
  nasIdentifier: string,
  nowMs: number,
): RadiusAttribute[] {
  return [
    numberAttribute(Attribute.acctStatusType, AcctStatusType[status]),
    textAttribute(Attribute.acctSessionId, session),
    //= https://www.rfc-editor.org/rfc/rfc2866#section-4.1
    //# Either NAS-IP-Address or NAS-Identifier MUST be present in a RADIUS
    //# Accounting-Request.
    textAttribute(Attribute.nasIdentifier, nasIdentifier),
    numberAttribute(Attribute.nasPortType, NAS_PORT_TYPE_VIRTUAL),
    numberAttribute(Attribute.eventTimestamp, wholeSeconds(atMs)),
    numberAttribute(Attribute.acctDelayTime, wholeSeconds(nowMs - atMs)),
    ...(about === undefined ? [] : sessionAttributes(about, status, atMs)),
  ]
}

function sessionAttributes(
  { user, from, startedMs, octets, cause }: AboutSession,
  status: AccountingRecord['status'],
  atMs: number,
): RadiusAttribute[] {
  const isStart = status === 'start'
  return [
    textAttribute(Attribute.userName, user),
    textAttribute(Attribute.callingStationId, from),
    numberAttribute(Attribute.acctAuthentic, ACCT_AUTHENTIC_LOCAL),
    ...(isStart
      ? []
      : [numberAttribute(Attribute.acctSessionTime, wholeSeconds(atMs - startedMs))]),
    ...(isStart || octets === undefined ? [] : octetAttributes(octets)),
    ...(cause === undefined ? [] : [numberAttribute(Attribute.acctTerminateCause, cause)]),
  ]
}

/** Input is what comes from the home. */
function octetAttributes({ dslUp, dslDown, lteUp, lteDown }: Octets): RadiusAttribute[] {
  const up = dslUp + lteUp
  const down = dslDown + lteDown
  const leg = (type: number, octets: number) =>
    vendorSpecific(HYBRIDGE_VENDOR, longAttribute(type, octets))
  return [
    numberAttribute(Attribute.acctInputOctets, up),
    numberAttribute(Attribute.acctOutputOctets, down),
    numberAttribute(Attribute.acctInputGigawords, Math.floor(up / 2 ** 32)),
    numberAttribute(Attribute.acctOutputGigawords, Math.floor(down / 2 ** 32)),
    leg(HybridgeAttribute.dslInputOctets, dslUp),
    leg(HybridgeAttribute.dslOutputOctets, dslDown),
    leg(HybridgeAttribute.lteInputOctets, lteUp),
    leg(HybridgeAttribute.lteOutputOctets, lteDown),
  ]
}

/** A clock that was put back makes nothing negative. */
function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000))
}
