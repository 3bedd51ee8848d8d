/**
 * All homes of an operator on one page: how many, what limits them, who gains by the second leg, and what LTE costs. What
 * is asked of all homes is reckoned by rules (deploy/prometheus/recorded.ts). A click on a cause lists the homes that it
 * costs most; a click on a home leads to its dashboard.
 */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { concentratorMetrics } from '../../concentrator/control/metrics.ts'
import { recorded } from '../prometheus/recorded.ts'
import { chosen, dashboard, price, restarts } from './dashboard.ts'
import { graph, number, type PanelBuilder, ranking } from './panels.ts'
import { bits, series, share, sum } from './promql.ts'

/** What both legs of all homes carry. */
const CARRIED = sum([], series(recorded.legRate))
const LTE_RATE = sum([], series(recorded.legRate, { leg: 'lte' }))
/** What LTE has carried in the time shown: a rate is recorded each minute. */
const LTE_BYTES = `60 * sum(sum_over_time(${series(recorded.legRate, { leg: 'lte' })}[$__range]))`

const now: readonly PanelBuilder[] = [
  number(
    {
      title: 'Homes here',
      description:
        'Homes with a session or a connection at some concentrator. A sudden fall is an outage of a concentrator or of an access network: look at the dashboard of the concentrators.',
      unit: 'short',
    },
    series(recorded.homes),
  ),
  number(
    {
      title: 'Homes without DSL',
      description:
        'Their DSL is dead, and LTE carries them. Many at once are a DSLAM: compare with the tickets of the access network.',
      unit: 'short',
      limits: { warn: 10, bad: 100 },
    },
    series(recorded.legsDown, { leg: 'dsl' }),
  ),
  number(
    {
      title: 'Homes without LTE',
      description:
        'They live on DSL alone. One by one: coverage, or a SIM. Many at once: the cell, the APN or the carrier.',
      unit: 'short',
      limits: { warn: 20, bad: 200 },
    },
    series(recorded.legsDown, { leg: 'lte' }),
  ),
  number(
    {
      title: 'LTE helps now in',
      description: 'Homes whose DSL is full or dead. In the evening many are normal.',
      unit: 'short',
    },
    series(recorded.lteHelps),
  ),
  number(
    {
      title: 'Budgets spent',
      description:
        'Homes whose month of LTE is used up: LTE carries only what `budget.atCap` says. Many early in the month: the plan is too small, or DSL too slow for it.',
      unit: 'short',
      limits: { warn: 10, bad: 100 },
    },
    series(recorded.budgetsSpent),
  ),
  number(
    {
      title: 'Homes not shown',
      description:
        'They are here, but beyond `metrics.homesMax`, so this dashboard lacks them. Raise the limit if Prometheus has room.',
      unit: 'short',
      limits: { warn: 1, bad: 1_000 },
    },
    sum([], series(concentratorMetrics.homesUnshown)),
  ),
]

const suffering: readonly PanelBuilder[] = [
  graph(
    {
      title: 'What limits homes',
      description:
        'Homes by what limited them in their last interval. demand is well. Click on a cause that grew when the complaints began: the table beside lists whom it costs most. cell: talk to the carrier; concentrator: add one; stripped: a middlebox; dsl-sync: lines that are too slow for their plan.',
      unit: 'short',
      leads: 'cause',
    },
    { [series(recorded.limits)]: '{{cause}}' },
    'stacked',
  ),
  ranking(
    {
      title: 'Least efficient, with what limits them',
      description:
        'Of each cause the 20 homes that carry least of what their legs and their policy would allow. Choose the cause above; click on a home. All homes of a cause: `hybridge_home_limited_by{cause="cell"}` in Explore.',
      unit: 'percentunit',
      limits: { warn: 0.8, bad: 0.5, falling: true },
      max: 1,
      leads: 'home',
    },
    series(recorded.leastEfficient, { cause: '~$cause' }),
  ),
  ranking(
    {
      title: 'Slowest legs',
      description:
        'Round trip now, 20 of each leg. Open the home: is it a queue (its own load), or far away (the line)?',
      unit: 's',
      limits: { warn: 0.15, bad: 0.5 },
      leads: 'home',
    },
    series(recorded.slowestLegs),
  ),
  ranking(
    {
      title: 'Legs that flap',
      description:
        'How often a leg came or went in an hour. More than a few: a sick line or a bad antenna place.',
      unit: 'short',
      limits: { warn: 4, bad: 20 },
      leads: 'home',
    },
    series(recorded.flapping),
  ),
  graph(
    {
      title: 'Round trip of the homes',
      description:
        'Median and the slowest tenth, by leg. DSL slow everywhere: the way to the concentrator. LTE slow everywhere: its cells are full.',
      unit: 's',
      limits: { warn: 0.1, bad: 0.3 },
    },
    {
      [series(recorded.rttMedian)]: '{{leg}} median',
      [series(recorded.rttSlow)]: '{{leg}} slowest tenth',
    },
  ),
  ranking(
    {
      title: 'Round trip in the busiest tenth of the minutes',
      description:
        'The slowest tenth of the homes, averaged over the minutes in which the fleet carried most: what customers call "slow in the evening". Compare the legs: DSL is yours or the access network\'s, LTE the carrier\'s.',
      unit: 's',
      limits: { warn: 0.1, bad: 0.3 },
    },
    `avg_over_time((${series(recorded.rttSlow)} and on () (${CARRIED} >= quantile_over_time(0.9, (${CARRIED})[$__range:$__interval] @ end())))[$__range:$__interval])`,
  ),
]

const gains: readonly PanelBuilder[] = [
  graph(
    {
      title: 'What the homes receive, by leg',
      description:
        'DSL first: LTE should show only above what DSL carries. LTE without DSL at night: look for homes whose DSL is dead.',
      unit: 'bps',
    },
    { [bits(series(recorded.legRate, { direction: 'down' }))]: '{{leg}}' },
    'stacked',
  ),
  graph(
    {
      title: 'What the homes send, by leg',
      description: 'The same upwards, where DSL is full most often.',
      unit: 'bps',
    },
    { [bits(series(recorded.legRate, { direction: 'up' }))]: '{{leg}}' },
    'stacked',
  ),
  graph(
    {
      title: 'Homes that gain',
      description:
        'They receive more than their DSL alone carries. In the evening many; none, though LTE helps in some: look at what limits them.',
      unit: 'short',
    },
    { [series(recorded.gaining)]: 'gain', [series(recorded.lteHelps)]: 'LTE helps' },
  ),
  ranking(
    {
      title: 'Who gains most',
      description:
        'Received in the last 5 minutes, of what DSL alone carries: at 300 % the bond is three times the line. High every evening: that DSL is too slow for that home, or sick.',
      unit: 'percentunit',
      leads: 'home',
    },
    series(recorded.gains),
  ),
]

const money: readonly PanelBuilder[] = [
  number(
    {
      title: 'LTE, in the time shown',
      description:
        'Bytes over LTE of all homes, both directions. More than last week at the same load: DSL lines that became slower.',
      unit: 'decbytes',
    },
    LTE_BYTES,
  ),
  number(
    {
      title: 'What that costs',
      description:
        'At the price of a gigabyte that stands above, in whatever currency that is. Too much: the heaviest homes are below, `budget` and `overflow` of their plan are the screws.',
      unit: 'short',
    },
    `${LTE_BYTES} / 1e9 * $price_per_gigabyte`,
  ),
  number(
    {
      title: "LTE's share of all bytes",
      description:
        'What of the traffic goes over the line that costs. Rising week by week: DSL lines that became too slow for their homes.',
      unit: 'percentunit',
    },
    share(LTE_RATE, CARRIED),
  ),
  ranking(
    {
      title: 'Heaviest users of LTE',
      description:
        'Bytes over LTE in the time shown, counted each 5 minutes. Open the home and see why LTE helped: a dead DSL is a repair, a full one a faster line or a policy.',
      unit: 'decbytes',
      leads: 'home',
    },
    `topk(20, sum_over_time(${series(recorded.lteBytes)}[$__range]))`,
  ),
  ranking(
    {
      title: 'Budgets that are nearly spent',
      description:
        'Of the month, what LTE has carried. At 100 % the policy of the home says what LTE still may.',
      unit: 'percentunit',
      limits: { warn: 0.8, bad: 1 },
      max: 1,
      leads: 'home',
    },
    series(recorded.nearlySpent),
  ),
]

export function fleet(): Dashboard {
  return dashboard({
    uid: 'fleet',
    title: 'fleet',
    description: 'All homes: how many, what limits them, who gains, what LTE costs.',
    variables: [
      chosen('cause', 'Limited by', `label_values(${recorded.leastEfficient.name}, cause)`)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
      price(),
    ],
    marks: {
      'concentrator began': restarts(),
      'policy applied': `${series(recorded.policyApplied)} * 1000`,
    },
    rows: {
      Now: now,
      'Who suffers, and why': suffering,
      'Who gains': gains,
      'What it costs': money,
    },
  })
}
