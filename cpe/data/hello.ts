/**
 * ② An uplink that says hello: on its way to being warm, or warm. Or one that asks for a cookie, with a
 * hello that shows none (RFC 8803 section 6.2.7), and is closed when it has been answered.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { READABLE, type Watcher } from '../../shared/relay/loop.ts'
import type { ConvertMessage } from '../../shared/wire/convert.ts'
import type { Concentrator } from './concentrator.ts'
import type { Pool } from './pool.ts'
import { whatFollows } from './refusal.ts'
import { COUNT, type HouseRoom } from './room.ts'
import {
  dropUplink,
  type ErrorTlv,
  type Heard,
  hear,
  heardFarewell,
  NO_ANSWER,
  readAnswer,
  say,
  standsOnLeg,
  type Uplink,
  uplinkConnected,
} from './uplink.ts'

/** What a hello is for. */
export type HelloPurpose = 'pool' | 'cookie'

export class Hello implements Watcher {
  readonly uplink: Uplink
  warm = false
  readonly #room: HouseRoom
  readonly #pool: Pool
  readonly #concentrator: Concentrator
  readonly #purpose: HelloPurpose
  readonly #deadline = new Deadline(() => this.#missed('no answer to the hello'))
  #expiresMs: number
  #connected = false
  #answer = NO_ANSWER

  constructor(room: HouseRoom, pool: Pool, uplink: Uplink, purpose: HelloPurpose) {
    this.#room = room
    this.#pool = pool
    this.#concentrator = pool.concentrator
    this.#purpose = purpose
    this.uplink = uplink
    this.#expiresMs = room.loop.nowMs + room.settings.poolLifetimeMs
    room.loop.arm(this.#deadline, purpose === 'cookie' ? COOKIE_MS_MAX : HELLO_MS_MAX)
    room.loop.watch(uplink.fd, this)
  }

  onReady(_fd: number, events: number): void {
    if (!this.#connected) {
      const errno = uplinkConnected(this.#room, this.uplink)
      if (errno !== 0) {
        return this.#missed(`connect to the concentrator answered ${errnoName(errno)}`)
      }
      this.#connected = true
      const { cookie } = this.uplink
      const hello: ConvertMessage =
        this.#purpose === 'cookie'
          ? [{ type: 'info' }]
          : [{ type: 'info' }, { type: 'cookie', cookie: cookie.bytes }]
      if (!say(this.uplink, hello)) return this.#missed('the hello could not be sent')
    }
    if ((events & READABLE) !== 0) this.#listen()
  }

  onTurn(): void {}

  /** The other leg joins one that began on LTE, but not if it is plain TCP. */
  get useful(): boolean {
    const { leg, plain } = this.uplink
    return standsOnLeg(this.#room.board, this.uplink) && (!plain || leg === this.#concentrator.leg)
  }

  /** Once a second: too old, or of no use any more. */
  look(): void {
    if (!this.warm) return
    if (!this.useful || this.#room.loop.nowMs >= this.#expiresMs) this.drop()
  }

  /** Handed out: nothing here will fire any more. */
  leave(): void {
    this.#room.loop.disarm(this.#deadline)
  }

  drop(): void {
    this.leave()
    dropUplink(this.#room, this.uplink)
    this.#pool.lost(this)
  }

  #listen(): void {
    this.#answer = readAnswer(this.#room, this.uplink.fd, this.#answer)
    const { over } = this.#answer
    if (over && this.warm) {
      heardFarewell(this.#room)
      return this.drop()
    }
    if (this.warm) return
    const heard = hear(this.#answer)
    if (heard.kind === 'incomplete') {
      if (!over) return
      // Who does not know us may close without a word: only whom it admitted it bids farewell.
      if (this.#purpose === 'pool') heardFarewell(this.#room)
      return this.#missed('it closed the connection before it answered')
    }
    if (this.#purpose === 'cookie') return this.#answeredCookie(heard)
    switch (heard.kind) {
      case 'alien':
        return this.#missed('whoever answers does not speak Convert', 'alien')
      case 'unfit':
        this.drop()
        return this.#concentrator.unfit()
      case 'error':
        return this.#refused(heard.error)
      case 'yes':
        if (!heard.message.some((tlv) => tlv.type === 'supportedTcpExtensions')) {
          return this.#failed('it did not answer the hello')
        }
        // It leaves as it should, only soon: there is no fault in that, and nothing to hand out.
        if (over) return this.drop()
        this.#admitted()
    }
  }

  #admitted(): void {
    const { leg } = this.uplink
    this.#concentrator.admitted(this.uplink)
    // Two lost SYNs make an uplink plain TCP. Where that is chance, the next one is not.
    if (this.uplink.plain && !this.#concentrator.stripsMptcp(leg)) {
      this.drop()
      return this.#pool.refill()
    }
    this.warm = true
    this.leave()
    if (this.uplink.plain) this.#expiresMs = this.#room.loop.nowMs + PLAIN_LIFETIME_MS
  }

  /** Whatever is heard, and be it nonsense: who shows the cookie that he has will be told more. */
  #answeredCookie(heard: Heard): void {
    const { loop, count } = this.#room
    const { jar } = this.#concentrator
    const what = heard.kind === 'error' ? whatFollows(heard.error) : undefined
    if (what?.do === 'take the cookie') {
      count[COUNT.cookiesIssued]!++
      jar.issue(what.cookie, this.uplink, loop.nowMs)
    } else {
      jar.notIssued(this.uplink, loop.nowMs)
    }
    this.drop()
    if (what?.do === 'stop') this.#concentrator.stop(what)
    this.#pool.refill()
  }

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# Upon reception of an Error TLV, a Client MUST reset the associated
  //# connection.
  #refused(error: ErrorTlv): void {
    this.drop()
    this.#concentrator.helloRefused(this.uplink, error)
    this.#pool.refill()
  }

  #failed(why: string): void {
    this.drop()
    this.#concentrator.failed(`Cannot bond: ${why}`)
  }

  #missed(why: string, fault: 'missing' | 'alien' = 'missing'): void {
    this.drop()
    if (this.#purpose === 'cookie') {
      if (this.#connected) this.#concentrator.jar.notIssued(this.uplink, this.#room.loop.nowMs)
    } else {
      this.#concentrator.missed(this.uplink, why, fault)
    }
    this.#pool.refill()
  }
}

/** A concentrator that does not answer a hello within this time does not serve. */
const HELLO_MS_MAX = 3_000
/** The first hello waits for so long at most for the cookie that it could show. */
const COOKIE_MS_MAX = 2_000
/** Whoever takes one that fell back is not bonded, so it is not kept for long. */
const PLAIN_LIFETIME_MS = 30_000
