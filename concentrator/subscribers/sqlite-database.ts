/**
 * The records in one SQLite file, with blocking calls: for a thread of its own (sqlite-thread.ts).
 *
 * The journal is written ahead (WAL) and to the disk before a change is answered, so neither kill -9 nor a
 * power failure loses what was said to be done.
 */
import { randomUUID } from 'node:crypto'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import {
  type Change,
  type Committed,
  type Followed,
  JOURNAL_ENTRIES_MAX,
  type JournalEntry,
  type JournalQuery,
  type JsonObject,
  KEPT_DAYS,
  type KeptKind,
  type KeptRecord,
  type PassingKind,
  SPANS,
  type Span,
  type UsageBatch,
  type UsageRow,
} from './keeper.ts'
import { DAY_S, spanStartS } from './usage.ts'

export type SqliteMethods = ReturnType<typeof openDatabase>

/** Throws when the file cannot be opened, is no database, or was written by a newer version. */
export function openDatabase(file: string) {
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  // What was replaced may have been a key: it is overwritten, and not only forgotten.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON')
  migrate(database, file)
  return {
    ...recordMethods(database),
    ...journalMethods(database),
    ...usageMethods(database),
    close: (): void => database.close(),
  }
}

function recordMethods(database: DatabaseSync) {
  const lifeOf = database.prepare("SELECT value FROM facts WHERE name = 'life'")
  const recordOf = database.prepare(`${RECORDS} WHERE kind = ? AND id = ?`)
  const recordsAfter = database.prepare(`${RECORDS} WHERE kind = ? AND id > ? ORDER BY id LIMIT ?`)
  const write = database.prepare(
    'INSERT OR REPLACE INTO records (kind, id, version, body) VALUES (?, ?, ?, ?)',
  )
  const remove = database.prepare('DELETE FROM records WHERE kind = ? AND id = ?')
  const log = database.prepare(
    'INSERT INTO journal (at, who, kind, id, before, after) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const forget = database.prepare('DELETE FROM journal WHERE seq <= ?')

  function read(kind: KeptKind | PassingKind, id: string): KeptRecord | undefined {
    const found = recordOf.get(kind, id)
    return found === undefined ? undefined : recordFrom(found)
  }

  function commit(changes: readonly Change[], who: string, atMs: number): Committed {
    return atOnce(database, () => {
      const present = changes.map(({ kind, id }) => read(kind, id))
      for (const [i, { kind, id, expected }] of changes.entries()) {
        const version = present[i]?.version ?? 0
        if (expected === undefined || expected === version) continue
        return { kind: 'conflict', at: { kind, id }, version }
      }
      let seq = 0
      for (const [i, { kind, id, after }] of changes.entries()) {
        const before = present[i]?.body
        const text = after === undefined ? null : JSON.stringify(after)
        const old = before === undefined ? null : JSON.stringify(before)
        seq = Number(log.run(atMs, who, kind, id, old, text).lastInsertRowid)
        if (text === null) remove.run(kind, id)
        else write.run(kind, id, seq, text)
      }
      if (seq % TRIM_EVERY < changes.length) forget.run(seq - JOURNAL_ENTRIES_MAX)
      return { kind: 'done', last: seq }
    })
  }

  return {
    life: (): string => String(lifeOf.get()?.['value']),
    page: (kind: KeptKind | PassingKind, after: string, max: number): KeptRecord[] =>
      recordsAfter.all(kind, after, max).map(recordFrom),
    read,
    commit,
    put: (kind: PassingKind, id: string, body: JsonObject): void => {
      write.run(kind, id, 0, JSON.stringify(body))
    },
    drop: (kind: PassingKind, id: string): void => {
      remove.run(kind, id)
    },
  }
}

function journalMethods(database: DatabaseSync) {
  const lastOf = database.prepare(
    "SELECT max(seq) AS seq FROM sqlite_sequence WHERE name = 'journal'",
  )
  const oldestOf = database.prepare('SELECT min(seq) AS seq FROM journal')
  const following = database.prepare(`${ENTRIES} WHERE seq > ? ORDER BY seq LIMIT ?`)
  const newest = 'seq < ? ORDER BY seq DESC LIMIT ?'
  const all = database.prepare(`${ENTRIES} WHERE ${newest}`)
  const ofKind = database.prepare(`${ENTRIES} WHERE kind = ? AND ${newest}`)
  const ofId = database.prepare(`${ENTRIES} WHERE kind = ? AND id = ? AND ${newest}`)
  const last = (): number => Number(lastOf.get()?.['seq'] ?? 0)
  const amend = database.prepare('UPDATE journal SET before = ?, after = ? WHERE seq = ?')

  return {
    last,
    strike(names: readonly string[]): void {
      const said = new RegExp(`("(?:${names.join('|')})":)"[0-9a-f]+"`, 'g')
      const struck = (text: SQLOutputValue | undefined) =>
        typeof text === 'string' ? text.replace(said, '$1""') : null
      atOnce(database, () => {
        for (let at = 0; ; ) {
          const rows = following.all(at, ROWS_AT_ONCE)
          for (const { seq, before, after } of rows) {
            const entry = [struck(before), struck(after)] as const
            if (entry[0] !== before || entry[1] !== after) amend.run(...entry, Number(seq))
            at = Number(seq)
          }
          if (rows.length < ROWS_AT_ONCE) break
        }
      })
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },
    journal({ kind, id, before = Number.MAX_SAFE_INTEGER, max }: JournalQuery): JournalEntry[] {
      if (kind === undefined) return all.all(before, max).map(entryFrom)
      if (id === undefined) return ofKind.all(kind, before, max).map(entryFrom)
      return ofId.all(kind, id, before, max).map(entryFrom)
    },
    follow(after: number, max: number): Followed {
      const oldest = Number(oldestOf.get()?.['seq'] ?? 0)
      if (after > last() || oldest > after + 1) return { kind: 'gap' }
      return { kind: 'entries', entries: following.all(after, max).map(entryFrom) }
    },
  }
}

function usageMethods(database: DatabaseSync) {
  const batchOf = database.prepare('SELECT number FROM batches WHERE source = ?')
  const noteBatch = database.prepare(
    'INSERT OR REPLACE INTO batches (source, number) VALUES (?, ?)',
  )
  const add = database.prepare(ADD_USE)
  const usesOf = database.prepare(
    `SELECT * FROM usage
     WHERE subscriber = ? AND span = ? AND at >= ? AND at < ? ORDER BY at, carrier`,
  )
  const oldestOf = database.prepare('SELECT min(at) AS at FROM usage WHERE span = ?')
  const forget = database.prepare('DELETE FROM usage WHERE span = ? AND at < ?')
  let prunedS = -Infinity

  function prune(nowS: number): void {
    if (nowS - prunedS < DAY_S) return
    prunedS = nowS
    for (const span of SPANS) {
      // A clock that jumps ahead must not make us forget everything.
      const stepS = Number(oldestOf.get(span)?.['at'] ?? 0) + PRUNED_DAYS_MAX * DAY_S
      forget.run(span, Math.min(nowS - KEPT_DAYS[span] * DAY_S, stepS))
    }
  }

  return {
    addUsage({ source, number, uses, spans = SPANS }: UsageBatch, nowMs: number): boolean {
      prune(Math.floor(nowMs / 1_000))
      return atOnce(database, () => {
        if (Number(batchOf.get(source)?.['number'] ?? 0) >= number) return false
        noteBatch.run(source, number)
        for (const { subscriber, carrier, atMs, dslUp, dslDown, lteUp, lteDown } of uses) {
          for (const span of spans) {
            const atS = spanStartS(span, atMs)
            add.run(subscriber, span, atS, carrier, dslUp, dslDown, lteUp, lteDown)
          }
        }
        return true
      })
    },
    usage: (subscriber: string, span: Span, fromS: number, untilS: number): UsageRow[] =>
      usesOf.all(subscriber, span, fromS, untilS).map(usageFrom),
  }
}

/** All of `steps`, or nothing of them. */
function atOnce<T>(database: DatabaseSync, steps: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const done = steps()
    database.exec('COMMIT')
    return done
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

type Row = Record<string, SQLOutputValue>

function recordFrom({ id, version, body }: Row): KeptRecord {
  return { id: String(id), version: Number(version), body: JSON.parse(String(body)) as JsonObject }
}

function entryFrom({ seq, at, who, kind, id, before, after }: Row): JournalEntry {
  return {
    seq: Number(seq),
    atMs: Number(at),
    who: String(who),
    kind: String(kind) as KeptKind,
    id: String(id),
    before: before === null ? undefined : (JSON.parse(String(before)) as JsonObject),
    after: after === null ? undefined : (JSON.parse(String(after)) as JsonObject),
  }
}

function usageFrom({ at, carrier, dslUp, dslDown, lteUp, lteDown }: Row): UsageRow {
  return {
    atS: Number(at),
    carrier: String(carrier) as UsageRow['carrier'],
    dslUp: Number(dslUp),
    dslDown: Number(dslDown),
    lteUp: Number(lteUp),
    lteDown: Number(lteDown),
  }
}

/** Bring the file to what this version writes; each step once, whole or not at all. */
function migrate(database: DatabaseSync, file: string): void {
  database.exec('BEGIN IMMEDIATE')
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > MIGRATIONS.length) {
    database.exec('ROLLBACK')
    const sentence = `Cannot open ${file}: a newer version has written it (${version}, known here: ${MIGRATIONS.length})`
    throw new Error(sentence)
  }
  for (const step of MIGRATIONS.slice(version)) database.exec(step)
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
  database.prepare("INSERT OR IGNORE INTO facts (name, value) VALUES ('life', ?)").run(randomUUID())
  database.exec('COMMIT')
}

const RECORDS = 'SELECT id, version, body FROM records'
const ENTRIES = 'SELECT * FROM journal'
const ADD_USE = `
  INSERT INTO usage (subscriber, span, at, carrier, dslUp, dslDown, lteUp, lteDown)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET
    dslUp = dslUp + excluded.dslUp, dslDown = dslDown + excluded.dslDown,
    lteUp = lteUp + excluded.lteUp, lteDown = lteDown + excluded.lteDown`

/** Never changed, only added to: there are files that have been through them. */
const MIGRATIONS = [
  `CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE records (
     kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
     PRIMARY KEY (kind, id)) WITHOUT ROWID;
   CREATE TABLE journal (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL,
     kind TEXT NOT NULL, id TEXT NOT NULL, before TEXT, after TEXT);
   CREATE INDEX journal_of ON journal (kind, id, seq);
   CREATE TABLE batches (source TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE usage (
     subscriber TEXT NOT NULL, span TEXT NOT NULL, at INTEGER NOT NULL, carrier TEXT NOT NULL,
     dslUp INTEGER NOT NULL, dslDown INTEGER NOT NULL,
     lteUp INTEGER NOT NULL, lteDown INTEGER NOT NULL,
     PRIMARY KEY (subscriber, span, at, carrier)) WITHOUT ROWID;
   CREATE INDEX usage_age ON usage (span, at);`,
]
/** Another process may hold the file for a moment. */
const BUSY_MS = 2_000
const TRIM_EVERY = 1_000
const ROWS_AT_ONCE = 500
/** Of the oldest, once a day. */
const PRUNED_DAYS_MAX = 2
