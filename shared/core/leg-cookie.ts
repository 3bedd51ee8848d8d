/**
 * The cookie that the concentrator has issued for one leg (RFC 8803 section 6.2.7), and when to ask for
 * one. What it holds is the concentrator's business; it is good from one address of the leg.
 *
 *     none yet, or older than RENEW_MS ──▶ ask ──┬── issued: show it from now on
 *                                                └── not issued: ask again after AGAIN_MS
 */

export class LegCookie {
  #issued: Issued | undefined
  /** The address that was last asked from, as text, and when to ask from it again. */
  #askedFrom = ''
  #askAgainMs = -Infinity

  /** The one to show from `address`; undefined while none is good there. */
  issuedFor(address: string): Uint8Array | undefined {
    return this.#issued?.address === address ? this.#issued.cookie : undefined
  }

  wantsNew(address: string, nowMs: number): boolean {
    if (address === this.#askedFrom && nowMs < this.#askAgainMs) return false
    if (this.#issued === undefined || this.#issued.address !== address) return true
    return nowMs - this.#issued.sinceMs >= RENEW_MS
  }

  /** Somebody asks: nobody else does meanwhile. */
  asking(address: string, nowMs: number): void {
    this.#askedFrom = address
    this.#askAgainMs = nowMs + ASKING_MS_MAX
  }

  issue(cookie: Uint8Array, address: string, nowMs: number): void {
    this.#issued = { cookie, address, sinceMs: nowMs }
    this.#askedFrom = address
    this.#askAgainMs = -Infinity
  }

  /** It answered and gave none. One that was good until now stays so until it is refused. */
  notIssued(nowMs: number): void {
    this.#askAgainMs = nowMs + AGAIN_MS
  }

  /** The concentrator does not take it, so it would not take another like it. */
  refused(cookie: Uint8Array, nowMs: number): void {
    if (this.#issued?.cookie !== cookie) return
    this.#askedFrom = this.#issued.address
    this.#issued = undefined
    this.#askAgainMs = nowMs + AGAIN_MS
  }
}

interface Issued {
  readonly cookie: Uint8Array
  readonly address: string
  readonly sinceMs: number
}

/** Half of the hour for which the concentrator's cookies are good unless it was told otherwise. */
const RENEW_MS = 1_800_000
const AGAIN_MS = 600_000
/** Longer than any answer is waited for. */
const ASKING_MS_MAX = 10_000
