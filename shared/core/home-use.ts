/**
 * Whether anybody is at home, and whether LTE has been of use lately.
 *
 *     opens a connection      ──▶ active for 10 minutes: connections wait warm, and joined on both lines
 *     LTE carries something   ──▶ used for an hour: what stands by on it is kept alive
 *     neither                 ──▶ LTE is left in peace (ADR 0026)
 *
 * What LTE needs to stand by, joins and questions, is not use; a film is, and so is everything while DSL is
 * dead.
 */

export interface HomeSigns {
  /** Connections that the LAN has opened so far. */
  readonly opened: number
  /** What LTE's interface has carried so far; undefined while there is none. */
  readonly lteBytes: number | undefined
  /** DSL carries nothing: LTE is all there is. */
  readonly lteAlone: boolean
}

export class HomeUse {
  #opened = 0
  #activeUntilMs = -Infinity
  #windowMs = -Infinity
  #windowBytes: number | undefined
  #usedUntilMs = -Infinity

  observe({ opened, lteBytes, lteAlone }: HomeSigns, nowMs: number): void {
    if (opened !== this.#opened) this.#activeUntilMs = nowMs + ACTIVE_MS
    this.#opened = opened
    const carried = (lteBytes ?? 0) - (this.#windowBytes ?? lteBytes ?? 0)
    if (lteAlone || carried >= USED_BYTES) this.#usedUntilMs = nowMs + USED_MS
    if (nowMs - this.#windowMs < WINDOW_MS && carried >= 0) return
    this.#windowMs = nowMs
    this.#windowBytes = lteBytes
  }

  /** The LAN has opened a connection within the last minutes. */
  active(nowMs: number): boolean {
    return nowMs < this.#activeUntilMs
  }

  /** LTE was of use within the last hour. */
  lteUsed(nowMs: number): boolean {
    return nowMs < this.#usedUntilMs
  }
}

const ACTIVE_MS = 600_000
const USED_MS = 3_600_000
/** So much in so short a time is no housekeeping: 800 joins are about as much. */
const USED_BYTES = 262_144
const WINDOW_MS = 10_000
