/**
 * `overflow.trialS=7 classes.default=aggregate budget.monthlyGigabytes=` as what is changed (RFC 7396): a
 * value is JSON or a text; none is the default again.
 */
import { type Branch, documentOf } from '../shared/core/leaves.ts'
import { Misuse } from './misuse.ts'

export function patchFrom(assignments: readonly string[]): Branch {
  return documentOf(
    assignments.map((assignment) => {
      const at = assignment.indexOf('=')
      if (at < 1) throw new Misuse(`${assignment} must be KEY=VALUE, or KEY= for the default`)
      const key = assignment.slice(0, at)
      return [key, valueFrom(key, assignment.slice(at + 1))] as const
    }),
  )
}

function valueFrom(key: string, text: string): unknown {
  if (text === '') return null
  // Hex digits may all be decimal.
  if (/(^|\.)(cookie|secret|plan)$/.test(key)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
