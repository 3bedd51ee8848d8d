/**
 * ② Warm uplinks: each has shown its cookie and heard the concentrator's hello, so a LAN connection
 * that takes one waits for nobody and is bonded from its first byte (ADR 0005).
 *
 *    [ Info, for a cookie ] ──▶ dial ──▶ hello (Info + Cookie) ──▶ warm ──▶ taken
 *                                 │ refused, broken                  │ lifetime over, leg dead, closed
 *                                 ▼                                  ▼
 *                               back off: meanwhile LAN connections bypass the concentrator
 */

import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { arrived, noArrivals, poolSize } from '../../shared/core/pool-size.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import type { Watcher } from '../../shared/relay/loop.ts'
import type { Concentrator } from './concentrator.ts'
import { Hello } from './hello.ts'
import { COUNT, type HouseRoom } from './room.ts'
import { type Uplink, uplinkAnswered } from './uplink.ts'

export class Pool implements Watcher {
  readonly concentrator: Concentrator
  readonly #room: HouseRoom
  readonly #members = new Set<Hello>()
  readonly #arrivals = noArrivals()
  readonly #tick = new Deadline(() => this.#onTick())
  /** Asks for a cookie now, and whether the hellos can do without. */
  #asking: { readonly hello: Hello; readonly first: boolean } | undefined
  #refilledInSecond = 0
  #turnAsked = false
  #second = 0

  constructor(room: HouseRoom, concentrator: Concentrator) {
    this.#room = room
    this.concentrator = concentrator
    this.concentrator.legsChanged()
    this.#onTick()
  }

  /** A warm uplink for a LAN connection that may use `lines`, or undefined: the caller dials one of its own. */
  take(lines: readonly LegName[]): Uplink | undefined {
    const { count, loop } = this.#room
    arrived(this.#arrivals, loop.nowMs)
    const uplink = this.spare(lines)
    count[uplink === undefined ? COUNT.poolMisses : COUNT.poolHits]!++
    return uplink
  }

  /** The same for a connection that has come before, and whose own uplink was lost. */
  spare(lines: readonly LegName[]): Uplink | undefined {
    const taken = this.#pick(lines)
    if (taken !== undefined) {
      this.#members.delete(taken)
      taken.leave()
    }
    // Whoever takes it has something to say first.
    if (!this.#turnAsked) this.#room.loop.soon(this)
    this.#turnAsked = true
    return taken?.uplink
  }

  onReady(): void {}

  onTurn(): void {
    this.#turnAsked = false
    this.refill()
  }

  /** All that wait here, warm or not yet. */
  *uplinks(): Generator<Uplink> {
    for (const { uplink } of this.#members) yield uplink
  }

  /** A member ended: warm or not, it is no longer here. */
  lost(hello: Hello): void {
    this.#members.delete(hello)
    if (this.#asking?.hello === hello) this.#asking = undefined
    this.#publish()
  }

  /** The legs changed: warm uplinks that stand where no new one would are replaced. */
  legsChanged(): void {
    this.concentrator.legsChanged()
    for (const member of [...this.#members]) if (!member.useful) member.drop()
    this.refill()
  }

  refill(): void {
    const { settings, loop } = this.#room
    const wanted = poolSize(this.#arrivals, loop.nowMs, settings.poolSizeMin, settings.poolSizeMax)
    const second = Math.floor(loop.nowMs / 1_000)
    if (second !== this.#second) this.#refilledInSecond = 0
    this.#second = second
    this.#tryLeg()
    // One at a time while it is uncertain whether anybody answers. What was warm before proves nothing.
    const limit = this.concentrator.doubtful ? this.#warm() + 1 : wanted
    while (
      this.#members.size < limit &&
      this.#asking?.first !== true &&
      this.concentrator.mayDial &&
      this.#refilledInSecond < REFILL_PER_S_MAX
    ) {
      this.#refilledInSecond++
      if (!this.#dial()) break
    }
    this.#publish()
  }

  /** One that is bonded; one that is plain TCP only where none can be bonded. */
  #pick(lines: readonly LegName[]): Hello | undefined {
    let plain: Hello | undefined
    for (const member of this.#members) {
      if (!member.warm || !member.useful || !lines.includes(member.uplink.leg)) continue
      // It may have fallen back while it waited.
      uplinkAnswered(this.#room, member.uplink)
      if (!member.uplink.plain) return member
      if (this.concentrator.stripsMptcp(member.uplink.leg)) plain ??= member
    }
    return plain
  }

  #onTick(): void {
    for (const member of [...this.#members]) member.look()
    this.refill()
    this.#room.loop.arm(this.#tick, TICK_MS)
  }

  /** Besides what is wanted: nothing shall wait for a leg that may be silent. */
  #tryLeg(): void {
    const { concentrator } = this
    const leg = concentrator.mayDial ? concentrator.legToTry : undefined
    const uplink = leg && concentrator.tryLeg(leg)
    if (typeof uplink === 'object') this.#members.add(new Hello(this.#room, this, uplink, 'pool'))
  }

  #dial(): boolean {
    const { loop } = this.#room
    const { concentrator } = this
    const uplink = concentrator.dial(LEGS)
    if (typeof uplink === 'number') {
      concentrator.failed(`Cannot dial the concentrator: ${errnoName(uplink)}`)
      return false
    }
    if (this.#asking === undefined && concentrator.jar.wantsNew(uplink, loop.nowMs)) {
      concentrator.jar.asking(uplink, loop.nowMs)
      const hello = new Hello(this.#room, this, uplink, 'cookie')
      this.#asking = { hello, first: !uplink.cookie.issued }
    } else {
      this.#members.add(new Hello(this.#room, this, uplink, 'pool'))
    }
    return true
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

const TICK_MS = 1_000
/** New uplinks in a second, for the pool; beyond it the pool fills in the next second. */
const REFILL_PER_S_MAX = 64
