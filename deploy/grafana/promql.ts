/**
 * PromQL from declared metrics: what a panel or a rule asks for exists, and so does every label that it names.
 */
import type { Metric } from '../../shared/daemon/metric.ts'

/** Every series has these besides its own: Prometheus puts them there. */
type Labels<Label extends string> = Label | 'instance' | 'job'

/** Label by value. A value that begins with `~` is a regular expression, with `!` it is another than that. */
export type Where<Label extends string> = Readonly<Partial<Record<Labels<Label>, string>>>

/** `name{leg="dsl"}` */
export function series<Label extends string>(metric: Metric<Label>, where?: Where<Label>): string {
  const matchers = Object.entries<string | undefined>(where ?? {}).map(([label, value = '']) => {
    if (value.startsWith('!')) return `${label}!="${value.slice(1)}"`
    if (value.startsWith('~')) return `${label}=~"${value.slice(1)}"`
    return `${label}="${value}"`
  })
  return matchers.length === 0 ? metric.name : `${metric.name}{${matchers.join(',')}}`
}

/** Per second, over what Grafana thinks is long enough for two scrapes. */
export function rate<Label extends string>(
  metric: Metric<Label>,
  where?: Where<Label>,
  window = '$__rate_interval',
): string {
  return `rate(${series(metric, where)}[${window}])`
}

export function sumRate<Label extends string>(
  metric: Metric<Label>,
  by: readonly Labels<Label>[],
  where?: Where<Label>,
  window?: string,
): string {
  return sum(by, rate(metric, where, window))
}

export function sum(by: readonly string[], expr: string): string {
  return by.length === 0 ? `sum(${expr})` : `sum by (${by.join(', ')}) (${expr})`
}

/** How many series there are; 0 where there is none. */
export function howMany(expr: string): string {
  return `count(${expr}) or vector(0)`
}

/** `part` of `whole`; nothing where there is no whole. */
export function share(part: string, whole: string): string {
  return `(${part}) / (${whole} > 0)`
}

/** Lines are sold and judged in bits. */
export function bits(bytes: string): string {
  return `8 * (${bytes})`
}
