/**
 * What LTE may do: asked at each look, and told to the hands when it changes.
 *
 *     ledger: the month's budget ──┐                        ┌─▶ shaper: LTE's rate upwards
 *     roaming: the OS's file ──────┼─▶ core/lte-allowance ──┼─▶ bar: what the LAN sends by LTE
 *     policy ──────────────────────┘                        └─▶ steering: dead or not, and overflow
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { type Budget, UNLIMITED } from '../../shared/core/budget.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import { allowLte, type LteAllowance } from '../../shared/core/lte-allowance.ts'
import type { LteLeave } from '../../shared/core/verdict-facts.ts'
import type { CpeLog } from '../control/log.ts'
import type { LteBar } from './lte-bar.ts'
import { LteLedger, type LteMonth } from './lte-ledger.ts'
import { Roaming } from './roaming.ts'
import type { HouseShaper } from './shaper.ts'

export interface LteHands {
  readonly shaper: Pick<HouseShaper, 'throttleLte'>
  readonly bar: Pick<LteBar, 'set'>
  readonly log: Pick<CpeLog, 'info' | 'warn'>
}

/** What LTE may do now, for whoever shows it. */
export interface LteStanding {
  /** Why LTE may carry nothing: `roaming` or `budget spent`; undefined while it may. */
  readonly barred: string | undefined
  readonly budget: Budget
  /** Undefined where the month has no limit. */
  readonly month: LteMonth | undefined
  readonly roams: boolean
  readonly throttled: boolean
}

/** At `dateMs` on the wall, with the ledger in `stateDirectory`, which is closed with it. */
export function openLteGate(
  config: Pick<CpeConfig, 'budget' | 'legs' | 'roaming' | 'stateDirectory'>,
  hands: LteHands,
  dateMs: number,
): LteGate {
  const { log } = hands
  const ledger = new LteLedger(config, (why) => log.warn('lte ledger in doubt', { why }), dateMs)
  const { roamingFile } = config.legs.lte
  const roaming = new Roaming(roamingFile, (why) => log.warn('roaming unknown', { why }))
  return new LteGate(config, ledger, roaming, hands)
}

type Ledger = Pick<LteLedger, 'adopt' | 'look' | 'month' | typeof Symbol.dispose>

export class LteGate {
  #policy: Pick<CpeConfig, 'budget' | 'roaming'>
  readonly #ledger: Ledger
  readonly #roaming: Pick<Roaming, 'look'>
  readonly #hands: LteHands
  #throttleMbps: number | undefined
  #barred: string | undefined
  #roams = false
  #allowance: LteAllowance = { barred: undefined, throttleMbps: undefined, budget: UNLIMITED }

  constructor(
    policy: Pick<CpeConfig, 'budget' | 'roaming'>,
    ledger: Ledger,
    roaming: Pick<Roaming, 'look'>,
    hands: LteHands,
  ) {
    this.#policy = policy
    this.#ledger = ledger
    this.#roaming = roaming
    this.#hands = hands
  }

  /** What is left of the month, as of the last look. */
  get budget(): Budget {
    return this.#allowance.budget
  }

  /** Why LTE may not do all it can, as of the last look. */
  get leave(): LteLeave {
    const { barred, throttleMbps, budget } = this.#allowance
    if (barred === 'roaming') return 'roaming'
    if (barred !== undefined || budget.spent) return 'spent'
    return throttleMbps === undefined ? 'allowed' : 'throttled'
  }

  /** LTE was in a foreign network at the last look. */
  get roams(): boolean {
    return this.#roams
  }

  /** What LTE may do, for whoever shows it. */
  get standing(): LteStanding {
    return {
      barred: this.#barred,
      budget: this.budget,
      month: this.#ledger.month,
      roams: this.#roams,
      throttled: this.#throttleMbps !== undefined,
    }
  }

  /** Judge by this from the next look on. */
  adopt(policy: Pick<CpeConfig, 'budget' | 'roaming'>): void {
    this.#policy = policy
    this.#ledger.adopt(policy.budget)
  }

  /** The counters of LTE's interface at `nowMs`, which is `dateMs` on the wall. */
  look(counters: LegCounters | undefined, nowMs: number, dateMs: number): LteAllowance {
    const { budget, roaming } = this.#policy
    this.#roams = this.#roaming.look(nowMs)
    const spending = this.#ledger.look(counters, dateMs)
    const allowance = allowLte({ ...budget, roaming }, spending, this.#roams)
    this.#allowance = allowance
    const { throttleMbps, barred } = allowance
    const { shaper, bar, log } = this.#hands
    if (throttleMbps !== this.#throttleMbps) {
      shaper.throttleLte(throttleMbps)
      log.info(throttleMbps === undefined ? 'lte no longer throttled' : 'lte throttled', {
        upMbps: throttleMbps,
      })
    }
    const turned = (barred === undefined) !== (this.#barred === undefined)
    if (turned) bar.set(barred !== undefined)
    this.#throttleMbps = throttleMbps
    this.#barred = barred
    return allowance
  }

  [Symbol.dispose](): void {
    this.#ledger[Symbol.dispose]()
  }
}
