/**
 * Flows have a lifetime: one that carries nothing for so long is ended with a reset on both sides.
 *
 * Looked at four times in that time, so a flow ends after one to one and a quarter of it, never earlier.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import type { Flow } from '../../shared/relay/flow.ts'
import type { Loop } from '../../shared/relay/loop.ts'

/** What of a flow its lifetime is about. */
export interface Mortal extends Pick<Flow, 'reset'> {
  readonly a2b: { readonly bytes: number }
  readonly b2a: { readonly bytes: number }
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-4.3
//# The Converter associates a lifetime with state entries used to bind
//# an upstream connection with its downstream connection.
export class FlowLifetimes {
  readonly #loop: Pick<Loop, 'arm'>
  readonly #lookMs: number
  readonly #onIdle: () => void
  readonly #flows = new Map<Mortal, Silence>()
  /** Where a look at all flows has got to. */
  #round: MapIterator<[Mortal, Silence]> | undefined
  readonly #look = new Deadline(() => this.#onLook())

  constructor(loop: Pick<Loop, 'arm'>, idleMs: number, onIdle: () => void) {
    this.#loop = loop
    this.#lookMs = idleMs / LOOKS
    this.#onIdle = onIdle
  }

  keep(flow: Mortal): void {
    if (!this.#look.armed) this.#loop.arm(this.#look, this.#lookMs)
    this.#flows.set(flow, { bytes: -1, looks: 0 })
  }

  forget(flow: Mortal): void {
    this.#flows.delete(flow)
  }

  #onLook(): void {
    this.#round ??= this.#flows.entries()
    for (let i = 0; i < FLOWS_AT_ONCE; i++) {
      const next = this.#round.next()
      if (next.done === true) {
        this.#round = undefined
        if (this.#flows.size > 0) this.#loop.arm(this.#look, this.#lookMs)
        return
      }
      const [flow, silence] = next.value
      const bytes = flow.a2b.bytes + flow.b2a.bytes
      if (bytes !== silence.bytes) {
        silence.bytes = bytes
        silence.looks = 0
      } else if (++silence.looks === LOOKS) {
        this.#onIdle()
        flow.reset()
      }
    }
    // The rest after others had their turn.
    this.#loop.arm(this.#look, 0)
  }
}

interface Silence {
  /** Carried when last looked at. */
  bytes: number
  /** How often in a row there was nothing new. */
  looks: number
}

const LOOKS = 4
/** Less than a millisecond's work, so that bytes need not wait for it. */
const FLOWS_AT_ONCE = 2_000
