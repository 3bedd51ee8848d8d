/**
 * What the path manager remembers of each connection between two looks.
 */
import type { LegName } from '../../shared/core/leg.ts'
import { JoinTries } from './join-tries.ts'
import type { FlowConnection } from './path-manager.ts'

export interface Plan {
  /** What it was planned for: the legs as they were, and what the connection was. */
  epoch: number
  flow: FlowConnection | undefined
  /** Its subflow on LTE was silent for too long, and has not been needed since. */
  rested: boolean
  /** When to look again although nothing changed. */
  againMs: number
  readonly tries: JoinTries
}

export class Plans {
  readonly #plans = new Map<number, Plan>()

  of(token: number): Plan {
    const plan = this.#plans.get(token) ?? {
      epoch: -1,
      flow: undefined,
      rested: false,
      againMs: Infinity,
      tries: new JoinTries(),
    }
    this.#plans.set(token, plan)
    return plan
  }

  /** The leg is another line, or has come back: what failed there may work now. */
  forgiveLeg(leg: LegName): void {
    for (const plan of this.#plans.values()) plan.tries.forget(leg)
  }

  forget(token: number): void {
    this.#plans.delete(token)
  }

  /** Forget those that are no longer known, once there are many. `known`: how many are. */
  sweep(known: number, isKnown: (token: number) => boolean): void {
    if (this.#plans.size <= 2 * known + SPARE) return
    for (const token of this.#plans.keys()) if (!isKnown(token)) this.#plans.delete(token)
  }
}

const SPARE = 64
