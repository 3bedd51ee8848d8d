/**
 * What steering tells people about legs, the concentrator and overflow: each change once, with its reason.
 */
import type { ConcentratorHealth } from '../../shared/core/concentrator-health.ts'
import type { Direction } from '../../shared/core/dsl-queue.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegHealth, LegState } from '../../shared/core/leg-health.ts'
import type { CpeLog } from '../control/log.ts'

export class LegNews {
  readonly #log: Pick<CpeLog, 'info' | 'warn'>
  readonly #said: Partial<Record<LegName, { readonly state: LegState; readonly reason: string }>> =
    {}
  #bondingSaid: boolean | undefined

  constructor(log: Pick<CpeLog, 'info' | 'warn'>) {
    this.#log = log
  }

  decided(direction: Direction, engaged: boolean, reason: string): void {
    // Of legs that come and go they hear already.
    if (/^(dsl|lte)-(down|up)/.test(reason)) return
    this.#log.info(engaged ? 'lte helps' : 'lte rests', { direction, reason })
  }

  /** A doubt is soon over, and says nothing to anybody. */
  say(
    legs: Readonly<Record<LegName, Pick<LegHealth, 'state' | 'reason'>>>,
    concentrator: Pick<ConcentratorHealth, 'state' | 'reason'>,
    bonding: boolean,
  ): void {
    for (const leg of LEGS) {
      const { state, reason } = legs[leg]
      const said = this.#said[leg]
      if (state === 'suspect' || state === 'unknown') continue
      if (said?.state === state && (state === 'up' || said.reason === reason)) continue
      this.#said[leg] = { state, reason }
      if (state === 'dead') this.#log.warn('leg down', { leg, reason })
      else this.#log.info('leg up', { leg, reason })
    }
    const { state, reason } = concentrator
    if (this.#bondingSaid === bonding || state === 'suspect') return
    this.#bondingSaid = bonding
    if (bonding) this.#log.info('concentrator reachable', { reason })
    else this.#log.warn('concentrator unreachable', { reason })
  }
}
