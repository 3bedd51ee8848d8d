/**
 * From what Redis keeps to records, entries of the journal and usage.
 */
import type { Carrier, JournalEntry, JsonObject, KeptKind, KeptRecord, UsageRow } from './keeper.ts'
import { NO_OCTETS } from './usage.ts'

/** As XRANGE answers: its number, and fields and values in turn. */
export type StreamEntry = readonly [id: string, cells: readonly string[]]

/** `kept` is a version, a space and the body. */
export function recordFrom(id: string, kept: string): KeptRecord {
  const space = kept.indexOf(' ')
  const version = Number(kept.slice(0, space))
  return { id, version, body: JSON.parse(kept.slice(space + 1)) as JsonObject }
}

export function entryFrom([number, cells]: StreamEntry): JournalEntry {
  const said = new Map<string, string>()
  for (let i = 0; i < cells.length; i += 2) said.set(cells[i]!, cells[i + 1]!)
  return {
    seq: Number.parseInt(number, 10),
    atMs: Number(said.get('at')),
    who: said.get('who') ?? '',
    kind: (said.get('kind') ?? '') as KeptKind,
    id: said.get('id') ?? '',
    before: bodyFrom(said.get('before')),
    after: bodyFrom(said.get('after')),
  }
}

/** Of one key: fields are span, carrier and what was counted. */
export function usageFrom(cells: Readonly<Record<string, string>>): UsageRow[] {
  const rows = new Map<string, UsageRow>()
  for (const [field, bytes] of Object.entries(cells)) {
    const [at = '', carrier = '', name = ''] = field.split(' ')
    const key = `${at} ${carrier}`
    const row = rows.get(key) ?? {
      atS: Number(at),
      carrier: carrier as Carrier,
      ...NO_OCTETS,
    }
    rows.set(key, { ...row, [name]: Number(bytes) })
  }
  return [...rows.values()].toSorted((a, b) => a.atS - b.atS || (a.carrier < b.carrier ? -1 : 1))
}

function bodyFrom(text: string | undefined): JsonObject | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject)
}
