/**
 * Every key of a schema at its edges: what is just right, what is just wrong, and what is told.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import type { z } from 'zod'
import { parseConfig } from './document.ts'

export interface Edge {
  /** `legs.dsl.interface`, `subscribers.0.id`. */
  readonly key: string
  readonly good: readonly unknown[]
  readonly bad: readonly unknown[]
  /** Stands in each refusal. */
  readonly says: RegExp
}

/** One test per key. `minimal` is the least that the schema accepts. */
export function testEdges(schema: z.ZodType, minimal: object, edges: readonly Edge[]): void {
  for (const { key, good, bad, says } of edges) {
    void test(`${key} takes what is just right and refuses what is just wrong`, () => {
      for (const value of good) {
        const reading = readWith(schema, minimal, key, value)
        assert.equal(reading.kind, 'value', `${JSON.stringify(value)}: ${JSON.stringify(reading)}`)
      }
      for (const value of bad) {
        const reading = readWith(schema, minimal, key, value)
        assert.ok(reading.kind === 'problems', `${key} took ${JSON.stringify(value)}`)
        const name = key.replace(/\.(\d+)/g, '[$1]')
        const problem = reading.problems.find((problem) => problem.includes(`: ${name}`))
        assert.match(problem ?? reading.problems.join(), says, JSON.stringify(value))
      }
    })
  }
}

/** Edges of whole numbers, with what else is good or bad for all of them. */
export function numberEdges(
  numbers: ReadonlyArray<readonly [key: string, from: number, to: number]>,
  { good = [], bad = [] }: Partial<Pick<Edge, 'good' | 'bad'>>,
): Edge[] {
  return numbers.map(([key, from, to]) => ({
    key,
    good: [...good, from, to],
    bad: [from - 1, to + 1, from + 0.5, String(from), null, ...bad],
    says: new RegExp(`a whole number from ${from} to ${to}\\b`),
  }))
}

/** Of numbers that must be there; what no number is at all. */
export const NO_NUMBERS = { bad: [true, [], -1, 1e300, Infinity, NaN] }
/** Of numbers that may be left out. */
export const OR_NONE = { good: [undefined] }

/** What `minimal` with `key` set to `value` (or removed, when undefined) amounts to. */
export function readWith<T extends z.ZodType>(
  schema: T,
  minimal: object,
  key: string,
  value: unknown,
): ReturnType<typeof parseConfig<T>> {
  const config = structuredClone(minimal) as Record<string, unknown>
  const steps = key.split('.')
  const last = steps.pop() ?? key
  let here = config
  for (const [i, step] of steps.entries()) {
    const next = steps[i + 1] ?? last
    here[step] ??= /^\d+$/.test(next) ? [] : {}
    here = here[step] as Record<string, unknown>
  }
  if (value === undefined) delete here[last]
  else here[last] = value
  return parseConfig(schema, stringify(config, { aliasDuplicateObjects: false }), 'test.yaml')
}
