/**
 * Metrics as text, for Prometheus. Nothing is kept here: at each scrape what is known is read where it is counted, and
 * said. What is not said does not appear, so that nobody takes "not measured" for 0.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Catalogue, Metric } from './metric.ts'

/** Says one value. `value` undefined: not known now, and not shown. */
export type Say = <Label extends string>(
  metric: Metric<Label>,
  value: number | undefined,
  ...labels: [Label] extends [never] ? [] : [Readonly<Record<Label, string>>]
) => void

export class Exposition {
  readonly #registry = new Registry()
  readonly #instruments = new Map<string, Counter | Gauge>()

  constructor(...catalogues: readonly Catalogue[]) {
    for (const { kind, name, help, labels } of catalogues.flatMap((one) => Object.values(one))) {
      const described = { name, help, labelNames: labels, registers: [this.#registry] }
      this.#instruments.set(
        name,
        kind === 'counter' ? new Counter(described) : new Gauge(described),
      )
    }
  }

  /** What the process itself costs, by the names that all Node processes use. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.#registry })
    // It lists every open file at each scrape, in the thread that steers: what is watched is counted anyway.
    this.#registry.removeSingleMetric('process_open_fds')
    return this
  }

  /** `fill` says all that is known now. */
  async render(fill: (say: Say) => void): Promise<string> {
    for (const instrument of this.#instruments.values()) forget(instrument)
    fill((metric, value, ...[labels]) => {
      if (value === undefined || Number.isNaN(value)) return
      const instrument = this.#instruments.get(metric.name)
      if (instrument === undefined) throw new RangeError(`${metric.name} is in no catalogue`)
      // A difference of two counts that others count on while they are read may be: it must not cost the scrape.
      const shown = metric.kind === 'counter' ? Math.max(0, value) : value
      instrument.inc(labels ?? {}, shown)
    })
    return this.#registry.metrics()
  }
}

/** An instrument without labels is 0 after a reset, said or not. */
function forget(instrument: Counter | Gauge): void {
  instrument.reset()
  instrument.remove({})
}
