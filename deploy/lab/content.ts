/**
 * What the street's HTTP server gives away: bytes that look random and depend on nothing but where they
 * stand, so that anybody can say what the SHA-256 of the first N of them must be.
 */
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'

export class Content {
  /** One period. A prime number of bytes, so that no lost or doubled buffer fits it. */
  readonly #period = seeded(PERIOD_BYTES)

  /** Some of the content from `at` on: at most `bytesMax`, a view, never empty. */
  slice(at: number, bytesMax: number): Buffer {
    const from = at % PERIOD_BYTES
    return this.#period.subarray(from, Math.min(from + bytesMax, PERIOD_BYTES))
  }

  /** SHA-256 in hex of the first `bytes`. Lets others run after each slice. */
  async sha256(bytes: number): Promise<string> {
    const hash = createHash('sha256')
    for (let at = 0; at < bytes; ) {
      const piece = this.slice(at, Math.min(SLICE_BYTES, bytes - at))
      hash.update(piece)
      at += piece.length
      await turn()
    }
    return hash.digest('hex')
  }
}

/** xorshift32, a word at a time. */
function seeded(bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4))
  let x = SEED
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words[i] = x
  }
  return Buffer.from(words.buffer, 0, bytes)
}

const SEED = 0x68796272
/** The largest prime below 16 MiB. */
const PERIOD_BYTES = 16_777_213
const SLICE_BYTES = 4_194_304
