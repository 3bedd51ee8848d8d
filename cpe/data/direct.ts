/**
 * ②' The other door out: plain TCP to the server itself, over the leg that is active.
 *
 * For what cannot be bonded (ADR 0010). The box must never make the line worse.
 */
import { MARK } from '../../shared/core/marks.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { dial, keepAlive, resetAndClose, socketError } from '../../shared/linux/sockets.ts'
import { FAILED, READABLE, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import type { LanSaid } from './early-data.ts'
import type { Intercepted } from './intercept.ts'
import { openFlow } from './open-flow.ts'
import { COUNT, type HouseRoom } from './room.ts'

/** `said` is what was read from the LAN so far: the server hears it first. */
export function goDirect(room: HouseRoom, lan: Intercepted, said: LanSaid = NOTHING_SAID): void {
  const { address, port } = lan.destination
  room.count[COUNT.flowsDirect]!++
  const fd = dial(encodeSockaddr6(address, port), {
    multipath: false,
    mark: MARK.own,
    from: undefined,
    congestion: undefined,
  })
  if (fd < 0) refuseLan(room, lan)
  else new Direct(room, lan, said, fd).begin()
}

class Direct implements Watcher {
  readonly #room: HouseRoom
  readonly #lan: Intercepted
  readonly #up: HalfFlow
  readonly #fd: number
  readonly #deadline: Deadline

  constructor(room: HouseRoom, lan: Intercepted, said: LanSaid, fd: number) {
    this.#room = room
    this.#lan = lan
    this.#fd = fd
    this.#up = new HalfFlow(lan.fd, fd)
    holdFirst(this.#up, said.bytes)
    this.#up.ended = said.ended
    this.#deadline = new Deadline(() => this.#giveUp())
  }

  begin(): void {
    const { loop, settings } = this.#room
    loop.handOver(this.#lan.fd, this)
    loop.watch(this.#fd, this)
    loop.arm(this.#deadline, settings.connectMs)
  }

  onReady(fd: number, events: number): void {
    if (fd === this.#lan.fd) {
      // What the LAN says meanwhile waits in its socket; the flow will look for itself.
      if ((events & FAILED) !== 0) this.#giveUp()
      return
    }
    if ((events & (READABLE | WRITABLE)) === 0) return
    if (socketError(fd) !== 0) return this.#giveUp()
    const { loop, settings } = this.#room
    loop.disarm(this.#deadline)
    const { idleS, intervalS, probes } = settings.keepalive
    keepAlive(fd, idleS, intervalS, probes)
    openFlow(this.#room, this.#up, new HalfFlow(fd, this.#lan.fd), undefined)
  }

  onTurn(): void {}

  #giveUp(): void {
    const { loop } = this.#room
    loop.disarm(this.#deadline)
    loop.unwatch(this.#fd)
    resetAndClose(this.#fd)
    refuseLan(this.#room, this.#lan)
  }
}

/** The LAN host hears a reset: whatever it wanted is not to be had. */
export function refuseLan(room: HouseRoom, lan: Intercepted): void {
  room.loop.unwatch(lan.fd)
  resetAndClose(lan.fd)
  room.count[COUNT.flowsReset]!++
  room.count[COUNT.flowsOpen]!--
}

const NOTHING_SAID: LanSaid = { bytes: new Uint8Array(0), ended: false }
