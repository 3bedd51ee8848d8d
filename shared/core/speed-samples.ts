/**
 * What samples of a transfer amount to.
 */

/** What had been carried in all at a moment. */
export interface SpeedSample {
  readonly atMs: number
  readonly bytes: number
}

/**
 * Bits a second once the beginning is over: a third of the time is left out, in which TCP is still finding out what
 * the line carries. Undefined where too little was seen to say anything.
 */
export function steadyBitsPerS(samples: readonly SpeedSample[]): number | undefined {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return undefined
  const fromMs = first.atMs + BEGINNING * (last.atMs - first.atMs)
  const from = samples.find(({ atMs }) => atMs >= fromMs) ?? first
  const spanMs = last.atMs - from.atMs
  if (spanMs < SPAN_MS_MIN) return undefined
  return Math.round((8_000 * (last.bytes - from.bytes)) / spanMs)
}

/** Undefined of nothing. */
export function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted[Math.floor(sorted.length / 2)]
  return middle === undefined ? undefined : Math.round(10 * middle) / 10
}

const BEGINNING = 0.35
const SPAN_MS_MIN = 50
