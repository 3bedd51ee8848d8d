/**
 * ② A LAN connection that was accepted before its server was asked: what its host says meanwhile follows the
 * Connect at once, and whatever the answer is, the host can hear no worse than a reset.
 */
import { FAILED, READABLE, type Watcher } from '../../shared/relay/loop.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import type { Asker, AskerEvents } from './asker.ts'
import { goDirect, refuseLan } from './direct.ts'
import { EarlyData } from './early-data.ts'
import type { Intercepted } from './intercept.ts'
import { openFlow } from './open-flow.ts'
import type { HouseRoom } from './room.ts'
import { AcceptedTraffic } from './traffic.ts'
import type { Uplink } from './uplink.ts'

export class Accepted implements Asker, Watcher {
  readonly #room: HouseRoom
  readonly #lan: Intercepted
  readonly early: EarlyData
  readonly traffic: AcceptedTraffic
  #events: AskerEvents | undefined

  constructor(room: HouseRoom, lan: Intercepted) {
    this.#room = room
    this.#lan = lan
    this.early = new EarlyData(lan.fd, room.scratch)
    this.traffic = new AcceptedTraffic(lan, room.classifier.hardwareOf)
  }

  get destination(): Intercepted['destination'] {
    return this.#lan.destination
  }

  begin(events: AskerEvents): void {
    this.#events = events
    this.#room.loop.handOver(this.#lan.fd, this)
  }

  onReady(_fd: number, events: number): void {
    if ((events & FAILED) !== 0) this.#events?.lanBroke()
    else if ((events & READABLE) !== 0) this.#events?.lanSpoke()
  }

  onTurn(): void {}

  answered(uplink: Uplink, payload: Uint8Array): void {
    const up = new HalfFlow(this.#lan.fd, uplink.fd)
    this.early.leaveUnsent(up)
    const down = new HalfFlow(uplink.fd, this.#lan.fd)
    holdFirst(down, payload)
    openFlow(this.#room, up, down, uplink)
  }

  refused(): void {
    refuseLan(this.#room, this.#lan)
  }

  direct(): void {
    goDirect(this.#room, this.#lan, this.early.said)
  }

  tunnelled(): boolean {
    return false
  }
}
