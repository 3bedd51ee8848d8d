/**
 * What is asked of all homes together is reckoned by Prometheus once, for all who look, and kept: of 20,000 homes a panel
 * would otherwise read hundreds of thousands of series at each refresh, and some more than Prometheus reads at all (ADR 0055).
 *
 * Names are Prometheus' for such series: of what, which metric, how.
 */
import { homeMetrics as home } from '../../concentrator/control/metrics.ts'
import { gauge, type Metric } from '../../shared/daemon/metric.ts'
import { howMany, series, share, sumRate } from '../grafana/promql.ts'

export interface Recorded<Label extends string = string> extends Metric<Label> {
  readonly expr: string
  readonly every: Every
}

/** How often: what moves quickly, the worst and the best of the homes, and what is added up. */
export const EVERY = ['1m', '2m', '5m'] as const
type Every = (typeof EVERY)[number]

/** How many of the worst are kept. */
const WORST = 20

const now = {
  homes: record(
    '1m',
    gauge('fleet:hybridge_home_connections:count', 'Homes that are here'),
    howMany(`count by (subscriber) (${series(home.connections)})`),
  ),
  legsDown: record(
    '1m',
    gauge('fleet:hybridge_home_leg_up:down', 'Homes whose leg does not work', ['leg']),
    `sum by (leg) (1 - max by (subscriber, leg) (${series(home.legUp)}))`,
  ),
  lteHelps: record(
    '1m',
    gauge('fleet:hybridge_home_lte_helps:count', 'Homes in which LTE helps'),
    howMany(`count by (subscriber) (${series(home.lteHelps)})`),
  ),
  budgetsSpent: record(
    '1m',
    gauge('fleet:hybridge_home_budget_used_ratio:spent', 'Homes that have used up their month'),
    howMany(`max by (subscriber) (${series(home.budgetUsed)}) >= 1`),
  ),
  legRate: record(
    '1m',
    gauge('fleet:hybridge_home_leg_bytes:rate1m', 'What the legs of all homes carry', [
      'leg',
      'direction',
    ]),
    sumRate(home.legBytes, ['leg', 'direction'], undefined, '1m'),
  ),
  rttMedian: record(
    '1m',
    gauge('fleet:hybridge_home_leg_rtt_seconds:median', 'Round trip of the middle home', ['leg']),
    `quantile by (leg) (0.5, ${series(home.legRtt)})`,
  ),
  rttSlow: record(
    '1m',
    gauge('fleet:hybridge_home_leg_rtt_seconds:p90', 'Round trip from which on a tenth is slower', [
      'leg',
    ]),
    `quantile by (leg) (0.9, ${series(home.legRtt)})`,
  ),
  limits: record(
    '1m',
    gauge('fleet:hybridge_home_limited_by:count', 'Homes by what limited them', ['cause']),
    `count by (cause) (max by (subscriber, cause) (${series(home.limitedBy)}))`,
  ),
  policyApplied: record(
    '1m',
    gauge(
      'fleet:hybridge_home_policy_applied_timestamp_seconds:max',
      'When some home last answered a policy, Unix time',
    ),
    `max(${series(home.policyApplied)})`,
  ),
} as const

const GAIN = share(
  sumRate(home.legBytes, ['subscriber'], { direction: 'down' }, '5m'),
  `max by (subscriber) (${series(home.dslCapacity, { direction: 'down' })})`,
)

const worst = {
  leastEfficient: record(
    '2m',
    gauge(
      'fleet:hybridge_home_efficiency_ratio:worst',
      'Of each cause the homes that it costs most',
      ['subscriber', 'cause'],
    ),
    `bottomk by (cause) (${WORST}, max by (subscriber, cause) (${series(home.limitedBy)}) * on (subscriber) group_left () max by (subscriber) (${series(home.efficiency)}))`,
  ),
  slowestLegs: record(
    '2m',
    gauge('fleet:hybridge_home_leg_rtt_seconds:worst', 'The slowest legs of their kind', [
      'subscriber',
      'leg',
    ]),
    `topk by (leg) (${WORST}, max by (subscriber, leg) (${series(home.legRtt)}))`,
  ),
  flapping: record(
    '2m',
    gauge('fleet:hybridge_home_leg_up:worst', 'How often a leg came or went in an hour', [
      'subscriber',
      'leg',
    ]),
    `topk(${WORST}, max by (subscriber, leg) (changes(${series(home.legUp)}[1h])))`,
  ),
  gains: record(
    '2m',
    gauge('fleet:hybridge_home_gain_ratio:best', 'What homes receive, of what DSL alone carries', [
      'subscriber',
    ]),
    `topk(${WORST}, ${GAIN})`,
  ),
  gaining: record(
    '2m',
    gauge('fleet:hybridge_home_gain_ratio:count', 'Homes that receive more than DSL carries'),
    howMany(`${GAIN} > 1`),
  ),
  nearlySpent: record(
    '2m',
    gauge('fleet:hybridge_home_budget_used_ratio:worst', 'Budgets that are used most', [
      'subscriber',
    ]),
    `topk(${WORST}, max by (subscriber) (${series(home.budgetUsed)}))`,
  ),
} as const

const added = {
  lteBytes: record(
    '5m',
    gauge(
      'subscriber:hybridge_home_lte_bytes:increase5m',
      'What LTE of a home has carried in five minutes, in both directions',
      ['subscriber'],
    ),
    `sum by (subscriber) (increase(${series(home.legBytes, { leg: 'lte' })}[5m]))`,
  ),
} as const

export const recorded = { ...now, ...worst, ...added }

function record<Label extends string>(
  every: Every,
  metric: Metric<Label>,
  expr: string,
): Recorded<Label> {
  return { ...metric, expr, every }
}
