/**
 * Another policy has come for connections that run: each is classed anew, some a turn, so that none waits.
 */
import { changeOf, type PolicyScope } from '../../shared/core/class-change.ts'
import { SERVICE_CLASSES } from '../../shared/core/service-class.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import type { Flow } from '../../shared/relay/flow.ts'
import type { Watcher } from '../../shared/relay/loop.ts'
import type { HouseRoom } from './room.ts'
import { askForLife } from './signs-of-life.ts'
import type { Uplink } from './uplink.ts'

export class Reclassifier implements Watcher {
  readonly #room: HouseRoom
  /** What asked its server under the rules of before, and has become a flow meanwhile. */
  readonly #again = new Deadline(() => this.#look())
  #scope: PolicyScope = 'new'
  #left: Iterator<[Flow, Uplink | undefined]> | undefined

  constructor(room: HouseRoom) {
    this.#room = room
  }

  /** The room's rules are others now. */
  begin(scope: PolicyScope): void {
    if (scope === 'new') return
    this.#scope = scope
    this.#look()
    this.#room.loop.arm(this.#again, this.#room.settings.connectMs + ASKING_MS)
  }

  onReady(): void {}

  onTurn(): void {
    for (let seen = 0; seen < FLOWS_PER_TURN_MAX; seen++) {
      const next = this.#left?.next()
      if (next === undefined || next.done === true) {
        this.#left = undefined
        return
      }
      const [flow, uplink] = next.value
      if (uplink !== undefined) this.#settle(flow, uplink)
    }
    this.#room.loop.soon(this)
  }

  #look(): void {
    const idle = this.#left === undefined
    this.#left = this.#room.flows.entries()
    if (idle) this.#room.loop.soon(this)
  }

  /** What goes out on plain TCP has one line, whatever its class. */
  #settle(flow: Flow, uplink: Uplink): void {
    const { row, traffic } = uplink
    const { classifier, table } = this.#room
    const before = row < 0 ? undefined : SERVICE_CLASSES[table.classOf(row)]
    if (before === undefined || traffic === undefined) return
    const now = classifier.classOf(traffic)
    switch (changeOf(before, now, this.#scope)) {
      case 'move':
        table.setClass(row, SERVICE_CLASSES.indexOf(now))
        // What has LTE alone from now on must not be forgotten there, nor what left it wake LTE on.
        if ((before === 'lte-only') !== (now === 'lte-only')) askForLife(this.#room, uplink, now)
        return
      case 'reset':
        return flow.reset()
      case 'keep':
    }
  }
}

/** A name in a rule takes tens of microseconds to look up; flows that run wait for no more than this many. */
const FLOWS_PER_TURN_MAX = 64
/** Beyond what a server has for its answer. */
const ASKING_MS = 2_000
