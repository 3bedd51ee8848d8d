/**
 * What is wrong with a value, in sentences that begin with the key: `pool.sizeMax must be ...`. Where it
 * stood in a file is document.ts's business.
 */
import type { z } from 'zod'
import { keysAt, type Path } from './keys.ts'
import { wrong } from './must.ts'
import { nearest } from './spelling.ts'

export interface Problem {
  readonly path: Path
  /** The key itself is wrong, or its value. */
  readonly part: 'key' | 'value'
  readonly sentence: string
}

/** The first things that are wrong, a sentence each. `whole` names the value itself. */
export function sentencesOf(error: z.ZodError, schema: z.ZodType, whole: string): string[] {
  return problemsOf(error, schema, whole)
    .map(({ sentence }) => sentence)
    .slice(0, SENTENCES_MAX)
}

export function problemsOf(error: z.ZodError, schema: z.ZodType, whole: string): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, schema, whole))
}

/** One zod issue may be several problems: one for each unknown key. */
function problemsOfIssue(issue: z.core.$ZodIssue, schema: z.ZodType, whole: string): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  const known = keysAt(schema, path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const guess = nearest(key, known)
      const advice =
        guess === undefined ? `known here: ${known.join(', ')}` : `did you mean ${guess}?`
      const sentence = `${nameOf([...path, key], whole)} is not a known key; ${advice}`
      return { path: [...path, key], part: 'key', sentence }
    })
  }
  const message =
    issue.code === 'invalid_type' && issue.expected === 'object'
      ? wrong(`a mapping with the keys ${known.join(', ')}`, issue.input)
      : issue.message
  return [{ path, part: 'value', sentence: `${nameOf(path, whole)} ${message}` }]
}

/** `subscribers[3].cookie`. */
function nameOf(path: Path, whole: string): string {
  if (path.length === 0) return whole
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${step}`))
    .join('')
}

const SENTENCES_MAX = 20
