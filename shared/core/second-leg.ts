/**
 * Whether what stands by on DSL alone (service class `handover`) has a second leg built now: from the moment
 * DSL is worse than it can be (probe-quality.ts) until it has been well for a while. LTE is joined and waits; it
 * carries when DSL is dead.
 */
export class SecondLeg {
  #wanted = false
  #badMs = -Infinity

  get wanted(): boolean {
    return this.#wanted
  }

  /** `degraded`: why DSL is not well. The reason, when the second leg is wanted or let go. */
  judge(degraded: string | undefined, nowMs: number): string | undefined {
    if (degraded !== undefined) this.#badMs = nowMs
    const wanted = nowMs - this.#badMs < WELL_MS
    if (wanted === this.#wanted) return undefined
    this.#wanted = wanted
    return wanted ? degraded : `dsl-well for ${WELL_MS / 1_000} s`
  }
}

const WELL_MS = 10_000
