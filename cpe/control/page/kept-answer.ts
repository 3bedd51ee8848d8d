/**
 * An answer that costs something to make, and so is made once a second at most, however many ask.
 */
import { gzipSync } from 'node:zlib'

export interface Answer {
  readonly json: string
  readonly zipped: Buffer
}

export class KeptAnswer {
  readonly #make: () => unknown
  #answer: Answer | undefined
  #madeMs = -Infinity

  constructor(make: () => unknown) {
    this.#make = make
  }

  at(nowMs: number): Answer {
    if (this.#answer === undefined || nowMs - this.#madeMs >= KEPT_MS) {
      const json = JSON.stringify(this.#make())
      this.#answer = { json, zipped: gzipSync(json, { level: 4 }) }
      this.#madeMs = nowMs
    }
    return this.#answer
  }
}

const KEPT_MS = 1_000
