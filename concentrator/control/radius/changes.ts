/**
 * Changes of authorization: what the operator's AAA asks for while a session lasts (RFC 5176).
 *
 *    datagram ─▶ known client? ─▶ genuine, Message-Authenticator in front? ─▶ of this moment, and new? ─▶ obey ─▶ ACK
 *                    no: unread        no: unread                                no: unread, or the same answer   NAK
 *
 * A plan that is named is the home's from now on, in the store. What is laid over its policy lasts as long as its
 * session. Disconnect ends the session and what the home has open; it may come again.
 */
import { layerProblems, type PolicyLayer } from '../../../shared/config/home-policy.ts'
import { sentenceOf } from '../../../shared/daemon/log.ts'
import { formatAddress, type Prefix, prefixContains } from '../../../shared/wire/address.ts'
import {
  decodeRadius,
  encodeRadius,
  judgeRadiusRequest,
  numberAttribute,
  RadiusCode,
  type RadiusKeys,
  type RadiusPacket,
} from '../../../shared/wire/radius.ts'
import { Attribute, ErrorCause } from '../../../shared/wire/radius-attributes.ts'
import type { Home, NamedLayer } from '../../subscribers/homes.ts'
import { KeeperUnavailable } from '../../subscribers/keeper.ts'
import type { Store } from '../../subscribers/store.ts'
import type { StreetLog } from '../log.ts'
import { Answered } from './answered.ts'
import {
  type Cause,
  type ChangeRequest,
  NO_PLAN,
  type Override,
  type OwnNames,
  readChangeRequest,
  stampOf,
  type WhoseSession,
} from './change-request.ts'

export interface ChangesParts {
  readonly own: OwnNames
  readonly clients: ReadonlyArray<{ readonly prefix: Prefix; readonly keys: RadiusKeys }>
  readonly windowS: number
  readonly store: Pick<Store, 'commit' | 'homes' | 'override'>
  /** Acct-Session-Id of the session that a home has; undefined where sessions are told to nobody. */
  readonly sessionOf: (user: string) => string | undefined
  readonly userOf: (session: string) => string | undefined
  readonly isHere: (user: string) => boolean
  readonly disconnect: (user: string, why: string) => void
  readonly unixMs: () => number
  readonly log: Pick<StreetLog, 'info' | 'warn'>
}

export class Changes {
  readonly #parts: ChangesParts
  readonly #answered: Answered
  #ignoredMs = -Infinity
  #hidden = 0

  constructor(parts: ChangesParts) {
    this.#parts = parts
    // A stamp may be as far ahead as behind.
    this.#answered = new Answered(2_000 * parts.windowS, ANSWERS_MAX)
  }

  /** What came from there is answered with that; undefined is silence. */
  async hear(datagram: Uint8Array, from: Uint8Array): Promise<Uint8Array | undefined> {
    const keys = this.#parts.clients.find(({ prefix }) => prefixContains(prefix, from))?.keys
    const decoded = decodeRadius(datagram)
    //= https://www.rfc-editor.org/rfc/rfc5176#section-6.1
    //# A Dynamic Authorization Server MUST silently discard Disconnect-
    //# Request or CoA-Request packets from untrusted sources.
    if (keys === undefined || decoded.kind !== 'message') return this.#ignore(from, 'alien')
    const { packet, authenticator, whole } = decoded
    const { code } = packet
    if (code !== RadiusCode.coaRequest && code !== RadiusCode.disconnectRequest) {
      return this.#ignore(from, 'alien')
    }
    const verdict = judgeRadiusRequest(whole, keys)
    if (verdict !== 'genuine') return this.#ignore(from, verdict)
    const stampS = stampOf(packet)
    const nowMs = this.#parts.unixMs()
    //= https://www.rfc-editor.org/rfc/rfc5176#section-6.3
    //# If the Event-Timestamp Attribute is not current, then the packet
    //# MUST be silently discarded.
    if (stampS === undefined || Math.abs(stampS - nowMs / 1_000) > this.#parts.windowS) {
      return this.#ignore(from, 'of another time')
    }
    const before = this.#answered.ask(authenticator, nowMs)
    if (typeof before === 'object') return before.answer
    const cause =
      before === 'full' ? ErrorCause.resourcesUnavailable : await this.#obey(packet, from)
    const answer = encodeRadius(answerTo(packet, cause), keys, authenticator)
    this.#answered.answer(authenticator, answer)
    return answer
  }

  /** Answers why not, where not. */
  async #obey(packet: RadiusPacket, from: Uint8Array): Promise<Cause | undefined> {
    const request = readChangeRequest(packet, this.#parts.own)
    const client = formatAddress(from)
    const user = request.kind === 'refused' ? undefined : this.#userOf(request.whose)
    const cause =
      request.kind === 'refused'
        ? request.cause
        : user === undefined
          ? ErrorCause.sessionContextNotFound
          : await this.#change(user, request, client)
    const at = { client, subscriber: user, asked: request.kind }
    if (cause === undefined) this.#parts.log.info('RADIUS change', at)
    else this.#parts.log.warn('RADIUS change refused', { ...at, errorCause: cause })
    return cause
  }

  #userOf({ user, session }: WhoseSession): string | undefined {
    const { sessionOf, userOf, isHere } = this.#parts
    const named = user ?? userOf(session ?? '')
    if (named === undefined || !isHere(named)) return undefined
    return session === undefined || sessionOf(named) === session ? named : undefined
  }

  async #change(
    user: string,
    request: Exclude<ChangeRequest, { kind: 'refused' }>,
    client: string,
  ): Promise<Cause | undefined> {
    if (request.kind === 'disconnect') {
      this.#parts.disconnect(user, request.why ?? 'the operator ended it')
      return undefined
    }
    const { store } = this.#parts
    //= https://www.rfc-editor.org/rfc/rfc5176#section-2.3
    //# State changes resulting from a CoA-Request MUST be atomic
    const layers = request.override && layersOf(request.override, store)
    if (layers === 'unknown') return ErrorCause.invalidAttributeValue
    for (let tries = 1; ; tries++) {
      const home = store.homes.home(user)
      if (home === undefined) return ErrorCause.sessionContextNotFound
      const after = planned(home, request.plan)
      if (!this.#agrees(after, layers)) return ErrorCause.invalidAttributeValue
      const committed = request.plan === undefined || (await this.#commit(home, after, client))
      if (committed === true) break
      if (committed === 'away' || tries === TRIES_MAX) return ErrorCause.resourcesUnavailable
    }
    if (layers === undefined) return undefined
    // Its session may have ended while the store was asked: nothing would ever take them away.
    if (!this.#parts.isHere(user)) return ErrorCause.sessionContextNotFound
    store.override(user, layers)
    return undefined
  }

  #agrees(home: Home, layers: readonly NamedLayer[] | undefined): boolean {
    const { homes } = this.#parts.store
    if (home.plan !== undefined && homes.plan(home.plan) === undefined) return false
    const named = [...homes.layersOf(home), ...(layers ?? [])]
    return homes.policyFrom(named).problems.length === 0
  }

  async #commit(before: Home, { body }: Home, client: string): Promise<boolean | 'away'> {
    const change = { kind: 'subscriber', id: before.id, after: body } as const
    const expected = before.version
    try {
      const { kind } = await this.#parts.store.commit([{ ...change, expected }], `radius ${client}`)
      return kind === 'done'
    } catch (error) {
      if (!(error instanceof KeeperUnavailable)) throw error
      this.#parts.log.warn('RADIUS change not kept', { why: sentenceOf(error) })
      return 'away'
    }
  }

  #ignore(from: Uint8Array, why: string): undefined {
    const nowMs = performance.now()
    if (nowMs - this.#ignoredMs < IGNORED_MS) {
      this.#hidden++
      return undefined
    }
    const hidden = this.#hidden
    this.#ignoredMs = nowMs
    this.#hidden = 0
    this.#parts.log.warn('RADIUS request ignored', { client: formatAddress(from), why, hidden })
    return undefined
  }
}

/** `unknown` where it names what is not there. */
function layersOf(
  { plan, policy }: Override,
  { homes }: Pick<Store, 'homes'>,
): NamedLayer[] | 'unknown' {
  const layer: PolicyLayer = Object.fromEntries(Object.entries(policy))
  if (layerProblems(layer).length > 0) return 'unknown'
  const own = Object.keys(layer).length === 0 ? [] : [{ from: 'session', policy: layer }]
  if (plan === undefined) return own
  const body = homes.plan(plan)
  if (body === undefined) return 'unknown'
  return [{ from: `plan ${plan}, for the session`, policy: body.policy }, ...own]
}

function planned(home: Home, plan: string | undefined): Home {
  if (plan === undefined) return home
  const { plan: _, ...rest } = home.body
  const body = plan === NO_PLAN ? rest : { ...rest, plan }
  return { ...home, plan: plan === NO_PLAN ? undefined : plan, body }
}

//= https://www.rfc-editor.org/rfc/rfc5176#section-3.1
//# If there are any Proxy-State attributes in a Disconnect-Request or
//# CoA-Request received from the Dynamic Authorization Client, the
//# Dynamic Authorization Server MUST include those Proxy-State
//# attributes in its response to the Dynamic Authorization Client.
//= https://www.rfc-editor.org/rfc/rfc5176#section-3.3
//# The State Attribute is available to be sent by the Dynamic
//# Authorization Client to the NAS in a CoA-Request packet and MUST be
//# sent unmodified from the NAS to the Dynamic Authorization Client in a
//# subsequent ACK or NAK packet.
function answerTo(
  { code, identifier, attributes }: RadiusPacket,
  cause: Cause | undefined,
): RadiusPacket {
  const isDisconnect = code === RadiusCode.disconnectRequest
  const { disconnectAck, disconnectNak, coaAck, coaNak } = RadiusCode
  const yes = isDisconnect ? disconnectAck : coaAck
  const no = isDisconnect ? disconnectNak : coaNak
  return {
    code: cause === undefined ? yes : no,
    identifier,
    attributes: [
      ...attributes.filter(({ type }) => type === Attribute.proxyState || type === Attribute.state),
      ...(cause === undefined ? [] : [numberAttribute(Attribute.errorCause, cause)]),
    ],
  }
}

/** Of as many requests as come in twice windowS: 7 a second. */
const ANSWERS_MAX = 4_096
const TRIES_MAX = 3
/** A flood is a line each so long. */
const IGNORED_MS = 10_000
