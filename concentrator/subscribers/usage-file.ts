/**
 * The sums of what homes have used, in one file of the state directory, written whole each time.
 *
 *    { "<id>": { "dslUp": 1, "dslDown": 2, "lteUp": 3, "lteDown": 4 }, ... }
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import { added, NO_OCTETS, type Octets } from './accountant.ts'

export class UsageFile {
  readonly #file: string
  readonly #sums: Map<string, Octets>

  /** Throws a sentence when there is a file that cannot be read: what it holds is money. */
  constructor(stateDirectory: string) {
    mkdirSync(stateDirectory, { recursive: true })
    this.#file = join(stateDirectory, 'concentrator-usage.json')
    this.#sums = new Map(Object.entries(this.#read()))
  }

  of(id: string): Octets {
    return this.#sums.get(id) ?? NO_OCTETS
  }

  /** By id. Throws what the file system says; then the sums are right in memory, and in the next file. */
  add(used: ReadonlyMap<string, Octets>): void {
    if (used.size === 0) return
    for (const [id, octets] of used) this.#sums.set(id, added(this.of(id), octets))
    replaceFile(this.#file, `${JSON.stringify(Object.fromEntries(this.#sums))}\n`)
  }

  #read(): Record<string, Octets> {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw error
    }
    try {
      return sums.parse(JSON.parse(text))
    } catch (error) {
      throw new Error(`Cannot read ${this.#file}: it holds no sums; put it right or move it away`, {
        cause: error,
      })
    }
  }
}

const bytes = z.int().min(0)
const sums = z.record(
  z.string(),
  z.object({ dslUp: bytes, dslDown: bytes, lteUp: bytes, lteDown: bytes }),
)
