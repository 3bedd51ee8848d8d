/**
 * Which packet numbers have been seen, as far back as WINDOW: the sliding window of RFC 4303 section 3.4.3
 * with the ring of words of RFC 6479, so that nothing is ever shifted.
 *
 *      never seen before            │  highest  │ above: new, the window moves on
 *      the window: taken, once each │           │
 *   ───┬────────────────────────────┴───────────┴──────────▶ number
 *      └ below: too old to tell, so no
 *
 * A number is judged first (`isNew`) and counts as seen (`see`) only when its packet has proved genuine.
 */
export class ReplayWindow {
  /** The highest number seen; -1 before the first. */
  highest = -1
  #words = EMPTY
  /** Nothing up to it is new, whatever the words say. */
  #floor = -1

  isNew(number: number): boolean {
    if (number > this.highest) return true
    if (number <= this.#floor || this.highest - number >= WINDOW) return false
    return (this.#words[Math.floor(number / 32) % WORDS]! & (1 << (number % 32))) === 0
  }

  /** Nothing has come for long: what is still missing would be too late, and need not be remembered. */
  rest(): void {
    this.#floor = this.highest
    this.#words = EMPTY
  }

  see(number: number): void {
    // Most legs of most homes never carry anything: their windows take no room.
    if (this.#words.length === 0) this.#words = new Uint32Array(WORDS)
    const word = Math.floor(number / 32)
    if (number > this.highest) {
      const last = Math.floor(this.highest / 32)
      const from = Math.max(last + 1, word - WORDS + 1)
      for (let i = from; i <= word; i++) this.#words[i % WORDS] = 0
      this.highest = number
    }
    this.#words[word % WORDS]! |= 1 << (number % 32)
  }
}

const EMPTY = new Uint32Array(0)
/** One word more than the window needs: the highest number's word is never full. */
const WORDS = 65
/** 2,048 packets: 20 ms of a leg at 100,000 packets a second. */
export const WINDOW = (WORDS - 1) * 32
