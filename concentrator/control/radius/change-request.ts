/**
 * What a CoA-Request or a Disconnect-Request asks for (RFC 5176), as far as the packet alone tells it. It is genuine,
 * and new.
 */
import { readAssignment } from '../../../shared/core/assignment.ts'
import { documentOf } from '../../../shared/core/leaves.ts'
import {
  numberOf,
  type RadiusAttribute,
  RadiusCode,
  type RadiusPacket,
  textOf,
  vendorAttributes,
} from '../../../shared/wire/radius.ts'
import {
  Attribute,
  ErrorCause,
  HYBRIDGE_VENDOR,
  HybridgeAttribute,
} from '../../../shared/wire/radius-attributes.ts'

export type Cause = (typeof ErrorCause)[keyof typeof ErrorCause]

/** Whose session: by one of them, or both. */
export interface WhoseSession {
  readonly user: string | undefined
  readonly session: string | undefined
}

export type ChangeRequest =
  | { readonly kind: 'refused'; readonly cause: Cause }
  | { readonly kind: 'disconnect'; readonly whose: WhoseSession; readonly why: string | undefined }
  | {
      readonly kind: 'change'
      readonly whose: WhoseSession
      /** From now on; NO_PLAN is none of its own. */
      readonly plan: string | undefined
      /** Until the session ends, in place of what lies there now; undefined leaves that alone. */
      readonly override: Override | undefined
    }

export interface Override {
  /** A plan that is laid on top. */
  readonly plan: string | undefined
  /** Keys on top of that. */
  readonly policy: object
}

/** How the request may name us. */
export interface OwnNames {
  readonly nasIdentifier: string
  /** 16 bytes each; of an empty list any address may be ours. */
  readonly addresses: readonly Uint8Array[]
}

export function readChangeRequest(
  { code, attributes }: Pick<RadiusPacket, 'code' | 'attributes'>,
  own: OwnNames,
): ChangeRequest {
  const said: Said = { policy: [] }
  for (const attribute of attributes) {
    const cause = hear(said, attribute, own)
    if (cause !== undefined) return refused(cause)
  }
  const { user, session, plan, filter, policy, why } = said
  if (user === undefined && session === undefined) return refused(ErrorCause.missingAttribute)
  const whose = { user, session }
  const changes = plan !== undefined || filter !== undefined || policy.length > 0
  if (code === RadiusCode.disconnectRequest) {
    //= https://www.rfc-editor.org/rfc/rfc5176#section-3
    //# A Disconnect-Request MUST contain only NAS and session identification
    //# attributes.
    if (changes) return refused(ErrorCause.unsupportedAttribute)
    return { kind: 'disconnect', whose, why }
  }
  if (!changes) return refused(ErrorCause.missingAttribute)
  const assignments = policy.map((text) => readAssignment(text))
  if (!assignments.every((one) => one !== undefined)) {
    return refused(ErrorCause.invalidAttributeValue)
  }
  const document = documentOf(assignments.map(({ key, value }) => [key, value]))
  const laid = filter === NO_PLAN ? undefined : filter
  const lays = filter !== undefined || policy.length > 0
  return {
    kind: 'change',
    whose,
    plan,
    override: lays ? { plan: laid, policy: document } : undefined,
  }
}

/** Seconds of Unix time at which it says it was made; undefined where it says none. */
export function stampOf({ attributes }: Pick<RadiusPacket, 'attributes'>): number | undefined {
  const stamp = attributes.find(({ type }) => type === Attribute.eventTimestamp)
  return stamp && numberOf(stamp)
}

interface Said {
  user?: string | undefined
  session?: string | undefined
  plan?: string | undefined
  filter?: string | undefined
  why?: string | undefined
  readonly policy: string[]
}

/** Answers why the whole is refused, where it is. */
function hear(said: Said, attribute: RadiusAttribute, own: OwnNames): Cause | undefined {
  const text = textOf(attribute)
  const { type, value } = attribute
  switch (type) {
    case Attribute.userName:
      said.user = text
      return text === undefined ? ErrorCause.invalidAttributeValue : undefined
    case Attribute.acctSessionId:
      said.session = text
      return text === undefined ? ErrorCause.invalidAttributeValue : undefined
    case Attribute.filterId:
      said.filter = text
      return text === undefined ? ErrorCause.invalidAttributeValue : undefined
    case Attribute.replyMessage:
      said.why = text
      return undefined
    case Attribute.vendorSpecific:
      return hearOurs(said, value)
    case Attribute.nasIdentifier:
      return text === own.nasIdentifier ? undefined : ErrorCause.nasIdentificationMismatch
    case Attribute.nasIpAddress:
    case Attribute.nasIpv6Address:
      return isOwn(value, own) ? undefined : ErrorCause.nasIdentificationMismatch
    //= https://www.rfc-editor.org/rfc/rfc5176#section-3.2
    //# If the NAS does not support a Service-Type value of "Authorize
    //# Only", then it MUST respond with a CoA-NAK;
    case Attribute.serviceType:
      return ErrorCause.unsupportedService
    case Attribute.messageAuthenticator:
    case Attribute.eventTimestamp:
    case Attribute.proxyState:
    case Attribute.state:
    case Attribute.acctTerminateCause:
      return undefined
    //= https://www.rfc-editor.org/rfc/rfc5176#section-2.3
    //# In CoA-Request and Disconnect-Request packets, all attributes MUST
    //# be treated as mandatory.
    default:
      return ErrorCause.unsupportedAttribute
  }
}

function hearOurs(said: Said, value: Uint8Array): Cause | undefined {
  const inner = vendorAttributes(value, HYBRIDGE_VENDOR)
  if (inner.length === 0) return ErrorCause.unsupportedAttribute
  for (const attribute of inner) {
    const text = textOf(attribute)
    if (text === undefined) return ErrorCause.invalidAttributeValue
    if (attribute.type === HybridgeAttribute.plan) said.plan = text
    else if (attribute.type === HybridgeAttribute.policy) said.policy.push(text)
    else return ErrorCause.unsupportedAttribute
  }
  return undefined
}

function isOwn(value: Uint8Array, { addresses }: OwnNames): boolean {
  if (addresses.length === 0) return true
  const said = value.length === IPV4_BYTES ? [...MAPPED, ...value] : [...value]
  return addresses.some(
    (own) => own.length === said.length && own.every((byte, i) => byte === said[i]),
  )
}

function refused(cause: Cause): ChangeRequest {
  return { kind: 'refused', cause }
}

/** No plan can be called that, and no attribute can be empty (RFC 2865 section 5). */
export const NO_PLAN = '(none)'
const IPV4_BYTES = 4
/** ::ffff:0:0/96. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
