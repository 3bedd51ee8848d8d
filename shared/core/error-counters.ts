/**
 * Convert errors as a data thread counts them: one column for each code that RFC 8803 has, and one for all others.
 */
import { ConvertError } from '../wire/convert-error.ts'

export type ErrorCounter = `error${ConvertError}` | 'errorOther'

const CODES: readonly ConvertError[] = Object.values(ConvertError)
const OF_CODE: ReadonlyMap<number, ErrorCounter> = new Map(
  CODES.map((code) => [code, `error${code}` as const]),
)
export const ERROR_COUNTERS: readonly ErrorCounter[] = [...OF_CODE.values(), 'errorOther']

export function errorCounter(code: number): ErrorCounter {
  return OF_CODE.get(code) ?? 'errorOther'
}

/** The code and its name in the RFC, as dashboards show them. */
export function errorName(counter: ErrorCounter): string {
  const name = Object.entries(ConvertError).find(([, code]) => counter === `error${code}`)
  return name === undefined ? 'other' : `${name[1]} ${spaced(name[0])}`
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
