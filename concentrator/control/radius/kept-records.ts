/**
 * What is still to be told to a RADIUS server, in order, in memory and in a file that outlives us.
 *
 *    [7,{"status":"interimUpdate",...}]      record 7 is to be told
 *    [7]                                     record 7 has been told
 *
 * Each line is written when it is true and not forced to the disk: kill -9 loses none, loss of power the last seconds.
 * A session whose last record in the file is no stop was open when we died: its last record tells what it had carried.
 * Octets are sums since the session began, so a younger record of a session makes an older one that nobody has told
 * yet needless: however long the servers are away, three records a session wait.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { sentenceOf } from '../../../shared/daemon/log.ts'
import { replaceFile } from '../../../shared/linux/whole-file.ts'
import { AcctStatusType } from '../../../shared/wire/radius-attributes.ts'
import type { AccountingRecord } from './accounting-record.ts'

export interface NumberedRecord {
  readonly number: number
  readonly record: AccountingRecord
}

export class KeptRecords implements Disposable {
  /** Records that were thrown away, for too many waited. */
  dropped = 0
  readonly #file: string
  readonly #complain: (why: string) => void
  readonly #recordsMax: number
  /** Not told yet, oldest first, by number. */
  readonly #waiting = new Map<number, AccountingRecord>()
  /** Being told: not to be replaced. */
  readonly #away = new Set<number>()
  /** By session: the number of an interim that waits. */
  readonly #interims = new Map<string, number>()
  /** The last record of each session that has not stopped. */
  readonly #lasting = new Map<string, NumberedRecord>()
  #number = 0
  #fd: number | undefined
  #lines = 0
  #isBroken = false

  /** Reads what is there. `complain` hears once that the file cannot be written, and once that records are thrown away. */
  constructor(file: string, complain: (why: string) => void, recordsMax = RECORDS_MAX) {
    this.#file = file
    this.#complain = complain
    this.#recordsMax = recordsMax
    mkdirSync(dirname(file), { recursive: true })
    for (const line of linesOf(file)) this.#learn(line)
    this.#rewrite()
  }

  get size(): number {
    return this.#waiting.size
  }

  /** The last records of sessions that the last of us had open. */
  lasting(): AccountingRecord[] {
    return [...this.#lasting.values()].map(({ record }) => record)
  }

  add(record: AccountingRecord): void {
    const number = ++this.#number
    this.#take(number, record)
    this.#write([number, record])
    if (this.#waiting.size <= this.#recordsMax) return
    const oldest = [...this.#waiting.keys()].find((one) => !this.#away.has(one))
    if (oldest === undefined) return
    if (this.dropped++ === 0) this.#complain(`more than ${this.#recordsMax} records wait`)
    this.told(oldest)
  }

  /**
   * The oldest that nobody is telling; it counts as being told. What is about the concentrator itself is told alone:
   * to a server it ends all sessions that it knows.
   */
  next(): NumberedRecord | undefined {
    let isFirst = true
    for (const [number, record] of this.#waiting) {
      const isAlone = record.about === undefined
      if (isAlone && !isFirst) return undefined
      isFirst = false
      if (this.#away.has(number)) {
        if (isAlone) return undefined
        continue
      }
      this.#away.add(number)
      return { number, record }
    }
    return undefined
  }

  /** It was not told: it waits again, where it was. */
  back(number: number): void {
    this.#away.delete(number)
  }

  /** Nobody took it: it waits again, behind all others, which may be taken. */
  last(number: number): void {
    const record = this.#waiting.get(number)
    if (record === undefined) return
    this.#away.delete(number)
    if (record.about === undefined) return
    this.#waiting.delete(number)
    this.#waiting.set(number, record)
  }

  told(number: number): void {
    if (!this.#forget(number)) return
    this.#write([number])
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #learn(line: Line): void {
    const [number, record] = line
    this.#number = Math.max(this.#number, number)
    if (record === undefined) this.#forget(number)
    else this.#take(number, record)
  }

  #take(number: number, record: AccountingRecord): void {
    const { session, status, about } = record
    const older = this.#interims.get(session)
    if (older !== undefined && !this.#away.has(older)) this.#forget(older)
    this.#waiting.set(number, record)
    if (status === 'interimUpdate') this.#interims.set(session, number)
    if (about === undefined) return
    if (status === 'stop') this.#lasting.delete(session)
    else this.#lasting.set(session, { number, record })
  }

  #forget(number: number): boolean {
    const record = this.#waiting.get(number)
    if (record === undefined) return false
    this.#waiting.delete(number)
    this.#away.delete(number)
    if (this.#interims.get(record.session) === number) this.#interims.delete(record.session)
    return true
  }

  #write(line: Line): void {
    const wasBroken = this.#isBroken
    this.#lines++
    if (this.#lines > LINES_SPARE + 4 * (this.#waiting.size + this.#lasting.size)) this.#rewrite()
    else this.#guarded(() => this.#append(line))
    // What was said while the file could not be written is not in it.
    if (wasBroken && !this.#isBroken) this.#rewrite()
  }

  #append(line: Line): void {
    this.#fd ??= openSync(this.#file, 'a', 0o600)
    const text = `${JSON.stringify(line)}\n`
    // A full disk may take half of it: then the next line begins anew.
    if (writeSync(this.#fd, text) < text.length) writeSync(this.#fd, '\n')
  }

  /** The file with what still matters. */
  #rewrite(): void {
    const lines: Line[] = []
    for (const { number, record } of this.#lasting.values()) {
      if (!this.#waiting.has(number)) lines.push([number, record], [number])
    }
    lines.push(...this.#waiting)
    lines.sort(([a], [b]) => a - b)
    this.#lines = lines.length
    this.#guarded(() => {
      this[Symbol.dispose]()
      replaceFile(this.#file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 0o600)
    })
  }

  #guarded(write: () => void): void {
    try {
      write()
      this.#isBroken = false
    } catch (error) {
      if (!this.#isBroken) this.#complain(`they stand in memory alone: ${sentenceOf(error)}`)
      this.#isBroken = true
    }
  }
}

type Line = readonly [number: number, record?: AccountingRecord]

function* linesOf(file: string): Generator<Line> {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  for (const line of text.split('\n')) {
    const parsed = lineForm.safeParse(jsonOf(line))
    if (parsed.success) yield parsed.data
  }
}

/** undefined for what a crash cut short. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const count = z.number().min(0)
const recordForm = z.object({
  status: z.enum(Object.keys(AcctStatusType) as [AccountingRecord['status']]),
  session: z.string(),
  atMs: z.number(),
  about: z
    .object({
      user: z.string(),
      from: z.string(),
      startedMs: z.number(),
      octets: z.object({ dslUp: count, dslDown: count, lteUp: count, lteDown: count }).optional(),
      cause: z.number().optional(),
    })
    .optional(),
})
const lineForm = z.union([z.tuple([z.number()]), z.tuple([z.number(), recordForm])])

/** Of 20,000 homes that came, carried and went, and some that did so more than once: some 40 MB. */
const RECORDS_MAX = 100_000
const LINES_SPARE = 10_000
