/**
 * How a metric is declared. A daemon's list of them is what Prometheus is shown and what the dashboards ask for: a panel
 * cannot ask for a metric that does not exist, nor by a label that it has not.
 *
 * Names: `hybridge_THING_UNIT`, base units (seconds, bytes), `_total` behind what only grows.
 */
export interface Metric<Label extends string = string> {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  /** What it counts, for whoever sees it without a dashboard. */
  readonly help: string
  readonly labels: readonly Label[]
}

/** By what they are called in the code. */
export type Catalogue = Readonly<Record<string, Metric>>

/** Only grows, from 0 at the start. */
export function counter<const Label extends string = never>(
  name: `${string}_total`,
  help: string,
  labels: readonly Label[] = [],
): Metric<Label> {
  return { kind: 'counter', name, help, labels }
}

/** Is what it is now. */
export function gauge<const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): Metric<Label> {
  return { kind: 'gauge', name, help, labels }
}
