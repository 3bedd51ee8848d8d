/**
 * From one keeper to another, whatever they keep things in: the journal is done again, entry by entry, so
 * versions, history and audit log are the same over there; then usage, home by home.
 */
import { KEPT_KINDS, type Keeper, type KeptKind, SPANS, type Span, type Use } from './keeper.ts'

export interface Copied {
  readonly entries: number
  readonly records: number
  readonly usageRows: number
}

/** Rejects with a sentence where `target` holds something, or `source` has forgotten its beginning. */
export async function copyStore(source: Keeper, target: Keeper): Promise<Copied> {
  if ((await target.last()) !== 0) {
    throw new Error('Cannot move the store: there is something in the other; name an empty one')
  }
  const entries = await copyJournal(source, target)
  let records = 0
  const homes: string[] = []
  for (const kind of KEPT_KINDS) {
    const ids = await idsOf(target, kind)
    records += ids.size
    if (kind === 'subscriber') homes.push(...ids)
  }
  let usageRows = 0
  for (const span of SPANS) usageRows += await copyUsage(source, target, homes, span)
  return { entries, records, usageRows }
}

async function copyJournal(source: Keeper, target: Keeper): Promise<number> {
  for (let seq = 0; ; ) {
    const followed = await source.follow(seq, ENTRIES_AT_ONCE)
    if (followed.kind === 'gap') {
      throw new Error('Cannot move the store: its journal does not reach back to its beginning')
    }
    for (const { who, atMs, kind, id, after } of followed.entries) {
      await target.commit([{ kind, id, after, expected: undefined }], who, atMs)
    }
    const end = followed.entries.at(-1)
    if (end === undefined) return seq
    seq = end.seq
  }
}

async function copyUsage(
  source: Keeper,
  target: Keeper,
  homes: readonly string[],
  span: Span,
): Promise<number> {
  let copied = 0
  for (const subscriber of homes) {
    const rows = await source.usage(subscriber, span, 0, ALL_S)
    if (rows.length === 0) continue
    const uses = rows.map(({ atS, ...row }): Use => ({ ...row, subscriber, atMs: atS * 1_000 }))
    const batch = { source: `moved ${span} ${subscriber}`, number: 1, uses, spans: [span] }
    await target.addUsage(batch, (rows.at(-1)?.atS ?? 0) * 1_000)
    copied += rows.length
  }
  return copied
}

async function idsOf(keeper: Keeper, kind: KeptKind): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const records of keeper.all(kind)) for (const { id } of records) ids.add(id)
  return ids
}

const ENTRIES_AT_ONCE = 500
/** The year 3000. */
const ALL_S = 32_503_680_000
