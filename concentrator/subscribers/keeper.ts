/**
 * What keeps the operator's records when we do not run: SQLite (sqlite-keeper.ts) or Redis
 * (redis-keeper.ts). It knows kinds, ids and JSON, and nothing of what they mean; store.ts does.
 *
 *    commit ──▶ record: kind, id, version, body        what is
 *           └─▶ journal: seq, at, who, before, after   what was, who changed it, and what others follow
 *
 * A record's version is the journal's number at its last change, so versions never go back.
 */

/** Kinds whose changes are journalled. */
export const KEPT_KINDS = ['subscriber', 'plan', 'token'] as const
export type KeptKind = (typeof KEPT_KINDS)[number]

/** Kinds that come and go by themselves: nobody has to know later. */
export const PASSING_KINDS = ['session', 'concentrator'] as const
export type PassingKind = (typeof PASSING_KINDS)[number]

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export interface KeptRecord {
  readonly id: string
  readonly version: number
  readonly body: JsonObject
}

export interface Change {
  readonly kind: KeptKind
  readonly id: string
  /** What it is changed to; undefined removes it. */
  readonly after: JsonObject | undefined
  /** The version that it must have now: 0 is "must not exist", undefined is "whatever it is". */
  readonly expected: number | undefined
}

export interface JournalEntry {
  readonly seq: number
  /** Unix time. */
  readonly atMs: number
  readonly who: string
  readonly kind: KeptKind
  readonly id: string
  readonly before: JsonObject | undefined
  readonly after: JsonObject | undefined
}

/** Nothing is changed where a version is not the expected one: the first that is not is told. */
export type Committed =
  /** `last`: the journal's number of the last of them. */
  | { readonly kind: 'done'; readonly last: number }
  | {
      readonly kind: 'conflict'
      readonly at: { readonly kind: KeptKind; readonly id: string }
      /** The version that it has; 0 where it does not exist. */
      readonly version: number
    }

export interface JournalQuery {
  readonly kind?: KeptKind
  /** With `kind`. */
  readonly id?: string
  /** Only entries before this number, newest first. */
  readonly before?: number
  readonly max: number
}

/** What followed after a number, oldest first; `gap` when the journal does not reach back so far. */
export type Followed =
  | { readonly kind: 'entries'; readonly entries: readonly JournalEntry[] }
  | { readonly kind: 'gap' }

export const SPANS = ['hour', 'day'] as const
export type Span = (typeof SPANS)[number]
/** What carried the bytes. */
export const CARRIERS = ['tcp', 'tunnel'] as const
export type Carrier = (typeof CARRIERS)[number]

export interface Octets {
  readonly dslUp: number
  readonly dslDown: number
  readonly lteUp: number
  readonly lteDown: number
}

/** What one home used since the last batch. */
export interface Use extends Octets {
  readonly subscriber: string
  readonly carrier: Carrier
  /** Unix time. */
  readonly atMs: number
}

export interface UsageBatch {
  /** Who counted: a batch of one source counts only when its number is greater than all before. */
  readonly source: string
  readonly number: number
  readonly uses: readonly Use[]
  /** Where it is added. Default both. */
  readonly spans?: readonly Span[]
}

export interface UsageRow extends Octets {
  readonly carrier: Carrier
  /** Unix time at which the span begins, in seconds. */
  readonly atS: number
}

export interface Keeper extends AsyncDisposable {
  /** A text that is another when the keeper has lost what it held. */
  life(): Promise<string>
  /** The journal's last number. */
  last(): Promise<number>
  /** All records of a kind in pieces, in no order; a record may come twice. */
  all(kind: KeptKind | PassingKind): AsyncIterable<readonly KeptRecord[]>
  read(kind: KeptKind | PassingKind, id: string): Promise<KeptRecord | undefined>
  /** All of them, or none. */
  commit(changes: readonly Change[], who: string, atMs: number): Promise<Committed>
  journal(query: JournalQuery): Promise<readonly JournalEntry[]>
  follow(after: number, max: number): Promise<Followed>
  /** Empty the texts of hex digits that stand under these names in the journal: what must not be kept any more. */
  strike(names: readonly string[]): Promise<void>
  /** Says the journal's last number when somebody has changed something, as far as the keeper hears of it. */
  onNews(hear: (last: number) => void): Disposable
  put(kind: PassingKind, id: string, body: JsonObject): Promise<void>
  drop(kind: PassingKind, id: string): Promise<void>
  /** False when this batch, or one after it, has been added before. */
  addUsage(batch: UsageBatch, nowMs: number): Promise<boolean>
  /** Spans that begin in [fromS, untilS), oldest first. */
  usage(subscriber: string, span: Span, fromS: number, untilS: number): Promise<UsageRow[]>
}

/** What a keeper throws when it cannot be reached, or has no room: nothing was changed, or nobody knows. */
export class KeeperUnavailable extends Error {
  override readonly name = 'KeeperUnavailable'
}

/** Entries that the journal keeps; older ones are forgotten. */
export const JOURNAL_ENTRIES_MAX = 1_000_000
/** How long usage is kept. */
export const KEPT_DAYS: Readonly<Record<Span, number>> = { hour: 35, day: 400 }
