/**
 * ② Warm uplinks: each has shown its cookie and heard the concentrator's hello, so a LAN connection
 * that takes one waits for nobody and is bonded from its first byte (ADR 0005).
 *
 *    dial ──▶ hello (Info + Cookie) ──▶ warm ──▶ taken
 *               │ refused, broken                  │ lifetime over, leg dead, closed by the peer
 *               ▼                                  ▼
 *             back off: meanwhile LAN connections bypass the concentrator
 */
import { arrived, noArrivals, poolSize } from '../../shared/core/pool-size.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { READABLE, type Watcher } from '../../shared/relay/loop.ts'
import { type ConvertMessage, decodeConvert } from '../../shared/wire/convert.ts'
import { type ErrorTlv, whatRefusalMeans } from './refusal.ts'
import { COUNT, type HouseRoom } from './room.ts'
import {
  bestLeg,
  dialUplink,
  dropUplink,
  heardFarewell,
  NO_ANSWER,
  readAnswer,
  say,
  standsOnLeg,
  type Uplink,
  uplinkAnswered,
  uplinkConnected,
} from './uplink.ts'

export class Pool {
  readonly #room: HouseRoom
  readonly #members = new Set<Member>()
  readonly #arrivals = noArrivals()
  readonly #tick = new Deadline(() => this.#onTick())
  /** Until when no uplink is dialled, on the loop's clock, and how often in a row it went wrong. */
  #closedUntilMs = 0
  #failures = 0
  #refilledInSecond = 0
  #second = 0

  constructor(room: HouseRoom) {
    this.#room = room
    this.#onTick()
  }

  /** False while the concentrator is known not to answer: then connections bypass it. */
  get open(): boolean {
    return this.#failures === 0 && this.#room.board.reachable
  }

  /** A warm uplink for a LAN connection, or undefined: the caller dials one of its own. */
  take(): Uplink | undefined {
    const { count } = this.#room
    arrived(this.#arrivals, this.#room.loop.nowMs)
    for (const member of this.#members) {
      if (!member.warm || !member.useful) continue
      this.#members.delete(member)
      member.leave()
      count[COUNT.poolHits]!++
      this.#refill()
      return member.uplink
    }
    count[COUNT.poolMisses]!++
    this.#refill()
    return undefined
  }

  /** An uplink outside the pool worked: the concentrator is well. */
  succeeded(): void {
    if (this.#failures > 0) this.#room.tell({ event: 'bonding' })
    this.#failures = 0
    this.#closedUntilMs = 0
  }

  /** An uplink could not be had; try again after a pause that grows, or after the `waitMs` it named. */
  failed(why: string, waitMs?: number): void {
    const { loop, tell, count } = this.#room
    count[COUNT.uplinksFailed]!++
    if (this.#failures === 0) tell({ event: 'bypassing', why })
    const pauseMs = Math.min(BACKOFF_MS_MIN * 2 ** this.#failures, BACKOFF_MS_MAX)
    this.#closedUntilMs = Math.max(this.#closedUntilMs, loop.nowMs + (waitMs ?? pauseMs))
    this.#failures = Math.min(this.#failures + 1, 16)
  }

  /** A member ended: warm or not, it is no longer here. */
  lost(member: Member): void {
    this.#members.delete(member)
    this.#publish()
  }

  /** The legs changed: warm uplinks that stand where no new one would are replaced. */
  legsChanged(): void {
    for (const member of [...this.#members]) if (!member.useful) member.drop()
    if (this.#room.board.reachable) this.#closedUntilMs = Math.min(this.#closedUntilMs, 0)
    this.#refill()
  }

  #onTick(): void {
    for (const member of [...this.#members]) member.look()
    this.#refill()
    this.#room.loop.arm(this.#tick, TICK_MS)
  }

  #refill(): void {
    const { settings, loop, board } = this.#room
    const wanted = poolSize(this.#arrivals, loop.nowMs, settings.poolSizeMin, settings.poolSizeMax)
    const second = Math.floor(loop.nowMs / 1_000)
    if (second !== this.#second) this.#refilledInSecond = 0
    this.#second = second
    // One at a time while it is uncertain whether anybody answers. What was warm before proves nothing.
    const limit = this.#failures > 0 ? this.#warm() + 1 : wanted
    while (
      this.#members.size < limit &&
      loop.nowMs >= this.#closedUntilMs &&
      board.reachable &&
      this.#refilledInSecond < REFILL_PER_S_MAX
    ) {
      this.#refilledInSecond++
      const uplink = dialUplink(this.#room)
      if (typeof uplink === 'number') {
        this.failed(`Cannot dial the concentrator: ${errnoName(uplink)}`)
        break
      }
      this.#members.add(new Member(this.#room, this, uplink))
    }
    this.#publish()
  }

  #warm(): number {
    let warm = 0
    for (const member of this.#members) if (member.warm) warm++
    return warm
  }

  #publish(): void {
    this.#room.count[COUNT.pooled] = this.#members.size
  }
}

/** One uplink on its way to being warm, or warm. */
class Member implements Watcher {
  readonly uplink: Uplink
  warm = false
  readonly #room: HouseRoom
  readonly #pool: Pool
  readonly #deadline: Deadline
  #expiresMs: number
  #connected = false
  #answer = NO_ANSWER

  constructor(room: HouseRoom, pool: Pool, uplink: Uplink) {
    this.#room = room
    this.#pool = pool
    this.uplink = uplink
    this.#expiresMs = room.loop.nowMs + room.settings.poolLifetimeMs
    this.#deadline = new Deadline(() => this.#fail('no answer to the hello'))
    room.loop.arm(this.#deadline, HELLO_MS_MAX)
    room.loop.watch(uplink.fd, this)
  }

  onReady(_fd: number, events: number): void {
    if (!this.#connected) {
      const errno = uplinkConnected(this.#room, this.uplink)
      if (errno !== 0) return this.#fail(`connect to the concentrator answered ${errnoName(errno)}`)
      this.#connected = true
      const hello: ConvertMessage = [
        { type: 'info' },
        { type: 'cookie', cookie: this.#room.settings.cookie },
      ]
      if (!say(this.uplink, hello)) return this.#fail('the hello could not be sent')
    }
    if ((events & READABLE) !== 0) this.#listen()
  }

  onTurn(): void {}

  /** The other leg joins one that began on LTE, but not if it is plain TCP. */
  get useful(): boolean {
    const { leg, plain } = this.uplink
    const { board } = this.#room
    return standsOnLeg(board, this.uplink) && (!plain || leg === bestLeg(board))
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
    if (this.#answer.over && this.warm) {
      heardFarewell(this.#room)
      return this.drop()
    }
    if (this.warm) return
    const decoded = decodeConvert(this.#answer.bytes)
    if (decoded.kind === 'incomplete' && this.#answer.over) {
      heardFarewell(this.#room)
      return this.#fail('it closed the connection before it answered')
    }
    if (decoded.kind === 'incomplete') return
    if (decoded.kind !== 'message') return this.#fail('it does not speak Convert')
    const error = decoded.message.find((tlv) => tlv.type === 'error')
    if (error !== undefined) return this.#refused(error)
    if (!decoded.message.some((tlv) => tlv.type === 'supportedTcpExtensions')) {
      return this.#fail('it did not answer the hello')
    }
    if (this.#answer.over) return this.drop()
    uplinkAnswered(this.#room, this.uplink)
    this.warm = true
    this.leave()
    if (this.uplink.plain) this.#expiresMs = this.#room.loop.nowMs + PLAIN_LIFETIME_MS
    this.#pool.succeeded()
  }

  #refused(error: ErrorTlv): void {
    this.#room.count[COUNT.refusedByConcentrator]!++
    const { why, waitMs } = whatRefusalMeans(error)
    this.#fail(why, waitMs)
  }

  #fail(why: string, waitMs?: number): void {
    const stands = standsOnLeg(this.#room.board, this.uplink)
    this.drop()
    // A leg that died under the hello, or was redialled, says nothing about the concentrator.
    if (stands) this.#pool.failed(`Cannot bond: ${why}`, waitMs)
  }
}

const TICK_MS = 1_000
/** A concentrator that does not answer a hello within this time does not serve. */
const HELLO_MS_MAX = 3_000
const BACKOFF_MS_MIN = 100
const BACKOFF_MS_MAX = 2_000
/** Two lost SYNs make an uplink plain TCP: whoever takes it is not bonded, so it is not kept for long. */
const PLAIN_LIFETIME_MS = 30_000
/** New uplinks in a second, for the pool; beyond it the pool fills in the next second. */
const REFILL_PER_S_MAX = 64
