/**
 * `overflow.trialS=7 classes.default=aggregate budget.monthlyGigabytes=`: keys, and what they are set to. A value is
 * JSON or a text; none is the default again, written null (RFC 7396).
 */

export interface Assignment {
  readonly key: string
  readonly value: unknown
}

/** undefined where it is none. `isText` says which keys never hold JSON. */
export function readAssignment(
  text: string,
  isText: (key: string) => boolean = () => false,
): Assignment | undefined {
  const at = text.indexOf('=')
  if (at < 1) return undefined
  const key = text.slice(0, at)
  const value = text.slice(at + 1)
  if (value === '') return { key, value: null }
  return { key, value: isText(key) ? value : jsonOr(value) }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
