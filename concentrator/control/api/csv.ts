/**
 * Homes as a table (RFC 4180): the head names keys, with points for those below others.
 */
import { documentOf, leavesOf } from '../../../shared/core/leaves.ts'
import type { JsonObject } from '../../subscribers/keeper.ts'
import type { Line } from './bulk.ts'

export function* readCsv(text: string): Generator<Line> {
  let head: readonly string[] | undefined
  for (const { at, cells, problem } of rowsOf(text.replace(/^\uFEFF/, ''))) {
    if (problem !== undefined) {
      // Behind a quote that is not closed nothing can be told apart.
      yield { at, problem }
      return
    }
    if (head === undefined) head = cells
    else if (cells.length !== head.length) {
      yield { at, problem: `has ${cells.length} cells, and the head has ${head.length}` }
    } else yield { at, value: homeOf(head, cells) }
  }
}

export function csvFrom(items: readonly JsonObject[]): string {
  const rows = items.map((item) => leavesOf(item))
  const head = [...new Set(['id', ...rows.flatMap((row) => [...row.keys()])])]
  const lines = rows.map((row) => head.map((key) => cellOf(row.get(key))).join(','))
  return [head.map(cellOf).join(','), ...lines].map((line) => `${line}\r\n`).join('')
}

interface Row {
  readonly at: number
  readonly cells: readonly string[]
  readonly problem?: string
}

/** A cell in quotes may hold commas, quotes (doubled) and ends of line. */
function* rowsOf(text: string): Generator<Row> {
  let cells: string[] = []
  let line = 1
  let at = 1
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text)
    if (found === null) {
      yield { at, cells, problem: 'has a quote that is not closed, or text behind one' }
      return
    }
    const [whole, written = '', end] = found
    cells.push(written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written)
    line += whole.split('\n').length - 1
    if (end === ',' && cell.lastIndex < text.length) continue
    if (end === ',') cells.push('')
    if (cells.length > 1 || cells[0] !== '') yield { at, cells }
    cells = []
    at = line
  }
}

function homeOf(head: readonly string[], cells: readonly string[]): JsonObject {
  const said = head.flatMap((name, i) => {
    const text = cells[i] ?? ''
    return text === '' ? [] : [[name.trim(), scalarOf(name, text)] as const]
  })
  return JSON.parse(JSON.stringify(documentOf(said))) as JsonObject
}

/** Only below `policy` and in lists there are numbers: an id of digits is a text. */
function scalarOf(name: string, text: string): unknown {
  if (!name.startsWith('policy.') && !text.startsWith('[')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function cellOf(value: unknown): string {
  if (value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
