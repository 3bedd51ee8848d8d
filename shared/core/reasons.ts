/**
 * Why things were done: the last reasons, and how often each kind of them came up since the start. So that one
 * can ask why LTE was used at 20:14.
 *
 * A reason begins with the word of its kind and goes on with its numbers: `dsl-full 97 % for 120 ms`.
 */
import type { Direction } from './dsl-queue.ts'

/** What was decided, and why. */
export interface Decision {
  /** Where it is about overflow: LTE helps in this direction from now on, or it does not. */
  readonly direction?: Direction
  readonly engaged?: boolean
  readonly text: string
}

export interface Reason extends Decision {
  /** Of the monotonic clock, in milliseconds. */
  readonly atMs: number
  /** Of the wall clock, in milliseconds since 1970. */
  readonly unixMs: number
  readonly kind: string
}

export class Reasons {
  /** By kind. */
  readonly counts = new Map<string, number>()
  readonly #ring: Array<Decision & { readonly atMs: number }> = []
  #next = 0

  note(decision: Decision, nowMs: number): void {
    const kind = kindOf(decision.text)
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    this.#ring[this.#next] = { ...decision, atMs: nowMs }
    this.#next = (this.#next + 1) % REASONS_MAX
  }

  /**
   * Oldest first; at most REASONS_MAX, the older ones are forgotten. `unixMs` is what a wall clock shows at
   * `nowMs`: a home without a clock of its own learns the time after its first decisions.
   */
  list(nowMs: number, unixMs: number): Reason[] {
    const noted = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
    return noted.map((decision) => {
      const { atMs, text } = decision
      return { ...decision, unixMs: unixMs - (nowMs - atMs), kind: kindOf(text) }
    })
  }
}

function kindOf(text: string): string {
  return text.split(' ', 1)[0] ?? ''
}

const REASONS_MAX = 256
