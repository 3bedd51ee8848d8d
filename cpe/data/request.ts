/**
 * ② A LAN connection asks for its server: over a warm uplink, over one dialled for it, or, when the
 * concentrator cannot help, straight out of the house.
 *
 *                 ┌─ warm uplink ──────────▶ Connect ─┐ answered   ┌──────┐
 *    LAN ─▶ begin ┼─ pool empty: dial ─────▶ Connect + Cookie ────▶│ Flow │
 *                 └─ bypass ───────────────▶ direct ───────────────▶└──────┘
 *                                              ▲ unanswered, and repeatable
 *
 * LAN bytes follow the Connect at once (RFC 8803 section 4.2: early data): no round trip is added.
 */
import {
  classOf,
  linesOf,
  SERVICE_CLASSES,
  type ServiceClass,
} from '../../shared/core/service-class.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { allAcknowledged } from '../../shared/linux/sockets.ts'
import { FAILED, READABLE, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { type ConvertMessage, decodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { goDirect, refuseLan } from './direct.ts'
import { EarlyData } from './early-data.ts'
import type { Intercepted } from './intercept.ts'
import { openFlow } from './open-flow.ts'
import type { Pool } from './pool.ts'
import { type ErrorTlv, isNoRoute, whatRefusalMeans } from './refusal.ts'
import { COUNT, type HouseRoom } from './room.ts'
import {
  bestLeg,
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

/** From here on the LAN connection is answered one way or another; nobody needs to keep the request. */
export function request(room: HouseRoom, pool: Pool, lan: Intercepted): void {
  const { board, settings } = room
  const serviceClass = classOf(settings.classes.rules, settings.classes.default, lan.destination)
  const lines = linesOf(serviceClass)
  const [only, other] = lines
  // The one line that it may use is dead.
  if (only !== undefined && other === undefined && !board.leg(only).up) return refuseLan(room, lan)
  if (!pool.open || serviceClass === 'bypass') return goDirect(room, lan)
  // Warm connections begin on the leg that most want.
  const warm = lines.includes(bestLeg(board) ?? 'dsl') ? pool.take() : undefined
  const uplink = warm ?? dialUplink(room, lines)
  if (typeof uplink === 'number') {
    goDirect(room, lan)
    return
  }
  new Request(room, pool, { ...lan, serviceClass }, uplink, warm !== undefined).begin()
}

type Classed = Intercepted & { readonly serviceClass: ServiceClass }

class Request implements Watcher {
  readonly #room: HouseRoom
  readonly #pool: Pool
  readonly #lan: Classed
  readonly #uplink: Uplink
  readonly #early: EarlyData
  readonly #deadline: Deadline
  readonly #beganMs: number
  #connected: boolean
  #answer = NO_ANSWER
  #suspected = false

  constructor(room: HouseRoom, pool: Pool, lan: Classed, uplink: Uplink, warm: boolean) {
    this.#room = room
    this.#pool = pool
    this.#lan = lan
    this.#uplink = uplink
    this.#connected = warm
    this.#early = new EarlyData(lan.fd, room.scratch)
    this.#deadline = new Deadline(() => this.#onDeadline())
    this.#beganMs = room.loop.nowMs
  }

  begin(): void {
    const { loop, board } = this.#room
    loop.handOver(this.#lan.fd, this)
    const rttMs = board.leg(this.#uplink.leg).srttUs / 1_000
    // A dialled uplink has a handshake before it.
    const trips = this.#connected ? ANSWER_RTTS : 2 * ANSWER_RTTS
    loop.arm(this.#deadline, Math.max(ANSWER_MS_MIN, trips * rttMs))
    if (this.#connected) {
      loop.handOver(this.#uplink.fd, this)
      this.#ask([{ type: 'connect', ...this.#lan.destination }])
    } else {
      loop.watch(this.#uplink.fd, this)
    }
  }

  onReady(fd: number, events: number): void {
    if (fd === this.#lan.fd) {
      if ((events & FAILED) !== 0) return this.#giveUp()
      if ((events & READABLE) !== 0) this.#forward()
      return
    }
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
      { type: 'connect', ...this.#lan.destination },
      { type: 'cookie', cookie: this.#room.settings.cookie },
    ])
  }

  #ask(message: ConvertMessage): void {
    const { row } = this.#uplink
    if (row >= 0) this.#room.table.open(row, SERVICE_CLASSES.indexOf(this.#lan.serviceClass))
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
    if (broken) return this.#giveUp()
    this.#answered(bytes.subarray(decoded.bytesUsed))
  }

  #answered(payload: Uint8Array): void {
    const { loop, count } = this.#room
    loop.disarm(this.#deadline)
    uplinkAnswered(this.#room, this.#uplink)
    count[COUNT.flowsBonded]!++
    this.#pool.succeeded()
    const up = new HalfFlow(this.#lan.fd, this.#uplink.fd)
    this.#early.leaveUnsent(up)
    const down = new HalfFlow(this.#uplink.fd, this.#lan.fd)
    holdFirst(down, payload)
    openFlow(this.#room, up, down, this.#uplink)
  }

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# Upon reception of an Error TLV, a Client MUST reset the associated
  //# connection.
  #refused(error: ErrorTlv): void {
    this.#room.count[COUNT.refusedByConcentrator]!++
    switch (error.code) {
      // The server itself said no: the LAN shall hear the same.
      case ConvertError.connectionReset:
        return this.#giveUp()
      case ConvertError.destinationUnreachable:
        // One without IPv6 has no way to servers that the home can reach by itself.
        return isNoRoute(error) ? this.#goDirect({ replay: true }) : this.#giveUp()
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
    this.#room.loop.disarm(this.#deadline)
    dropUplink(this.#room, this.#uplink)
    goDirect(this.#room, this.#lan, this.#early.said)
  }

  #giveUp(): void {
    const { loop } = this.#room
    loop.disarm(this.#deadline)
    dropUplink(this.#room, this.#uplink)
    refuseLan(this.#room, this.#lan)
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
