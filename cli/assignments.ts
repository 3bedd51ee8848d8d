/**
 * `overflow.trialS=7 classes.default=aggregate budget.monthlyGigabytes=` as what is changed (RFC 7396): a
 * value is JSON or a text; none is the default again.
 */
import { Misuse } from './misuse.ts'

interface Branch {
  [key: string]: unknown
}

export function patchFrom(assignments: readonly string[]): Branch {
  const patch: Branch = Object.create(null) as Branch
  for (const assignment of assignments) {
    const at = assignment.indexOf('=')
    if (at < 1) throw new Misuse(`${assignment} must be KEY=VALUE, or KEY= for the default`)
    const steps = assignment.slice(0, at).split('.')
    const last = steps.pop() ?? ''
    let here = patch
    for (const step of steps) {
      const below = here[step]
      if (typeof below !== 'object' || below === null) here[step] = Object.create(null) as Branch
      here = here[step] as Branch
    }
    here[last] = valueFrom(last, assignment.slice(at + 1))
  }
  return patch
}

function valueFrom(key: string, text: string): unknown {
  if (text === '') return null
  // Hex digits may all be decimal.
  if (key === 'cookie' || key === 'plan') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
