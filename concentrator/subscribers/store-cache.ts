/**
 * What was last known of a store that others share, in a file of our own: a concentrator that starts while it is away knows its
 * homes from there (ADR 0034).
 *
 *    {"life":"...","seq":17}                              of which life of the store, and up to where
 *    {"kind":"subscriber","id":"a","version":12,"body":{...}}
 *
 * When the file was last touched says when the store was last heard.
 */
import { readFileSync, statSync, utimesSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { z } from 'zod'
import type { JsonObject, KeptKind } from './keeper.ts'

export interface CachedRecord {
  readonly kind: Exclude<KeptKind, 'token'>
  readonly id: string
  readonly version: number
  readonly body: JsonObject
}

export interface CachedStore {
  readonly life: string
  readonly seq: number
  /** Unix time. */
  readonly heardMs: number
  readonly records: readonly CachedRecord[]
}

export class StoreCache {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** Undefined where there is none, or none that can be read. */
  read(): CachedStore | undefined {
    try {
      const [first = '', ...lines] = readFileSync(this.#file, 'utf8').trimEnd().split('\n')
      const { life, seq } = head.parse(JSON.parse(first))
      const records = lines.map((line) => record.parse(JSON.parse(line)) as CachedRecord)
      return { life, seq, heardMs: statSync(this.#file).mtimeMs, records }
    } catch {
      return undefined
    }
  }

  /** Rejects with what the file system says; then the one before is still there. */
  async write(life: string, seq: number, records: Iterable<CachedRecord>): Promise<void> {
    const file = `${this.#file}.new`
    {
      // Sealed as in the store (ADR 0045), but who else lives on this machine need not know the homes.
      await using handle = await open(file, 'w', 0o600)
      let lines = [JSON.stringify({ life, seq })]
      for (const one of records) {
        lines.push(JSON.stringify(one))
        if (lines.length < LINES_AT_ONCE) continue
        await handle.appendFile(`${lines.join('\n')}\n`)
        lines = []
      }
      if (lines.length > 0) await handle.appendFile(`${lines.join('\n')}\n`)
      await handle.sync()
    }
    await rename(file, this.#file)
  }

  /** The store was heard, and had nothing new. Throws what the file system says. */
  touch(nowMs: number): void {
    utimesSync(this.#file, nowMs / 1_000, nowMs / 1_000)
  }
}

const head = z.object({ life: z.string().min(1), seq: z.int().min(0) })
const record = z.object({
  kind: z.enum(['plan', 'subscriber']),
  id: z.string(),
  version: z.int().min(1),
  body: z.record(z.string(), z.unknown()),
})
/** Others have their turn in between. */
const LINES_AT_ONCE = 500
