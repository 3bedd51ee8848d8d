/**
 * All homes of an operator on one page: how many, who gains by the second leg, who suffers, and what LTE costs. Every
 * row of a table leads to the dashboard of that home.
 */
import { type Dashboard, TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { concentratorMetrics, homeMetrics } from '../../concentrator/control/metrics.ts'
import { dashboard } from './dashboard.ts'
import { graph, number, type PanelBuilder, ranking } from './panels.ts'
import { howMany, series, share, sum, sumRate } from './promql.ts'

const { connections, limitedBy, efficiency, legUp, legRtt, legBytes, lteHelps, budgetUsed } =
  homeMetrics

/** What both legs of all homes carry. */
const CARRIED = sumRate(legBytes, [], undefined, '1m')

const now: readonly PanelBuilder[] = [
  number(
    {
      title: 'Homes here',
      description:
        'Homes with a session or a connection at some concentrator. A sudden fall is an outage of a concentrator or of an access network: look at the dashboard of the concentrators.',
      unit: 'short',
    },
    howMany(`count by (subscriber) (${series(connections)})`),
  ),
  number(
    {
      title: 'Homes without DSL',
      description:
        'Their DSL is dead, and LTE carries them. Many at once are a DSLAM: compare with the tickets of the access network.',
      unit: 'short',
      limits: { warn: 10, bad: 100 },
    },
    howMany(`${series(legUp, { leg: 'dsl' })} == 0`),
  ),
  number(
    {
      title: 'Homes without LTE',
      description:
        'They live on DSL alone. One by one: coverage, or a SIM. Many at once: the cell, the APN or the carrier.',
      unit: 'short',
      limits: { warn: 20, bad: 200 },
    },
    howMany(`${series(legUp, { leg: 'lte' })} == 0`),
  ),
  number(
    {
      title: 'LTE helps now in',
      description: 'Homes whose DSL is full or dead. In the evening many are normal.',
      unit: 'short',
    },
    howMany(`count by (subscriber) (${series(lteHelps)})`),
  ),
  number(
    {
      title: 'Budgets spent',
      description:
        'Homes whose month of LTE is used up: LTE carries only what `budget.atCap` says. Many early in the month: the plan is too small, or DSL too slow for it.',
      unit: 'short',
      limits: { warn: 10, bad: 100 },
    },
    howMany(`${series(budgetUsed)} >= 1`),
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

const gains: readonly PanelBuilder[] = [
  graph(
    {
      title: 'What the homes receive, by leg',
      description:
        'DSL first: LTE should show only above what DSL carries. LTE without DSL at night: look for homes whose DSL is dead.',
      unit: 'Bps',
    },
    { [sumRate(legBytes, ['leg'], { direction: 'down' })]: '{{leg}}' },
    'stacked',
  ),
  graph(
    {
      title: 'What the homes send, by leg',
      description: 'The same upwards, where DSL is full most often.',
      unit: 'Bps',
    },
    { [sumRate(legBytes, ['leg'], { direction: 'up' })]: '{{leg}}' },
    'stacked',
  ),
  graph(
    {
      title: "LTE's share of all bytes",
      description:
        'What of the traffic goes over the line that costs. Rising week by week: DSL lines that became too slow for their homes.',
      unit: 'percentunit',
    },
    {
      [share(sumRate(legBytes, ['direction'], { leg: 'lte' }), sumRate(legBytes, ['direction']))]:
        '{{direction}}',
    },
  ),
  graph(
    {
      title: 'Round trip of the homes',
      description:
        'Median and the slowest tenth, by leg. DSL slow everywhere: the way to the concentrator. LTE slow everywhere: its cells are full.',
      unit: 's',
    },
    {
      [`quantile by (leg) (0.5, ${series(legRtt)})`]: '{{leg}} median',
      [`quantile by (leg) (0.9, ${series(legRtt)})`]: '{{leg}} slowest tenth',
    },
  ),
  ranking(
    {
      title: 'Who gains most',
      description:
        'Received over LTE for each byte over DSL, in the last 5 minutes. High for long: that DSL is too slow for that home, or sick.',
      unit: 'percentunit',
    },
    `topk(20, ${share(
      sumRate(legBytes, ['subscriber'], { leg: 'lte', direction: 'down' }, '5m'),
      sumRate(legBytes, ['subscriber'], { leg: 'dsl', direction: 'down' }, '5m'),
    )})`,
    'home',
  ),
  ranking(
    {
      title: 'Round trip in the busiest tenth of the time',
      description:
        'The slowest tenth of the homes, averaged over the minutes in which the fleet carried most: what customers call "slow in the evening". Compare the legs.',
      unit: 's',
      limits: { warn: 0.1, bad: 0.3 },
    },
    `avg_over_time((quantile by (leg) (0.9, ${series(legRtt)}) and on () (${CARRIED} >= quantile_over_time(0.9, (${CARRIED})[$__range:$__interval] @ end())))[$__range:$__interval])`,
  ),
]

const suffering: readonly PanelBuilder[] = [
  graph(
    {
      title: 'What limits homes',
      description:
        'Homes by what limited them in their last interval. demand is well. One cause that grows everywhere is yours to repair: cell (talk to the carrier), concentrator (add one), stripped (a middlebox), dsl-sync (lines that are too slow for their plan).',
      unit: 'short',
    },
    { [`count by (cause) (${series(limitedBy)})`]: '{{cause}}' },
    'stacked',
  ),
  ranking(
    {
      title: 'Least efficient',
      description:
        'Homes that carry least of what their legs and their policy would allow. Open one: its dashboard names the cause.',
      unit: 'percentunit',
      limits: { warn: 0.8, bad: 0.5, falling: true },
      max: 1,
    },
    `bottomk(20, ${series(efficiency)})`,
    'home',
  ),
  ranking(
    {
      title: 'Slowest legs',
      description:
        'Round trip now. Open the home: is it a queue (its own load), or far away (the line)?',
      unit: 's',
      limits: { warn: 0.15, bad: 0.5 },
    },
    `topk(20, ${series(legRtt)})`,
    'home',
  ),
  ranking(
    {
      title: 'Legs that flap',
      description:
        'How often a leg came or went in an hour. More than a few: a sick line or a bad antenna place.',
      unit: 'short',
      limits: { warn: 4, bad: 20 },
    },
    `topk(20, changes(${series(legUp)}[1h]))`,
    'home',
  ),
]

const money: readonly PanelBuilder[] = [
  number(
    {
      title: 'LTE, in the time shown',
      description: 'Bytes over LTE of all homes, both directions.',
      unit: 'decbytes',
    },
    `sum(increase(${series(legBytes, { leg: 'lte' })}[$__range]))`,
  ),
  number(
    {
      title: 'What that costs',
      description: 'At the price of a gigabyte that stands above, in whatever currency that is.',
      unit: 'short',
    },
    `sum(increase(${series(legBytes, { leg: 'lte' })}[$__range])) / 1e9 * $price_per_gigabyte`,
  ),
  ranking(
    {
      title: 'Heaviest users of LTE',
      description:
        'Bytes over LTE in the time shown. Open the home and see why LTE helped: a dead DSL is a repair, a full one a faster line or a policy.',
      unit: 'decbytes',
    },
    `topk(20, sum by (subscriber) (increase(${series(legBytes, { leg: 'lte' })}[$__range])))`,
    'home',
  ),
  ranking(
    {
      title: 'Budgets that are nearly spent',
      description:
        'Of the month, what LTE has carried. At 100 % the policy of the home says what LTE still may.',
      unit: 'percentunit',
      limits: { warn: 0.8, bad: 1 },
      max: 1,
    },
    `topk(20, ${series(budgetUsed)})`,
    'home',
  ),
]

export function fleet(): Dashboard {
  return dashboard({
    uid: 'fleet',
    title: 'fleet',
    description: 'All homes: how many, who gains, who suffers, what LTE costs.',
    variables: [
      new TextBoxVariableBuilder('price_per_gigabyte')
        .label('Price of a gigabyte of LTE')
        .defaultValue('2'),
    ],
    rows: { Now: now, 'Who gains': gains, 'Who suffers': suffering, 'What it costs': money },
  })
}
