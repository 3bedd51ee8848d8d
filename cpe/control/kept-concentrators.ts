/**
 * The concentrators that this home was last told of, and which of them it has left lately: kept in `stateDirectory`, so
 * that a home which starts while its own is away goes to another (ADR 0052).
 */
import { hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Announced, announced } from '../../shared/config/control-messages.ts'
import type { Reach } from '../../shared/config/reach.ts'
import { bestOf } from '../../shared/core/concentrator-choice.ts'
import { replaceFile } from '../../shared/linux/whole-file.ts'

export interface KeptConcentrators {
  /** Of this home. */
  readonly id: string
  /** Of the file that led to it (given-home.ts): one that says something else has the word again. */
  readonly mark: string
  readonly list: readonly Announced[]
  /** By name: when it was left, Unix time. */
  readonly left: Readonly<Record<string, number>>
}

/** What serves the home best of what it knows; undefined where the file alone says it. */
export function nextConcentrator(
  { id, list, left }: KeptConcentrators,
  unixMs: number,
): Reach | undefined {
  const open = list.filter(({ name }) => {
    const agoMs = unixMs - (left[name] ?? Number.NEGATIVE_INFINITY)
    // A clock that was set back meanwhile knows nothing of it.
    return agoMs < 0 || agoMs >= AVOIDED_MS
  })
  return bestOf(open, (name) => chanceOf(`${id} ${name}`))
}

/** Undefined where nothing is kept for such a file, or what is kept cannot be read. */
export function readConcentrators(directory: string, of: string): KeptConcentrators | undefined {
  try {
    const text = readFileSync(fileIn(directory), 'utf8')
    const { id, mark, list, left } = JSON.parse(text) as Partial<KeptConcentrators>
    if (typeof id !== 'string' || mark !== of) return undefined
    if (!Array.isArray(list)) return undefined
    const sound = list.flatMap((each) => announced.safeParse(each).data ?? [])
    return { id, mark, list: sound, left: numbersOf(left) }
  } catch {
    return undefined
  }
}

/** Throws what the file system says. */
export function keepConcentrators(directory: string, kept: KeptConcentrators): void {
  mkdirSync(directory, { recursive: true })
  replaceFile(fileIn(directory), `${JSON.stringify(kept)}\n`)
}

function numbersOf(said: unknown): Record<string, number> {
  if (typeof said !== 'object' || said === null) return {}
  const numbers = Object.entries(said).filter(([, value]) => typeof value === 'number')
  return Object.fromEntries(numbers) as Record<string, number>
}

/** From 0 up to 1, the same for ever. */
function chanceOf(text: string): number {
  return Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16) / 2 ** 48
}

function fileIn(directory: string): string {
  return join(directory, 'cpe-concentrators.json')
}

/** A concentrator that was left is not gone to again for so long, while there is another. */
const AVOIDED_MS = 600_000
