/**
 * Usage that the keeper could not take, in a file until it can: a concentrator that dies while Redis is away loses none of
 * what was counted (ADR 0037).
 *
 *    batch ─▶ keeper: taken
 *               └── away ─▶ a line of the file ─▶ said again, oldest first, until the file is empty
 *
 * A batch that was said once may have been taken: it stays as it is, with its number. Those behind it have never been
 * said, and are put together by home and hour when the file has grown.
 */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { sentenceOf } from '../../shared/daemon/log.ts'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import {
  CARRIERS,
  type Keeper,
  KeeperUnavailable,
  SPANS,
  type UsageBatch,
  type Use,
} from './keeper.ts'
import { added, spanStartS } from './usage.ts'

type UsageKeeper = Pick<Keeper, 'addUsage'>

export class KeptUsage implements UsageKeeper {
  readonly #keeper: UsageKeeper
  readonly #file: string
  readonly #complain: (why: string) => void
  readonly #bytesMax: number
  #waiting: UsageBatch[]
  #bytes = 0
  #isAway = false
  #isBroken = false
  #saying: Promise<void> | undefined

  /** Reads what is there. `complain` hears once that the keeper is away, and once that the file cannot be written. */
  constructor(
    keeper: UsageKeeper,
    file: string,
    complain: (why: string) => void,
    bytesMax = BYTES_MAX,
  ) {
    this.#keeper = keeper
    this.#file = file
    this.#complain = complain
    this.#bytesMax = bytesMax
    mkdirSync(dirname(file), { recursive: true })
    this.#waiting = batchesIn(file)
    if (this.#waiting.length > 0) this.#rewrite()
  }

  /** Batches that wait. */
  get size(): number {
    return this.#waiting.length
  }

  /** Resolves when it has been taken, or stands in the file. */
  async addUsage(batch: UsageBatch, nowMs: number): Promise<boolean> {
    if (this.#waiting.length === 0) {
      try {
        return await this.#keeper.addUsage(batch, nowMs)
      } catch (error) {
        this.#missed(error)
      }
    }
    this.#keep(batch)
    await this.say(nowMs)
    return true
  }

  /** Say what waits. One call at a time. */
  say(nowMs: number): Promise<void> {
    this.#saying ??= this.#sayOn(nowMs).finally(() => {
      this.#saying = undefined
    })
    return this.#saying
  }

  async #sayOn(nowMs: number): Promise<void> {
    if (this.#waiting.length === 0) return
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        await this.#keeper.addUsage(first, nowMs)
        this.#waiting.shift()
        this.#isAway = false
      }
    } catch (error) {
      this.#missed(error)
    }
    this.#rewrite()
  }

  #missed(error: unknown): void {
    if (!(error instanceof KeeperUnavailable)) throw error
    if (!this.#isAway) this.#complain(`it waits in ${this.#file}: ${error.message}`)
    this.#isAway = true
  }

  #keep(batch: UsageBatch): void {
    this.#waiting.push(batch)
    const line = lineOf(batch)
    this.#bytes += line.length
    if (this.#bytes <= this.#bytesMax) return this.#guarded(() => this.#append(line))
    this.#waiting = together(this.#waiting)
    this.#rewrite()
  }

  #append(line: string): void {
    appendFileSync(this.#file, line, { mode: 0o600 })
  }

  #rewrite(): void {
    const text = this.#waiting.map(lineOf).join('')
    this.#bytes = text.length
    this.#guarded(() => replaceFile(this.#file, text, 0o600))
  }

  #guarded(write: () => void): void {
    try {
      write()
      this.#isBroken = false
    } catch (error) {
      if (!this.#isBroken) this.#complain(`it stands in memory alone: ${sentenceOf(error)}`)
      this.#isBroken = true
    }
  }
}

/** All but the first, which may have been taken, put together by who counted, home, carrier and hour. */
function together([first, ...others]: readonly UsageBatch[]): UsageBatch[] {
  if (first === undefined) return []
  const bySource = new Map<string, { number: number; uses: Map<string, Use> }>()
  for (const { source, number, uses } of others) {
    const merged = bySource.get(source) ?? { number, uses: new Map<string, Use>() }
    bySource.set(source, merged)
    // Above all before: none of them has been said.
    merged.number = number
    for (const use of uses) {
      const key = `${use.subscriber} ${use.carrier} ${spanStartS('hour', use.atMs)}`
      const before = merged.uses.get(key)
      merged.uses.set(key, before === undefined ? use : { ...before, ...added(before, use) })
    }
  }
  const merged = Array.from(bySource, ([source, { number, uses }]) => ({
    source,
    number,
    uses: [...uses.values()],
  }))
  return [first, ...merged]
}

function lineOf(batch: UsageBatch): string {
  return `${JSON.stringify(batch)}\n`
}

function batchesIn(file: string): UsageBatch[] {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return text.split('\n').flatMap((line) => {
    const parsed = batchForm.safeParse(jsonOf(line))
    return parsed.success ? [parsed.data] : []
  })
}

/** undefined for what a crash cut short. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const octets = z.number().min(0)
const batchForm = z.object({
  source: z.string(),
  number: z.int().min(1),
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
  spans: z.array(z.enum(SPANS)).exactOptional(),
})
/** Of 20,000 homes a minute of batches, or half a day when they have been put together. */
const BYTES_MAX = 30_000_000
