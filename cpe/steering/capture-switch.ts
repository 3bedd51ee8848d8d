/**
 * Whether what the LAN opens is captured, or goes straight out: told to the router when it changes.
 */

import { sentenceOf } from '../../shared/daemon/log.ts'
import type { CpeLog } from '../control/log.ts'
import type { Router } from './router.ts'

export interface CaptureParts {
  readonly router: Pick<Router, 'setCapture'>
  /** False while the data threads can take no more flows: new ones bypass them. */
  readonly roomForFlows: () => boolean
  readonly log: Pick<CpeLog, 'info' | 'warn'>
}

export class CaptureSwitch {
  readonly #parts: CaptureParts
  /** The router has obeyed, and what the LAN opens from now on is captured. */
  readonly #captured: () => void
  #on: boolean | undefined
  #againMs = -Infinity
  #fullUntilMs = -Infinity

  constructor(parts: CaptureParts, captured: () => void) {
    this.#parts = parts
    this.#captured = captured
  }

  /** `bonding`: the concentrator serves. */
  follow(bonding: boolean, nowMs: number): void {
    if (!this.#parts.roomForFlows()) this.#fullUntilMs = nowMs + FULL_MS
    const on = bonding && nowMs >= this.#fullUntilMs
    if (this.#on === on || nowMs < this.#againMs) return
    this.#on = on
    this.#parts.router.setCapture(on).then(
      () => {
        this.#parts.log.info('capture', { on })
        if (on) this.#captured()
      },
      (error: unknown) => {
        this.#on = undefined
        this.#againMs = nowMs + AGAIN_MS
        const why = sentenceOf(error)
        this.#parts.log.warn('capture not set', { on, why })
      },
    )
  }
}

const AGAIN_MS = 1_000
/** A house that is full lets flows by for so long at least: the ruleset is not changed for each. */
const FULL_MS = 1_000
