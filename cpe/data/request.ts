/**
 * ② A LAN connection asks the concentrator for its server, over a warm uplink or over one dialled for it
 * (way-out.ts); what cannot be had that way goes straight out of the house.
 *
 *                 ┌─ warm uplink ──────────▶ Connect ─┐ answered   ┌──────┐
 *    LAN ─▶ begin ┼─ pool empty: dial ─────▶ Connect + Cookie ────▶│ Flow │
 *                 │      ▲ once: another cookie, lost on the way    │      │
 *                 └─ bypass ───────────────▶ direct ───────────────▶└──────┘
 *                                              ▲ unanswered, and repeatable
 *
 * Who asks is a connection that was accepted (accepted.ts), whose bytes follow the Connect at once (RFC
 * 8803 section 4.2: early data), or one whose SYN is held (hold.ts). Neither adds a round trip.
 */
import { linesOf, type ServiceClass } from '../../shared/core/service-class.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { allAcknowledged } from '../../shared/linux/socket-facts.ts'
import { FAILED, READABLE, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { encodeConvert } from '../../shared/wire/convert.ts'
import type { Asker, AskerEvents, Refused } from './asker.ts'
import type { EarlyData } from './early-data.ts'
import type { Pool } from './pool.ts'
import { COUNT, type HouseRoom } from './room.ts'
import {
  dropUplink,
  type ErrorTlv,
  hear,
  heardFarewell,
  NO_ANSWER,
  openUplink,
  readAnswer,
  type ShownCookie,
  type Uplink,
  uplinkConnected,
} from './uplink.ts'

/** Who asks, and in which class its connection is. */
export interface Classed {
  readonly asker: Asker
  readonly serviceClass: ServiceClass
}

/** Over this uplink, and perhaps over another one after it; `begin` it and forget it. */
export class Request implements Watcher, AskerEvents {
  readonly #room: HouseRoom
  readonly #pool: Pool
  readonly #asker: Asker
  readonly #serviceClass: ServiceClass
  readonly #early: EarlyData
  readonly #deadline = new Deadline(() => this.#onDeadline())
  readonly #proof = new Deadline(() => this.#lookForProof())
  readonly #beganMs: number
  #uplink: Uplink
  /** Its hello was answered: what a Connect shows on it is nothing but the server. */
  #warm: boolean
  #connected: boolean
  #answer = NO_ANSWER
  #suspected = false
  /** This is the second uplink: there is no third. */
  #again = false
  #doubted: ShownCookie | undefined

  constructor(room: HouseRoom, pool: Pool, classed: Classed, uplink: Uplink, warm: boolean) {
    this.#room = room
    this.#pool = pool
    this.#asker = classed.asker
    this.#serviceClass = classed.serviceClass
    this.#early = classed.asker.early
    this.#uplink = uplink
    this.#warm = warm
    this.#connected = warm
    this.#beganMs = room.loop.nowMs
  }

  begin(): void {
    this.#asker.begin(this)
    this.#start()
  }

  #start(): void {
    const { loop, board } = this.#room
    const rttMs = board.leg(this.#uplink.leg).srttUs / 1_000
    // A dialled uplink has a handshake before it.
    const trips = this.#connected ? ANSWER_RTTS : 2 * ANSWER_RTTS
    loop.arm(this.#deadline, Math.max(ANSWER_MS_MIN, trips * rttMs))
    if (this.#connected) {
      loop.handOver(this.#uplink.fd, this)
      this.#ask()
    } else {
      loop.watch(this.#uplink.fd, this)
    }
  }

  /** All over again on another uplink, once. */
  #startAgain(uplink: Uplink, warm: boolean): void {
    this.#endUplink()
    this.#room.count[COUNT.askedAgain]!++
    this.#again = true
    this.#uplink = uplink
    this.#warm = warm
    this.#connected = warm
    this.#answer = NO_ANSWER
    this.#early.rewind()
    this.#start()
  }

  lanSpoke(): void {
    this.#forward()
  }

  lanBroke(): void {
    this.#giveUp()
  }

  onReady(_fd: number, events: number): void {
    if (!this.#connected) {
      if ((events & (WRITABLE | FAILED)) !== 0) this.#onConnected()
      return
    }
    if ((events & READABLE) !== 0) this.#listen()
    else this.#forward()
  }

  onTurn(): void {}

  #onConnected(): void {
    const { concentrator } = this.#pool
    const errno = uplinkConnected(this.#room, this.#uplink)
    if (errno !== 0) {
      return this.#missed(`connect to the concentrator answered ${errnoName(errno)}`, 'missing')
    }
    this.#connected = true
    const { plain, leg } = this.#uplink
    // What becomes plain TCP stays so, and nothing of the LAN's was sent on it yet.
    if (plain && !this.#again && !concentrator.stripsMptcp(leg) && concentrator.open) {
      const spare = this.#pool.spare(linesOf(this.#serviceClass))
      const uplink = spare ?? concentrator.dial(linesOf(this.#serviceClass))
      if (typeof uplink !== 'number') return this.#startAgain(uplink, spare !== undefined)
    }
    this.#ask()
  }

  #ask(): void {
    const { cookie, fd } = this.#uplink
    openUplink(this.#room, this.#uplink, this.#serviceClass)
    this.#uplink.traffic = this.#asker.traffic
    const message = encodeConvert([
      { type: 'connect', ...this.#asker.destination },
      ...(this.#warm ? [] : [{ type: 'cookie', cookie: cookie.bytes } as const]),
    ])
    // A warm connection may have died without a word; nothing of the LAN's was sent on it.
    const begun = this.#early.begin(fd, message, this.#warm)
    if (begun === 'lan broke') return this.#giveUp()
    if (begun === 'uplink broke') return this.#goDirect()
    this.#lookForProof()
  }

  /** What did not fit into the first segment follows when that was acknowledged, or answered. */
  #lookForProof(): void {
    if (!this.#early.held) return
    if (!allAcknowledged(this.#uplink.fd)) return this.#room.loop.arm(this.#proof, PROOF_MS)
    this.#early.prove()
    this.#forward()
  }

  /** The LAN's first bytes run after the Connect message without waiting for its answer. */
  #forward(): void {
    if (!this.#connected) return
    const forwarded = this.#early.forward(this.#uplink.fd)
    if (forwarded === 'lan broke') return this.#giveUp()
    if (forwarded === 'uplink broke') return this.#goDirect()
    if (!this.#proof.armed) this.#lookForProof()
  }

  #listen(): void {
    this.#answer = readAnswer(this.#room, this.#uplink.fd, this.#answer)
    const { over, broken } = this.#answer
    const heard = hear(this.#answer)
    switch (heard.kind) {
      case 'incomplete':
        if (!over) return this.#forward()
        // A reset is how a concentrator says no that has said no too often: nothing follows for others.
        if (broken) return this.#goDirect()
        heardFarewell(this.#room)
        return this.#missed('the concentrator closed the connection', 'missing')
      case 'alien':
        return this.#missed('whoever answers does not speak Convert', 'alien')
      case 'unfit':
        this.#pool.concentrator.unfit()
        return this.#goDirect()
      case 'error':
        return this.#refused(heard.error)
      case 'yes':
        return broken ? this.#giveUp('reset') : this.#answered(heard.payload)
    }
  }

  #answered(payload: Uint8Array): void {
    const { loop, count } = this.#room
    loop.disarm(this.#deadline)
    loop.disarm(this.#proof)
    count[COUNT.flowsBonded]!++
    if (this.#warm) this.#pool.concentrator.answered(this.#uplink)
    else this.#pool.concentrator.admitted(this.#uplink, this.#doubted)
    this.#asker.answered(this.#uplink, payload)
  }

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# Upon reception of an Error TLV, a Client MUST reset the associated
  //# connection.
  #refused(error: ErrorTlv): void {
    const { concentrator } = this.#pool
    const { cookie } = this.#uplink
    const inMessage = this.#warm ? undefined : cookie
    const next = concentrator.refused(this.#uplink, error, inMessage, this.#again)
    switch (next.do) {
      case 'tell the LAN':
        return this.#giveUp(error)
      case 'bypass':
        // What the concentrator will not carry (its ACL, our cookie) may still be reached directly.
        return this.#goDirect({ replay: true })
      case 'ask again': {
        const uplink = concentrator.dial(linesOf(this.#serviceClass), next.cookie)
        if (typeof uplink === 'number') return this.#goDirect({ replay: true })
        if (next.cookie !== undefined) this.#doubted = cookie
        return this.#startAgain(uplink, false)
      }
    }
  }

  /** No answer in time. Soon: perhaps slow. At UNANSWERED_MS: the server is slow or nobody is there. */
  #onDeadline(): void {
    const { loop, board, settings } = this.#room
    const waitedMs = loop.nowMs - this.#beganMs
    const { repeatable, sentBytes } = this.#early
    const heard = this.#connected && allAcknowledged(this.#uplink.fd)
    // A kernel that acknowledges says nothing about the process behind it.
    if (!heard || waitedMs >= DOUBTFUL_MS) this.#suspect()
    if (sentBytes === 0 && !heard) return this.#connected ? this.#goDirect() : this.#undialled()
    if (repeatable && (!board.reachable || waitedMs >= UNANSWERED_MS)) return this.#goDirect()
    if (!board.reachable && waitedMs >= UNANSWERED_MS) return this.#giveUp()
    if (waitedMs >= settings.connectMs + UNANSWERED_MS) return this.#giveUp()
    loop.arm(this.#deadline, LOOK_AGAIN_MS)
  }

  #missed(why: string, fault: 'missing' | 'alien'): void {
    // What a warm one has to say may come by either leg.
    if (this.#warm) this.#pool.concentrator.failed(`Cannot bond: ${why}`)
    else this.#pool.concentrator.missed(this.#uplink, why, fault)
    this.#goDirect()
  }

  /** A lost SYN is sent again after a second, and the pool may have been filled meanwhile. */
  #undialled(): void {
    const { board } = this.#room
    const mayBond = !this.#again && board.reachable && this.#pool.concentrator.open
    const spare = mayBond ? this.#pool.spare(linesOf(this.#serviceClass)) : undefined
    if (spare === undefined) this.#goDirect()
    else this.#startAgain(spare, true)
  }

  #suspect(): void {
    if (this.#suspected) return
    this.#suspected = true
    this.#room.count[COUNT.unanswered]!++
    this.#room.tell({ event: 'suspect', why: 'a Connect was not answered' })
  }

  /**
   * Over the active leg, unbonded. Without `replay` only what does no harm when a server has seen it
   * already: an order must not be placed twice. Else the LAN must try again.
   */
  #goDirect({ replay }: { readonly replay: boolean } = { replay: false }): void {
    if (!replay && !this.#early.repeatable) return this.#giveUp()
    this.#endUplink()
    this.#asker.direct()
  }

  #giveUp(why: Refused = 'silence'): void {
    this.#endUplink()
    this.#asker.refused(why)
  }

  #endUplink(): void {
    this.#room.loop.disarm(this.#deadline)
    this.#room.loop.disarm(this.#proof)
    dropUplink(this.#room, this.#uplink)
  }
}

/** Design D15: a Connect unanswered for max(300 ms, 3 RTT) is not waited for if it need not be. */
const ANSWER_MS_MIN = 300
const ANSWER_RTTS = 3
/** So long after the LAN asked, whoever answers probes is asked whether it is still there. */
const DOUBTFUL_MS = 500
/** What a dead concentrator may cost a home. */
const UNANSWERED_MS = 1_000
const LOOK_AGAIN_MS = 100
/** How late the rest of a long first message may be noticed to be free to go. */
const PROOF_MS = 10
