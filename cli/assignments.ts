/**
 * `overflow.trialS=7 classes.default=aggregate budget.monthlyGigabytes=` as what is changed (RFC 7396).
 */
import { readAssignment } from '../shared/core/assignment.ts'
import { type Branch, documentOf } from '../shared/core/leaves.ts'
import { Misuse } from './misuse.ts'

export function patchFrom(assignments: readonly string[]): Branch {
  return documentOf(
    assignments.map((text) => {
      const assignment = readAssignment(text, isText)
      if (assignment !== undefined) return [assignment.key, assignment.value] as const
      throw new Misuse(`${text} must be KEY=VALUE, or KEY= for the default`)
    }),
  )
}

/** Hex digits may all be decimal. */
function isText(key: string): boolean {
  return /(^|\.)(cookie|secret|plan)$/.test(key)
}
