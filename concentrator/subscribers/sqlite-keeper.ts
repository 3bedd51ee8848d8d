/**
 * A keeper whose records are one SQLite file: nothing to install, for one concentrator. The file is
 * opened by a thread (sqlite-thread.ts), which is asked here. When it dies it is started again; what was asked
 * of it is answered that nobody knows, as when a disk fails.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { sentenceOf } from '../../shared/daemon/log.ts'
import {
  type Change,
  type JournalQuery,
  type JsonObject,
  type Keeper,
  KeeperUnavailable,
  type KeptKind,
  type KeptRecord,
  type PassingKind,
  type Span,
  type UsageBatch,
} from './keeper.ts'
import type { SqliteMethods } from './sqlite-database.ts'
import type { Answer, Question } from './sqlite-thread.ts'

type Method = Exclude<keyof SqliteMethods, 'close'>

/** Rejects with a sentence when the file cannot be used. `start` starts the thread. */
export async function openSqliteKeeper(file: string, start = startThread): Promise<Keeper> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  keepPrivate(file)
  const keeper = new SqliteKeeper(() => start(file))
  try {
    await keeper.life()
  } catch (error) {
    await keeper[Symbol.asyncDispose]()
    const why = sentenceOf(error)
    throw new Error(`Cannot open the store ${file}: ${why}`, { cause: error })
  }
  return keeper
}

/** Who reads what homes are known by can come as one of them. SQLite gives its other files the same mode. */
function keepPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Error(`Cannot open the store ${file}: ${why}`, { cause: error })
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

function startThread(file: string): Worker {
  return new Worker(new URL('sqlite-thread.ts', import.meta.url), { workerData: { file } })
}

class SqliteKeeper implements Keeper {
  readonly #start: () => Worker
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #again: NodeJS.Timeout | undefined
  #calls = 0
  /** Why it is not there. */
  #death = ''
  #isClosing = false

  constructor(start: () => Worker) {
    this.#start = start
    this.#begin()
  }

  life() {
    return this.#ask('life')
  }

  last() {
    return this.#ask('last')
  }

  async *all(kind: KeptKind | PassingKind): AsyncGenerator<readonly KeptRecord[]> {
    for (let after = ''; ; ) {
      const page = await this.#ask('page', kind, after, PAGE_RECORDS)
      if (page.length > 0) yield page
      const end = page.at(-1)
      if (end === undefined || page.length < PAGE_RECORDS) return
      after = end.id
    }
  }

  read(kind: KeptKind | PassingKind, id: string) {
    return this.#ask('read', kind, id)
  }

  commit(changes: readonly Change[], who: string, atMs: number) {
    return this.#ask('commit', changes, who, atMs)
  }

  journal(query: JournalQuery) {
    return this.#ask('journal', query)
  }

  follow(after: number, max: number) {
    return this.#ask('follow', after, max)
  }

  strike(names: readonly string[]) {
    return this.#ask('strike', names)
  }

  /** What this process does it knows; of others a file does not tell. */
  onNews(): Disposable {
    return { [Symbol.dispose]: () => undefined }
  }

  put(kind: PassingKind, id: string, body: JsonObject) {
    return this.#ask('put', kind, id, body)
  }

  drop(kind: PassingKind, id: string) {
    return this.#ask('drop', kind, id)
  }

  addUsage(batch: UsageBatch, nowMs: number) {
    return this.#ask('addUsage', batch, nowMs)
  }

  usage(subscriber: string, span: Span, fromS: number, untilS: number) {
    return this.#ask('usage', subscriber, span, fromS, untilS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#again)
    if (this.#thread !== undefined) this.#post(this.#thread, 'close', [])
    await this.#ended
  }

  #ask<M extends Method>(
    method: M,
    ...given: Parameters<SqliteMethods[M]>
  ): Promise<ReturnType<SqliteMethods[M]>> {
    return new Promise((resolve, reject) => {
      const thread = this.#thread
      if (thread === undefined) return reject(new KeeperUnavailable(this.#death))
      const waiting: Waiting = {
        resolve: (value) => resolve(value as ReturnType<SqliteMethods[M]>),
        reject,
      }
      this.#waiting.set(this.#post(thread, method, given), waiting)
    })
  }

  #post(thread: Worker, method: string, given: readonly unknown[]): number {
    const question: Question = { call: ++this.#calls, method, given }
    thread.postMessage(question)
    return question.call
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.call)
    this.#waiting.delete(answer.call)
    if (answer.kind === 'answer') waiting?.resolve(answer.value)
    else if (answer.kind === 'unavailable') waiting?.reject(new KeeperUnavailable(answer.why))
    else waiting?.reject(new Error(answer.why))
  }

  #begin(): void {
    const thread = this.#start()
    this.#thread = thread
    this.#ended = new Promise((resolve) => thread.once('exit', resolve))
    let why = 'The thread of the store has ended'
    thread.on('message', (answer: Answer) => this.#hear(answer))
    thread.on('error', (error: Error) => {
      why = error.message
    })
    thread.on('exit', () => this.#end(why))
  }

  #end(why: string): void {
    this.#thread = undefined
    this.#death = why
    for (const { reject } of this.#waiting.values()) reject(new KeeperUnavailable(why))
    this.#waiting.clear()
    if (!this.#isClosing) this.#again = setTimeout(() => this.#begin(), AGAIN_MS).unref()
  }
}

const PAGE_RECORDS = 1_000
const AGAIN_MS = 500
