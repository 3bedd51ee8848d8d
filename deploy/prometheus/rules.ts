/**
 * What Prometheus shall wake somebody for. A rule is a value and how far it may go; the value has data at all times, so
 * that a test can see that it is asked for rightly, and not only that nothing is wrong now.
 *
 * Each has its paragraph in docs/runbook.md: what it means, how to see what it is, what to do.
 */
import { homeMetrics, concentratorMetrics as street } from '../../concentrator/control/metrics.ts'
import { cpeMetrics as home } from '../../cpe/control/metrics.ts'
import { processMetrics } from '../../shared/daemon/own-metrics.ts'
import { series, share, sumRate } from '../grafana/promql.ts'
import { EVERY, recorded } from './recorded.ts'

export interface Alert {
  /** Also the heading of its paragraph. */
  readonly name: string
  readonly value: string
  readonly above: number
  readonly for: `${number}${'m' | 'h'}`
  /** page: somebody gets up. ticket: somebody looks tomorrow. */
  readonly severity: 'page' | 'ticket'
  /** One sentence; `{{ $labels.instance }}`, `{{ $value }}`. */
  readonly summary: string
}

/** As prometheus.yml names the daemons. */
const CONCENTRATORS = { job: 'hybridge-concentrator' } as const

export const ALERTS: readonly Alert[] = [
  {
    name: 'HybridgeConcentratorAway',
    value: `1 - up{job="${CONCENTRATORS.job}"}`,
    above: 0,
    for: '1m',
    severity: 'page',
    summary: '{{ $labels.instance }} does not answer; its homes bypass it by one line',
  },
  {
    name: 'HybridgeRestarts',
    value: `changes(${series(processMetrics.startTime, { job: '~hybridge-.*' })}[15m])`,
    above: 2,
    for: '1m',
    severity: 'page',
    summary: '{{ $labels.instance }} has started {{ $value }} times in 15 minutes',
  },
  {
    name: 'HybridgeDescriptorsFull',
    value: share(series(street.descriptors), series(street.descriptorsMax)),
    above: 0.9,
    for: '5m',
    severity: 'page',
    summary:
      '{{ $labels.instance }} will refuse connections: descriptors are {{ $value | humanizePercentage }} used',
  },
  {
    name: 'HybridgeEgressPortsFull',
    value: `${series(street.egressPorts)} / on (instance) group_left () ${series(street.egressPortsMax)}`,
    above: 0.85,
    for: '5m',
    severity: 'page',
    summary: 'Ports of {{ $labels.address }} are {{ $value | humanizePercentage }} used',
  },
  {
    name: 'HybridgeSessionsFull',
    value: share(series(street.sessions), series(street.sessionsMax)),
    above: 0.95,
    for: '5m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} has room for few more control sessions',
  },
  {
    name: 'HybridgeStoreAway',
    value: series(street.storeStale),
    above: 60,
    for: '1m',
    severity: 'page',
    summary: '{{ $labels.instance }} has not heard its store for {{ $value | humanizeDuration }}',
  },
  {
    name: 'HybridgeEventLoopSlow',
    value: series(processMetrics.eventLoopP99, CONCENTRATORS),
    above: 0.2,
    for: '5m',
    severity: 'page',
    summary: '{{ $labels.instance }} answers probes late: {{ $value | humanizeDuration }}',
  },
  {
    name: 'HybridgeMultipathStripped',
    value: share(
      sumRate(street.plainTcp, ['access'], undefined, '15m'),
      sumRate(street.accepted, ['access'], undefined, '15m'),
    ),
    above: 0.2,
    for: '15m',
    severity: 'ticket',
    summary:
      '{{ $value | humanizePercentage }} of what comes over {{ $labels.access }} has lost Multipath TCP',
  },
  {
    name: 'HybridgeConvertErrors',
    value: share(
      sumRate(street.errors, ['instance'], { code: '~(0|1|2|33|64|65) .*|other' }, '10m'),
      sumRate(street.messages, ['instance'], undefined, '10m'),
    ),
    above: 0.05,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} refuses {{ $value | humanizePercentage }} of what it is asked',
  },
  {
    name: 'HybridgeManyHomesWithoutDsl',
    value: `avg(1 - ${series(homeMetrics.legUp, { leg: 'dsl' })})`,
    above: 0.05,
    for: '2m',
    severity: 'page',
    summary: '{{ $value | humanizePercentage }} of the homes have no DSL',
  },
  {
    name: 'HybridgeManyHomesWithoutLte',
    value: `avg(1 - ${series(homeMetrics.legUp, { leg: 'lte' })})`,
    above: 0.2,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of the homes have no LTE',
  },
  {
    name: 'HybridgeBudgetsSpent',
    value: `avg(${series(homeMetrics.budgetUsed)} >= bool 1)`,
    above: 0.1,
    for: '1h',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of the homes have used up their month of LTE',
  },
  {
    name: 'HybridgeTunnelDrops',
    value: share(
      sumRate(street.tunnelDrops, ['instance'], undefined, '10m'),
      sumRate(street.tunnelPackets, ['instance'], undefined, '10m'),
    ),
    above: 0.01,
    for: '10m',
    severity: 'ticket',
    summary:
      '{{ $labels.instance }} throws away {{ $value | humanizePercentage }} of what is in the tunnel',
  },
  {
    name: 'HybridgeForgedProbes',
    value: sumRate(street.probes, ['instance'], { result: 'forged' }, '10m'),
    above: 1,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} hears {{ $value | humanize }} forged probes a second',
  },
  {
    name: 'HybridgeDrainForgotten',
    value: series(street.draining),
    above: 0,
    for: '1h',
    severity: 'ticket',
    summary: '{{ $labels.instance }} has been draining for an hour',
  },
  {
    name: 'HybridgeHomesUnshown',
    value: series(street.homesUnshown),
    above: 0,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} does not show {{ $value }} of its homes',
  },
  {
    name: 'HybridgeHomeBypasses',
    value: `1 - ${series(home.bonding)}`,
    above: 0,
    for: '5m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} bonds nothing: its concentrator does not answer',
  },
  {
    name: 'HybridgeHomeThreadStalled',
    value: series(home.threadSilent),
    above: 3,
    for: '1m',
    severity: 'ticket',
    summary:
      'A data thread of {{ $labels.instance }} has not turned for {{ $value | humanizeDuration }}',
  },
]

/** The file that Prometheus reads: YAML is a superset of this JSON, and quotes what we would forget to. */
export function rulesFile(): string {
  const recordings = EVERY.map((every) => ({
    name: `hybridge-homes-${every}`,
    interval: every,
    rules: Object.values(recorded)
      .filter((one) => one.every === every)
      .map(({ name, expr }) => ({ record: name, expr })),
  }))
  const rules = ALERTS.map(({ name, value, above, severity, summary, ...alert }) => ({
    alert: name,
    expr: `${value} > ${above}`,
    for: alert.for,
    labels: { severity },
    annotations: { summary, runbook_url: `${RUNBOOK}#${name.toLowerCase()}` },
  }))
  const groups = [...recordings, { name: 'hybridge', interval: '30s', rules }]
  return `${JSON.stringify({ groups }, undefined, 2)}\n`
}

const RUNBOOK = 'docs/runbook.md'
