/**
 * A keeper that several concentrators share: Redis. Nothing here waits for a Redis that is away; who asks
 * hears so at once, and asks again.
 *
 *    {hybridge}:subscriber, plan, ...     hash: id, "version body"
 *    {hybridge}:journal                   stream, numbered as `seq`; also the channel that says there is news
 *    {hybridge}:history:KIND[:ID]         sorted set: numbers of the journal
 *    {hybridge}:usage:SPAN:BLOCK:HOME     hash: span, carrier, leg and direction; expires by itself
 */
import { randomUUID } from 'node:crypto'
import { Redis, ReplyError } from 'ioredis'
import { sentenceOf } from '../../shared/daemon/log.ts'
import {
  type Change,
  type Committed,
  type Followed,
  JOURNAL_ENTRIES_MAX,
  type JournalEntry,
  type JournalQuery,
  type JsonObject,
  KEPT_DAYS,
  type Keeper,
  KeeperUnavailable,
  type KeptKind,
  type KeptRecord,
  type PassingKind,
  SPANS,
  type Span,
  type UsageBatch,
  type UsageRow,
} from './keeper.ts'
import { entryFrom, recordFrom, type StreamEntry, usageFrom } from './redis-records.ts'
import { ADD_USAGE, COMMIT, STRIKE } from './redis-scripts.ts'
import { DAY_S, spanStartS } from './usage.ts'

/** One that is away, or takes nothing now, is asked again until it does. Rejects with a sentence when it is there and does not want us. */
export async function openRedisKeeper(url: string): Promise<Keeper> {
  const keeper = new RedisKeeper(url)
  try {
    await keeper.connect()
  } catch (error) {
    if (!(error instanceof ReplyError) || NOT_NOW.test(sentenceOf(error))) {
      keeper.comeLater()
      return keeper
    }
    await keeper[Symbol.asyncDispose]()
    const why = sentenceOf(error)
    throw new Error(`Cannot open the store ${shown(url)}: ${why}`, { cause: error })
  }
  return keeper
}

class RedisKeeper implements Keeper {
  readonly #redis: Redis
  readonly #ears: Redis
  readonly #listeners = new Set<(last: number) => void>()

  constructor(url: string) {
    this.#redis = new Redis(url, OPTIONS)
    this.#ears = new Redis(url, { ...OPTIONS, autoResubscribe: true })
    for (const connection of [this.#redis, this.#ears]) {
      // Who asks hears it; a connection that nobody uses comes back by itself.
      connection.on('error', () => undefined)
    }
    this.#ears.on('message', (_channel, last) => {
      for (const hear of this.#listeners) hear(Number(last))
    })
  }

  async connect(): Promise<void> {
    await this.#redis.connect()
    await this.#redis.setnx(KEY.life, randomUUID())
    await this.#ears.connect()
    await this.#ears.subscribe(KEY.journal)
  }

  /** What is to be said once is said when it is there. */
  comeLater(): void {
    // What fails here is asked for again by whoever follows.
    const nobody = () => undefined
    this.#redis.once('ready', () => void this.#redis.setnx(KEY.life, randomUUID()).catch(nobody))
    this.#ears.once('ready', () => void this.#ears.subscribe(KEY.journal).catch(nobody))
    if (this.#ears.status === 'wait') this.#ears.connect().catch(nobody)
  }

  async life(): Promise<string> {
    const life = await this.#asked(this.#redis.get(KEY.life))
    if (life !== null) return life
    await this.#asked(this.#redis.setnx(KEY.life, randomUUID()))
    return (await this.#asked(this.#redis.get(KEY.life))) ?? ''
  }

  async last(): Promise<number> {
    return Number((await this.#asked(this.#redis.get(KEY.seq))) ?? 0)
  }

  async *all(kind: KeptKind | PassingKind): AsyncGenerator<readonly KeptRecord[]> {
    for (let cursor = '0'; ; ) {
      const scan = this.#redis.hscan(keyOf(kind), cursor, 'COUNT', SCAN_RECORDS)
      const [next, cells] = await this.#asked(scan)
      const records: KeptRecord[] = []
      for (let i = 0; i < cells.length; i += 2) records.push(recordFrom(cells[i]!, cells[i + 1]!))
      if (records.length > 0) yield records
      if (next === '0') return
      cursor = next
    }
  }

  async read(kind: KeptKind | PassingKind, id: string): Promise<KeptRecord | undefined> {
    const kept = await this.#asked(this.#redis.hget(keyOf(kind), id))
    return kept === null ? undefined : recordFrom(id, kept)
  }

  async commit(changes: readonly Change[], who: string, atMs: number): Promise<Committed> {
    const keys = changes.flatMap(({ kind, id }) => [
      keyOf(kind),
      historyOf(kind),
      historyOf(kind, id),
    ])
    const given = changes.flatMap(({ kind, id, after, expected }) => [
      kind,
      id,
      expected === undefined ? '0' : '1',
      String(expected ?? ''),
      after === undefined ? '0' : '1',
      after === undefined ? '' : JSON.stringify(after),
    ])
    const all = [KEY.seq, KEY.journal, ...keys]
    const ask = this.#run(COMMIT, all, [who, atMs, JOURNAL_ENTRIES_MAX, ...given])
    const [kind, ...told] = (await this.#asked(ask)) as [string, ...(string | number)[]]
    if (kind === 'conflict') {
      const { kind: of, id } = changes[Number(told[0]) - 1]!
      return { kind: 'conflict', at: { kind: of, id }, version: Number(told[1]) }
    }
    return { kind: 'done', last: Number(told[0]) }
  }

  async journal({ kind, id, before, max }: JournalQuery): Promise<readonly JournalEntry[]> {
    const until = before === undefined ? '+' : `(${before}-0`
    if (kind === undefined) {
      const found = await this.#asked(this.#redis.xrevrange(KEY.journal, until, '-', 'COUNT', max))
      return (found as StreamEntry[]).map(entryFrom)
    }
    const below = before === undefined ? '+inf' : `(${before}`
    const seqs = await this.#asked(
      this.#redis.zrevrangebyscore(historyOf(kind, id), below, '-inf', 'LIMIT', 0, max),
    )
    const found = await Promise.all(seqs.map((seq) => this.#entries(`${seq}-0`, `${seq}-0`, 1)))
    return found.flat()
  }

  async follow(after: number, max: number): Promise<Followed> {
    const [last, oldest, entries] = await Promise.all([
      this.last(),
      this.#entries('-', '+', 1),
      this.#entries(`(${after}-0`, '+', max),
    ])
    const reachesBack = oldest[0] === undefined ? last === after : oldest[0].seq <= after + 1
    return after > last || !reachesBack ? { kind: 'gap' } : { kind: 'entries', entries }
  }

  /** A stream's entries cannot be changed: it is written anew. */
  async strike(names: readonly string[]): Promise<void> {
    await this.#asked(this.#run(STRIKE, [KEY.journal, `${KEY.journal}:struck`], names))
  }

  onNews(hear: (last: number) => void): Disposable {
    this.#listeners.add(hear)
    return { [Symbol.dispose]: () => void this.#listeners.delete(hear) }
  }

  async put(kind: PassingKind, id: string, body: JsonObject): Promise<void> {
    await this.#asked(this.#redis.hset(keyOf(kind), id, `0 ${JSON.stringify(body)}`))
  }

  async drop(kind: PassingKind, id: string): Promise<void> {
    await this.#asked(this.#redis.hdel(keyOf(kind), id))
  }

  /** What is old expires by the clock of Redis. */
  async addUsage({ source, number, uses, spans = SPANS }: UsageBatch): Promise<boolean> {
    const keys = new Map<string, number>()
    const given: Array<string | number> = []
    for (const { subscriber, carrier, atMs, ...octets } of uses) {
      for (const span of spans) {
        const atS = spanStartS(span, atMs)
        const key = usageKey(subscriber, span, blockOf(span, atS))
        if (!keys.has(key)) keys.set(key, keys.size + 1)
        for (const [name, bytes] of Object.entries(octets)) {
          const keptS = (KEPT_DAYS[span] + BLOCK_DAYS[span]) * DAY_S
          given.push(keys.get(key)!, `${atS} ${carrier} ${name}`, bytes, keptS)
        }
      }
    }
    const all = [KEY.batches, ...keys.keys()]
    const ask = this.#run(ADD_USAGE, all, [source, number, ...given])
    return (await this.#asked(ask)) === 1
  }

  async usage(subscriber: string, span: Span, fromS: number, untilS: number): Promise<UsageRow[]> {
    const last = blockOf(span, Math.min(untilS - 1, Date.now() / 1_000 + DAY_S))
    const blocks: Array<Promise<Record<string, string>>> = []
    // What is older has expired.
    const first = Math.max(
      blockOf(span, fromS),
      last - Math.ceil(KEPT_DAYS[span] / BLOCK_DAYS[span]),
    )
    for (let block = first; block <= last; block++) {
      blocks.push(this.#asked(this.#redis.hgetall(usageKey(subscriber, span, block))))
    }
    const rows = (await Promise.all(blocks)).flatMap(usageFrom)
    return rows.filter(({ atS }) => atS >= fromS && atS < untilS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect()
    this.#ears.disconnect()
    await Promise.resolve()
  }

  /** In one list: a hundred thousand arguments of a call do not fit on the stack. */
  #run(script: string, keys: readonly string[], given: ReadonlyArray<string | number>) {
    return this.#redis.call('EVAL', [script, keys.length, ...keys, ...given])
  }

  async #entries(from: string, until: string, max: number): Promise<JournalEntry[]> {
    const found = await this.#asked(this.#redis.xrange(KEY.journal, from, until, 'COUNT', max))
    return (found as StreamEntry[]).map(entryFrom)
  }

  /** Redis that is away, full, loading or read-only is one thing; what it does not understand is ours. */
  async #asked<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      const why = sentenceOf(error)
      if (error instanceof ReplyError && /^(ERR|WRONGTYPE|NOSCRIPT)\b/.test(why)) throw error
      throw new KeeperUnavailable(`The store does not answer: ${why}`)
    }
  }
}

function keyOf(kind: KeptKind | PassingKind): string {
  return `${TAG}:${kind}`
}

function historyOf(kind: KeptKind, id?: string): string {
  return id === undefined ? `${TAG}:history:${kind}` : `${TAG}:history:${kind}:${id}`
}

function usageKey(subscriber: string, span: Span, block: number): string {
  return `${TAG}:usage:${span}:${block}:${subscriber}`
}

/** Several spans share a key, so that asking for a month is a few questions. */
function blockOf(span: Span, atS: number): number {
  return Math.floor(atS / (BLOCK_DAYS[span] * DAY_S))
}

/** Without the password. */
function shown(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//')
}

const TAG = '{hybridge}'
const KEY = {
  life: `${TAG}:life`,
  seq: `${TAG}:seq`,
  journal: `${TAG}:journal`,
  batches: `${TAG}:batches`,
} as const
const BLOCK_DAYS: Readonly<Record<Span, number>> = { hour: 1, day: 32 }
/** Full, loading, or somebody's replica after a failover: what is kept there can be read, or will be. */
const NOT_NOW = /^(OOM|MISCONF|READONLY|LOADING|BUSY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN)\b/
const SCAN_RECORDS = 1_000
const RECONNECT_MS_MAX = 2_000
const OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  commandTimeout: 5_000,
  retryStrategy: (times: number) => Math.min(50 * 2 ** times, RECONNECT_MS_MAX),
} as const
