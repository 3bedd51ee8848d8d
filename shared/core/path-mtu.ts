/**
 * What a leg carries in one datagram, found by questions of every likely length at once (RFC 8899's search, in
 * one round trip): the longest that is answered is right.
 *
 *     ┌───────────┐ all asked  ┌───────────┐ WAIT_US later, or the longest answered  ┌───────┐
 *     │ not known │ ─────────▶ │ searching │ ──────────────────────────────────────▶ │ known │
 *     └───────────┘            └───────────┘                                         └───┬───┘
 *          ▲                        ▲   the length in use unanswered CONFIRMS times,     │
 *          └── another path         └── or RAISE_US passed below the longest ────────────┘
 *
 * While long frames are sent, the length in use is asked again now and then: a path may shrink in mid-call,
 * and what then vanishes is not congestion.
 */
export class PathMtu {
  /** The longest link MTU that was answered; MTU_MIN until one was. */
  mtu = MTU_MIN
  known = false
  #searchUntilUs = 0
  #answered = 0
  #confirmUs = 0
  #unanswered = 0
  #raiseUs = 0

  /**
   * The lengths to ask now, as link MTUs, longest first; none most of the time. `busy`: long frames are being
   * sent.
   */
  due(busy: boolean, nowUs: number): readonly number[] {
    if (this.#searchUntilUs > 0) {
      if (nowUs < this.#searchUntilUs) return NOTHING
      this.#settle(nowUs)
      return NOTHING
    }
    if (!this.known) return this.#search(nowUs)
    if (!busy) return NOTHING
    if (nowUs >= this.#raiseUs && this.mtu < MTUS[0]!) return this.#search(nowUs)
    if (nowUs < this.#confirmUs) return NOTHING
    // Small questions are answered on a living leg: only its length can be the matter.
    if (this.#unanswered >= CONFIRMS) return this.#search(nowUs)
    this.#confirmUs = nowUs + (this.#unanswered > 0 ? AGAIN_US : CONFIRM_US)
    this.#unanswered += 1
    return this.mtu > MTU_MIN ? MTUS.filter((mtu) => mtu === this.mtu) : NOTHING
  }

  /** A question of that length was answered. */
  hear(mtu: number, nowUs: number): void {
    // The reply to a short question.
    if (mtu < MTU_MIN) return
    if (mtu >= this.mtu) this.#unanswered = 0
    if (this.#searchUntilUs === 0) return
    this.#answered = Math.max(this.#answered, mtu)
    if (this.#answered === MTUS[0]) this.#settle(nowUs)
  }

  /** When `due` should be asked again at the latest. */
  nextUs(busy: boolean): number {
    if (this.#searchUntilUs > 0) return this.#searchUntilUs
    if (!this.known) return 0
    return busy ? this.#confirmUs : Infinity
  }

  /** Another path. */
  forget(): void {
    this.mtu = MTU_MIN
    this.known = false
    this.#searchUntilUs = 0
    this.#unanswered = 0
  }

  #search(nowUs: number): readonly number[] {
    this.#searchUntilUs = nowUs + WAIT_US
    this.#answered = 0
    return MTUS
  }

  #settle(nowUs: number): void {
    this.#searchUntilUs = 0
    this.#raiseUs = nowUs + RAISE_US
    this.#confirmUs = nowUs + CONFIRM_US
    this.#unanswered = 0
    // Nothing was answered, not even the shortest: it is the leg, and what it carries is not known.
    if (this.#answered === 0) return
    this.mtu = this.#answered
    this.known = true
  }
}

/** Ethernet, PPPoE, tunnels under us, and what IPv6 promises. */
const MTUS = [1_500, 1_492, 1_480, 1_460, 1_440, 1_400, 1_360, 1_280] as const
const MTU_MIN = 1_280
const NOTHING: readonly number[] = []
const WAIT_US = 300_000
const CONFIRMS = 3
const CONFIRM_US = 1_000_000
const AGAIN_US = 100_000
/** RFC 8899's PMTU_RAISE_TIMER. */
const RAISE_US = 600_000_000
