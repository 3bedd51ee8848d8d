/**
 * What an operator reads when a value is wrong: one sentence for every way in which it can be wrong.
 *
 *     pool.sizeMax must be a whole number from 1 to 256, but is 0
 *     subscriber.id is missing; it must be a text of 1 to 64 letters, digits or . _ @ : -
 *
 * The sentence says what would be right, so zod's own wording (which says what check failed) never
 * shows. The name of the value in front is `document.ts`'s business.
 */
import type { z } from 'zod'

/** zod's `error` parameter, for every check of a leaf. `what` completes the sentence "must be ...". */
export function mustBe(what: string): (issue: z.core.$ZodRawIssue) => string {
  return ({ input }) => wrong(what, input)
}

/** The sentence's second half for a leaf that judges its own input. */
export function wrong(what: string, input: unknown): string {
  if (input === undefined) return `is missing; it must be ${what}`
  if (input === null) return `is empty; it must be ${what}`
  return `must be ${what}, but is ${shown(input)}`
}

/** As `mustBe`, for texts that YAML may take for something else: `id: 0123` is a number. */
export function mustBeText(what: string): (issue: z.core.$ZodRawIssue) => string {
  return ({ input }) =>
    typeof input === 'number' || typeof input === 'boolean'
      ? `${wrong(what, input)}; put it in quotes if it is meant as text`
      : wrong(what, input)
}

/** `input` as the operator wrote it, as far as one line holds it. */
function shown(input: unknown): string {
  if (Array.isArray(input))
    return input.length === 0 ? 'an empty list' : `a list of ${input.length}`
  switch (typeof input) {
    case 'string':
      return input === '' ? 'an empty text' : `'${shortened(input)}'`
    case 'number':
      return `the number ${input}`
    case 'boolean':
      return String(input)
    default:
      return 'a mapping'
  }
}

function shortened(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`
}

/** Characters. */
const SHOWN_MAX = 60
