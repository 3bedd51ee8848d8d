/**
 * Batches of usage that the keeper has not taken yet, in a file: while it is away, a crash here loses no more than an
 * interval. There is no file while nothing waits.
 */
import { readFileSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { sentenceOf } from '../../shared/daemon/log.ts'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import { CARRIERS, type UsageBatch } from './keeper.ts'

export class UsageJournal {
  readonly #file: string
  readonly #complain: (why: string) => void
  #stands = false
  #broken = false

  /** `complain` is told once when the file cannot be written, and again after it could. */
  constructor(file: string, complain: (why: string) => void) {
    this.#file = file
    this.#complain = complain
  }

  /** What an earlier start has left, the oldest first. What cannot be read is told of, and stays until it is written over. */
  read(): UsageBatch[] {
    try {
      const batches = journalSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
      this.#stands = true
      return batches
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#complain(
          `Cannot read ${this.#file}, and its usage is not counted: ${sentenceOf(error)}`,
        )
      }
      return []
    }
  }

  /** These wait now, and no others. */
  write(batches: readonly UsageBatch[]): void {
    if (batches.length === 0 && !this.#stands) return
    try {
      if (batches.length === 0) rmSync(this.#file, { force: true })
      else replaceFile(this.#file, JSON.stringify(batches), 0o600)
      this.#stands = batches.length > 0
      this.#broken = false
    } catch (error) {
      if (!this.#broken) this.#complain(`Cannot write ${this.#file}: ${sentenceOf(error)}`)
      this.#broken = true
    }
  }
}

const octets = z.int().nonnegative()
const journalSchema = z.array(
  z.object({
    source: z.string(),
    number: z.int().positive(),
    uses: z.array(
      z.object({
        subscriber: z.string(),
        carrier: z.enum(CARRIERS),
        atMs: z.number(),
        dslUp: octets,
        dslDown: octets,
        lteUp: octets,
        lteDown: octets,
      }),
    ),
  }),
)
