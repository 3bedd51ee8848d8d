/**
 * ② A LAN connection asks for its server: over a warm uplink, over one dialled for it, or, when the
 * concentrator cannot help, straight out of the house.
 *
 *                 ┌─ warm uplink ──────────▶ Connect ─┐ answered   ┌──────┐
 *    LAN ─▶ begin ┼─ pool empty: dial ─────▶ Connect + Cookie ────▶│ Flow │
 *                 └─ bypass ───────────────▶ direct ───────────────▶└──────┘
 *                                              ▲ unanswered, and repeatable
 *
 * Who asks is a connection that was accepted (accepted.ts), whose bytes follow the Connect at once (RFC
 * 8803 section 4.2: early data), or one whose SYN is held (hold.ts). Neither adds a round trip.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { allAcknowledged } from '../../shared/linux/sockets.ts'
import { FlowState } from '../../shared/relay/flow-table.ts'
import { FAILED, READABLE, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { type ConvertMessage, decodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import type { Asker, AskerEvents, Refused } from './asker.ts'
import type { EarlyData } from './early-data.ts'
import type { Pool } from './pool.ts'
import { type ErrorTlv, isNoRoute, whatRefusalMeans } from './refusal.ts'
import { COUNT, type HouseRoom } from './room.ts'
import {
  dialUplink,
  dropUplink,
  heardFarewell,
  NO_ANSWER,
  readAnswer,
  say,
  type Uplink,
  uplinkAnswered,
  uplinkConnected,
} from './uplink.ts'

/** From here on the asker is answered one way or another; nobody needs to keep the request. */
export function request(room: HouseRoom, pool: Pool, asker: Asker): void {
  if (!pool.open) {
    asker.direct()
    return
  }
  const warm = pool.take()
  const uplink = warm ?? dialUplink(room)
  if (typeof uplink === 'number') {
    asker.direct()
    return
  }
  new Request(room, pool, asker, uplink, warm !== undefined).begin()
}

class Request implements Watcher, AskerEvents {
  readonly #room: HouseRoom
  readonly #pool: Pool
  readonly #asker: Asker
  readonly #uplink: Uplink
  readonly #early: EarlyData
  readonly #deadline: Deadline
  readonly #beganMs: number
  #connected: boolean
  #answer = NO_ANSWER
  #suspected = false

  constructor(room: HouseRoom, pool: Pool, asker: Asker, uplink: Uplink, warm: boolean) {
    this.#room = room
    this.#pool = pool
    this.#asker = asker
    this.#uplink = uplink
    this.#connected = warm
    this.#early = asker.early
    this.#deadline = new Deadline(() => this.#onDeadline())
    this.#beganMs = room.loop.nowMs
  }

  begin(): void {
    const { loop, board } = this.#room
    this.#asker.begin(this)
    const rttMs = board.leg(this.#uplink.leg).srttUs / 1_000
    // A dialled uplink has a handshake before it.
    const trips = this.#connected ? ANSWER_RTTS : 2 * ANSWER_RTTS
    loop.arm(this.#deadline, Math.max(ANSWER_MS_MIN, trips * rttMs))
    if (this.#connected) {
      loop.handOver(this.#uplink.fd, this)
      this.#ask([{ type: 'connect', ...this.#asker.destination }])
    } else {
      loop.watch(this.#uplink.fd, this)
    }
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
    const errno = uplinkConnected(this.#room, this.#uplink)
    if (errno !== 0) {
      this.#pool.failed(`Cannot reach the concentrator: ${errnoName(errno)}`)
      return this.#goDirect()
    }
    this.#connected = true
    this.#ask([
      { type: 'connect', ...this.#asker.destination },
      { type: 'cookie', cookie: this.#room.settings.cookie },
    ])
  }

  #ask(message: ConvertMessage): void {
    if (this.#uplink.row >= 0) this.#room.table.setState(this.#uplink.row, FlowState.open)
    // A warm connection may have died without a word; nothing of the LAN's was sent on it.
    if (!say(this.#uplink, message)) return this.#goDirect()
    this.#forward()
  }

  /** The LAN's first bytes run after the Connect message without waiting for its answer. */
  #forward(): void {
    if (!this.#connected) return
    const forwarded = this.#early.forward(this.#uplink.fd)
    if (forwarded === 'lan broke') this.#giveUp()
    if (forwarded === 'uplink broke') this.#goDirect()
  }

  #listen(): void {
    this.#answer = readAnswer(this.#room, this.#uplink.fd, this.#answer)
    const { bytes, over, broken } = this.#answer
    const decoded = decodeConvert(bytes)
    if (decoded.kind === 'incomplete') {
      if (!over) return this.#forward()
      heardFarewell(this.#room)
      return this.#unanswered('the concentrator closed the connection')
    }
    if (decoded.kind !== 'message') return this.#unanswered('it does not speak Convert')
    const error = decoded.message.find((tlv) => tlv.type === 'error')
    if (error !== undefined) return this.#refused(error)
    if (broken) return this.#giveUp('reset')
    this.#answered(bytes.subarray(decoded.bytesUsed))
  }

  #answered(payload: Uint8Array): void {
    const { loop, count } = this.#room
    loop.disarm(this.#deadline)
    uplinkAnswered(this.#room, this.#uplink)
    count[COUNT.flowsBonded]!++
    this.#pool.succeeded()
    this.#asker.answered(this.#uplink, payload)
  }

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# Upon reception of an Error TLV, a Client MUST reset the associated
  //# connection.
  #refused(error: ErrorTlv): void {
    this.#room.count[COUNT.refusedByConcentrator]!++
    switch (error.code) {
      // The server itself said no: the LAN shall hear the same.
      case ConvertError.connectionReset:
        return this.#giveUp(error)
      case ConvertError.destinationUnreachable:
        // One without IPv6 has no way to servers that the home can reach by itself.
        return isNoRoute(error) ? this.#goDirect({ replay: true }) : this.#giveUp(error)
      case ConvertError.resourceExceeded:
      case ConvertError.networkFailure: {
        const { why, waitMs } = whatRefusalMeans(error)
        this.#pool.failed(`Cannot bond: ${why}`, waitMs)
        return this.#goDirect({ replay: true })
      }
      default:
        // What the concentrator will not carry (its ACL, our cookie) may still be reached directly.
        return this.#goDirect({ replay: true })
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
    if (sentBytes === 0 && !heard) return this.#goDirect()
    if (repeatable && (!board.reachable || waitedMs >= UNANSWERED_MS)) return this.#goDirect()
    if (!board.reachable && waitedMs >= UNANSWERED_MS) return this.#giveUp()
    if (waitedMs >= settings.connectMs + UNANSWERED_MS) return this.#giveUp()
    loop.arm(this.#deadline, LOOK_AGAIN_MS)
  }

  #unanswered(why: string): void {
    this.#pool.failed(`Cannot bond: ${why}`)
    this.#goDirect()
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
    this.#leave()
    this.#asker.direct()
  }

  #giveUp(why: Refused = 'silence'): void {
    this.#leave()
    this.#asker.refused(why)
  }

  #leave(): void {
    this.#room.loop.disarm(this.#deadline)
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
