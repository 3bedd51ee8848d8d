/**
 * What homes tell of themselves, with what we have seen of them meanwhile: why LTE was used, and what limited them.
 */
import type { HomeReport } from '../../shared/config/control-messages.ts'
import { timedInterval } from '../../shared/config/interval-messages.ts'
import type { Verdict } from '../../shared/core/verdict.ts'
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import { HomeLog, type ToldReason } from '../subscribers/home-log.ts'
import type { StreetWaits } from '../subscribers/street-waits.ts'
import { VerdictLog, type VerdictsOfHome } from '../subscribers/verdict-log.ts'
import { Witness } from './witness.ts'

export class Tales {
  readonly #homeLog = new HomeLog()
  readonly #verdictLog = new VerdictLog()
  readonly #witness: Witness

  constructor(waits: Pick<StreetWaits, 'read'>) {
    this.#witness = new Witness(waits)
  }

  /** A home reports at `unixMs`, `nowMs` on our own clock: what we saw of it since it did before, where that is known. */
  hear(
    home: { readonly id: string; readonly number: number },
    report: HomeReport,
    unixMs: number,
    nowMs: number,
  ): StreetInterval | undefined {
    this.#homeLog.hear(home.id, report, unixMs)
    const street = this.#witness.testify(home, nowMs)
    const intervals = (report.intervals ?? []).map(timedInterval)
    this.#verdictLog.hear(home.id, intervals, street, unixMs)
    return street
  }

  lookAtProcessor(nowMs: number): void {
    this.#witness.lookAtProcessor(nowMs)
  }

  /** Why it did what it did, the oldest first. */
  reasons(id: string): readonly ToldReason[] {
    return this.#homeLog.of(id)
  }

  /** On its last interval, alone. */
  verdict(id: string): Verdict | undefined {
    return this.#verdictLog.now(id)
  }

  verdicts(id: string): VerdictsOfHome | undefined {
    return this.#verdictLog.of(id)
  }

  forget(id: string): void {
    this.#homeLog.forget(id)
    this.#verdictLog.forget(id)
    this.#witness.forget(id)
  }
}
