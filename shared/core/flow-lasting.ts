/**
 * How long flows have lasted, in classes that a data thread can count: one column each, and one for the sum.
 */
export const FLOW_LASTING_COUNTERS = [
  'lasted1s',
  'lasted10s',
  'lasted1m',
  'lasted10m',
  'lasted1h',
  'lastedLonger',
  // Of all of them together.
  'lastedMs',
] as const
export type FlowLastingCounter = (typeof FLOW_LASTING_COUNTERS)[number]

/** A flow that lasted for so long has ended. `column` says where each counter stands in `row`. */
export function countLasting(
  row: Float64Array,
  column: Readonly<Record<FlowLastingCounter, number>>,
  ms: number,
): void {
  row[column[lastingOf(ms)]]!++
  row[column.lastedMs]! += ms
}

/** The class, as dashboards show it: less than that, and not less than the one before. */
export const FLOW_LASTED: Readonly<Record<Exclude<FlowLastingCounter, 'lastedMs'>, string>> = {
  lasted1s: 'under 1 s',
  lasted10s: 'under 10 s',
  lasted1m: 'under 1 min',
  lasted10m: 'under 10 min',
  lasted1h: 'under 1 h',
  lastedLonger: '1 h and longer',
}

function lastingOf(ms: number): FlowLastingCounter {
  if (ms < 1_000) return 'lasted1s'
  if (ms < 10_000) return 'lasted10s'
  if (ms < 60_000) return 'lasted1m'
  if (ms < 600_000) return 'lasted10m'
  return ms < 3_600_000 ? 'lasted1h' : 'lastedLonger'
}
