/**
 * The operator's homes and plans, in memory, as they stand in the keeper: read here at once, changed
 * through the keeper, and followed there, for other concentrators change them too.
 *
 *    configuration file ──┐
 *    keeper ── follow ────┴─▶ homes, plans ─▶ who listens: control session, data threads, shaper
 *      ▲
 *      └── commit ─── API
 *
 * Without the keeper everything goes on as it was last known, and only changes are refused (ADR 0033).
 */
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { StreetLog } from '../control/log.ts'
import { type Changed, type FileHome, Homes, type NamedLayer } from './homes.ts'
import {
  type Change,
  type Committed,
  type JournalEntry,
  type JsonObject,
  type Keeper,
  KeeperUnavailable,
  type KeptKind,
  type KeptRecord,
} from './keeper.ts'
import { KeptCache, type KnownStore } from './kept-cache.ts'
import { sealHomes } from './sealing.ts'
import type { CachedRecord, StoreCache } from './store-cache.ts'
import { Tokens } from './tokens.ts'
import type { Vault } from './vault.ts'

/** What the store has to say. */
export type StoreLog = Pick<StreetLog, 'error' | 'info' | 'warn'>

export interface StoreFiles {
  /** What seals the keys of homes. Default: they are kept as they are. */
  readonly vault?: Vault | undefined
  /** Where what was last known is kept. Default: nowhere. */
  readonly cache?: StoreCache | undefined
}

export class Store implements AsyncDisposable {
  readonly keeper: Keeper
  readonly homes: Homes
  readonly tokens = new Tokens()
  readonly #log: StoreLog
  readonly #vault: Vault | undefined
  readonly #listeners = new Set<(changed: Changed) => void>()
  /** Undefined until the keeper has been heard. */
  #life: string | undefined
  #caching: KeptCache | undefined
  #seq = 0
  #staleSinceMs: number | undefined
  #lost = false
  #wasSealed = false
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #news: Disposable | undefined
  #timer: NodeJS.Timeout | undefined

  private constructor(
    keeper: Keeper,
    fileHomes: readonly FileHome[],
    log: StoreLog,
    { vault }: StoreFiles,
  ) {
    this.keeper = keeper
    this.#vault = vault
    this.homes = new Homes(fileHomes, vault)
    this.#log = log
  }

  /**
   * With a cache it opens also while the keeper is away: homes are those of the cache. Without, it rejects when the
   * keeper cannot be read.
   */
  static async open(
    keeper: Keeper,
    fileHomes: readonly FileHome[],
    log: StoreLog,
    files: StoreFiles = {},
  ): Promise<Store> {
    const store = new Store(keeper, fileHomes, log, files)
    const { cache } = files
    try {
      store.#life = named(await keeper.life())
      await store.#load()
      await store.#seal()
    } catch (error) {
      if (!(error instanceof KeeperUnavailable) || cache === undefined) throw error
      store.#loadFrom(cache, error.message)
    }
    if (cache !== undefined) {
      const complain = (why: string) => log.warn('store cache not kept', { why })
      store.#caching = new KeptCache(cache, () => store.#known(), complain)
    }
    store.#news = keeper.onNews((last) => {
      if (last > store.#seq) void store.follow()
    })
    store.#timer = setInterval(() => void store.follow(), FOLLOW_MS)
    return store
  }

  /** Since when the keeper has not been heard, Unix time; undefined while all is well. */
  get staleSinceMs(): number | undefined {
    return this.#staleSinceMs
  }

  /** `hear` is called after the change stands in `homes`. */
  onChange(hear: (changed: Changed) => void): Disposable {
    this.#listeners.add(hear)
    return { [Symbol.dispose]: () => void this.#listeners.delete(hear) }
  }

  /** Until it is said otherwise, and in no keeper: these lie on top of the home's own layer. */
  override(id: string, layers: readonly NamedLayer[]): void {
    if (this.homes.override(id, layers)) this.#tell({ kind: 'subscriber', id })
  }

  /** When this resolves, what was committed stands in `homes`. Rejects with KeeperUnavailable. */
  async commit(changes: readonly Change[], who: string): Promise<Committed> {
    if (this.#lost) throw new KeeperUnavailable(LOST)
    if (this.#vault?.isForeign === true) throw new KeeperUnavailable(FOREIGN)
    const committed = await this.keeper.commit(changes, who, Date.now())
    if (committed.kind === 'conflict') return committed
    const first = committed.last - changes.length + 1
    // Nobody has changed anything in between: what follows is known without asking.
    if (first === this.#seq + 1) {
      for (const [i, change] of changes.entries()) this.#apply({ ...change, seq: first + i })
    } else await this.follow()
    return committed
  }

  /** Once the keeper is heard for the first time. */
  async #seal(): Promise<void> {
    this.#wasSealed = true
    await sealHomes(this, this.#log)
  }

  /** Hear what has been changed until now. */
  follow(): Promise<void> {
    if (this.#running === undefined) return this.#run()
    // Whoever asks while we read may have changed something behind where we read.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#run()
    })
    return this.#next
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#news?.[Symbol.dispose]()
    await (this.#next ?? this.#running)
    await this.#caching?.[Symbol.asyncDispose]()
    await this.keeper[Symbol.asyncDispose]()
  }

  #run(): Promise<void> {
    const running = this.#catchUp().finally(() => {
      this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #catchUp(): Promise<void> {
    try {
      await this.#readOn()
      // It was away when we started. Not awaited: to commit may mean to follow.
      if (!this.#wasSealed) void this.#seal()
      if (this.#staleSinceMs !== undefined) this.#log.info('store is back')
      this.#staleSinceMs = undefined
    } catch (error) {
      if (this.#staleSinceMs !== undefined) return
      this.#staleSinceMs = Date.now()
      const why = sentenceOf(error)
      this.#log.error('store is away', { why, help: 'homes go on as last known' })
    }
  }

  async #readOn(): Promise<void> {
    const life = await this.keeper.life()
    if (this.#life === undefined) {
      const name = named(life)
      await this.#load()
      this.#life = name
      return
    }
    this.#lost = life !== this.#life
    if (this.#lost) throw new KeeperUnavailable(LOST)
    for (;;) {
      const followed = await this.keeper.follow(this.#seq, ENTRIES_AT_ONCE)
      if (followed.kind === 'gap') return this.#load()
      for (const entry of followed.entries) this.#apply(entry)
      if (followed.entries.length < ENTRIES_AT_ONCE) return
    }
  }

  /** All anew. What is changed while we read comes again by following. */
  async #load(): Promise<void> {
    const seq = await this.keeper.last()
    const read: Record<KeptKind, KeptRecord[]> = { plan: [], subscriber: [], token: [] }
    for (const kind of KINDS) {
      for await (const records of this.keeper.all(kind)) read[kind].push(...records)
    }
    const known = [...this.homes.ids]
    this.homes.forget()
    this.tokens.forget()
    for (const kind of KINDS) {
      for (const { id, version, body } of read[kind]) this.#set(kind, id, version, body)
    }
    this.#seq = seq
    // What became of whom is not known: each is to be looked at.
    for (const id of new Set([...known, ...this.homes.ids])) this.#tell({ kind: 'subscriber', id })
  }

  /** As the cache has them: what has changed since is heard when the keeper is. */
  #loadFrom(cache: StoreCache, why: string): void {
    this.homes.forget()
    this.tokens.forget()
    const cached = cache.read()
    this.#life = cached?.life
    this.#seq = cached?.seq ?? 0
    this.#staleSinceMs = cached?.heardMs ?? Date.now()
    for (const { kind, id, version, body } of cached?.records ?? []) {
      this.#set(kind, id, version, body)
    }
    const heard = cached && new Date(cached.heardMs).toISOString()
    const help =
      heard === undefined ? 'only homes of the file are known' : `homes are as of ${heard}`
    this.#log.error('store is away', { why, help })
  }

  /** What is known now, for the next start; undefined while it is not what the keeper has. */
  #known(): KnownStore | undefined {
    if (this.#life === undefined || this.#staleSinceMs !== undefined) return undefined
    // None of the homes: what was kept under the right key is worth more.
    if (this.#vault?.isForeign === true) return undefined
    return { life: this.#life, seq: this.#seq, records: this.#cached() }
  }

  *#cached(): Generator<CachedRecord> {
    for (const { id, version, body } of this.homes.plans())
      yield { kind: 'plan', id, version, body }
    for (const id of this.homes.ids) {
      const home = this.homes.home(id)
      if (home === undefined || home.version === 0) continue
      yield { kind: 'subscriber', id, version: home.version, body: home.body }
    }
  }

  #apply({ seq, kind, id, after }: Pick<JournalEntry, 'seq' | 'kind' | 'id' | 'after'>): void {
    if (seq <= this.#seq) return
    this.#seq = seq
    // Read while it was changed: it is newer than what we hear of it.
    if (this.versionOf(kind, id) >= seq) return
    this.#set(kind, id, seq, after)
    if (kind !== 'token') this.#tell({ kind, id })
  }

  /** 0 where there is none. */
  versionOf(kind: KeptKind, id: string): number {
    if (kind === 'token') return this.tokens.get(id)?.version ?? 0
    const known = kind === 'plan' ? this.homes.plan(id) : this.homes.home(id)
    return known?.version ?? 0
  }

  #tell(changed: Changed): void {
    for (const hear of this.#listeners) hear(changed)
  }

  #set(kind: KeptKind, id: string, version: number, body: JsonObject | undefined): void {
    const problem = this.#problemOf(kind, id, version, body)
    if (problem !== undefined) this.#log.error('record cannot be read', { kind, id, why: problem })
  }

  #problemOf(kind: KeptKind, id: string, version: number, body: JsonObject | undefined) {
    switch (kind) {
      case 'plan':
        return this.homes.setPlan(id, version, body)
      case 'token':
        return this.tokens.set(id, version, body)
      case 'subscriber':
        return this.homes.setHome(id, body === undefined ? 0 : version, body)
    }
  }
}

function named(life: string): string {
  if (life === '') throw new KeeperUnavailable('The store has no name yet')
  return life
}

const KINDS: readonly KeptKind[] = ['token', 'plan', 'subscriber']
const LOST =
  'The store came back without what it held: restore it, or write back what is known here'
const FOREIGN =
  'The store is sealed with another key than the one of store.keyFile: put the right one there and start again'
const FOLLOW_MS = 1_000
const ENTRIES_AT_ONCE = 500
