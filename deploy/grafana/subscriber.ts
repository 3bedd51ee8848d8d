/**
 * One home, for whoever has its complaint: both legs, when LTE helped and for what reason, the budget. What is not here
 * (each decision in words) `hybridge` tells, and the API.
 */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { homeMetrics } from '../../concentrator/control/metrics.ts'
import { chosen, dashboard, price, restarts } from './dashboard.ts'
import { graph, number, type PanelBuilder, ranking, timeline, which } from './panels.ts'
import { bits, series, share, sumRate } from './promql.ts'

const HOME = { subscriber: '$subscriber' } as const
const {
  connections,
  limitedBy,
  efficiency,
  legUp,
  legRtt,
  legBytes,
  dslCapacity,
  lteHelps,
  budgetUsed,
  policyApplied,
} = homeMetrics

const now: readonly PanelBuilder[] = [
  legNow('DSL', 'dsl', 'the line, the modem, the port at the DSLAM'),
  legNow('LTE', 'lte', 'coverage, the SIM, the antenna, the cell'),
  number(
    {
      title: 'Connections',
      description:
        'Of this home at its concentrator, warm ones included. 0 for a home that complains: nothing is bonded; look whether its session stands and what the log of the agent says.',
      unit: 'short',
    },
    `sum(${series(connections, HOME)})`,
  ),
  number(
    {
      title: 'Month of LTE used',
      description:
        'Of the budget. Spent: LTE carries only what `budget.atCap` allows, and a slow DSL is then all there is.',
      unit: 'percentunit',
      limits: { warn: 0.8, bad: 1 },
      max: 1,
    },
    `max(${series(budgetUsed, HOME)})`,
  ),
  which(
    {
      title: 'Concentrator',
      description:
        'Where this home is. Limited by `concentrator`, or gaps below: click on it, and look at its load at that time.',
      unit: 'short',
      leads: 'concentrator',
    },
    `max by (instance) (${series(connections, HOME)})`,
    '{{instance}}',
  ),
  number(
    {
      title: 'Policy since',
      description: 'When the home last took a policy. Did the complaint begin then?',
      unit: 'dateTimeFromNow',
    },
    `max(${series(policyApplied, HOME)}) * 1000`,
  ),
]

const LIMITED = `count_over_time(${series(limitedBy, HOME)}[$__range])`

const verdict: readonly PanelBuilder[] = [
  timeline(
    {
      title: 'Limited by',
      description:
        'What limited the home, interval by interval. demand: it asked for no more. dsl-sync: both lines are full. lte-cap, lte-budget: policy. cell: the mobile cell. lossy-leg, stripped, window: a line to be repaired. far-server: the other side. cpe-processor, concentrator: ours. `hybridge why` has the sentence.',
      unit: 'short',
    },
    { [series(limitedBy, HOME)]: '{{cause}}' },
  ),
  ranking(
    {
      title: 'What limited it, in the time shown',
      description:
        'How much of the time each cause held. Set the time to the evening of the complaint. `demand` most of the time: the home had all that it asked for; ask what was slow (one device, one server, Wi-Fi).',
      unit: 'percentunit',
      max: 1,
    },
    `sum by (cause) (${LIMITED}) / on () group_left () sum(${LIMITED})`,
  ),
  graph(
    {
      title: 'Efficiency of the bond',
      description:
        'Carried, over what the legs and the policy would have allowed; 100 % where nothing waited. Below 80 % for long with nothing to blame at the left: report it.',
      unit: 'percentunit',
      limits: { warn: 0.8, bad: 0.5, falling: true },
      max: 1,
    },
    { [series(efficiency, HOME)]: 'efficiency' },
  ),
]

const load: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Received',
      description:
        'By leg, and what DSL carries as the home knows it. DSL at its line and LTE above it: bonding works. DSL below its line and LTE above: look for the reason below. Neither: the home asks for no more, or the server is slow.',
      unit: 'bps',
    },
    {
      [bits(sumRate(legBytes, ['leg'], { ...HOME, direction: 'down' }))]: '{{leg}}',
      [bits(series(dslCapacity, { ...HOME, direction: 'down' }))]: 'DSL carries',
    },
  ),
  graph(
    {
      title: 'Sent',
      description: 'The same upwards. A full uplink makes downloads slow too.',
      unit: 'bps',
    },
    {
      [bits(sumRate(legBytes, ['leg'], { ...HOME, direction: 'up' }))]: '{{leg}}',
      [bits(series(dslCapacity, { ...HOME, direction: 'up' }))]: 'DSL carries',
    },
  ),
  timeline(
    {
      title: 'LTE helps, and why',
      description:
        'dsl-full, dsl-queue: DSL carries all it can. dsl-down: it is dead. Nothing, though DSL is full: budget, roaming, a burst that DSL shall carry alone, or LTE was slower (guard): `hybridge why` has each decision.',
      unit: 'short',
    },
    { [series(lteHelps, HOME)]: '{{direction}}: {{reason}}' },
  ),
  timeline(
    {
      title: 'Legs that work',
      description:
        'Gaps are outages. Both at once: the home has no power, or its concentrator was away.',
      unit: 'short',
      limits: { warn: 1, bad: 0.5, falling: true },
    },
    { [series(legUp, HOME)]: '{{leg}}' },
  ),
  graph(
    {
      title: 'Round trip',
      description:
        'Rises with the load: a queue in the modem; set legs.dsl.upMbps and the cap of the subscriber. Rises without: the line, or the cell at that hour.',
      unit: 's',
      limits: { warn: 0.1, bad: 0.3 },
    },
    { [series(legRtt, HOME)]: '{{leg}}' },
  ),
  graph(
    {
      title: 'Gain',
      description:
        'Everything received, of what DSL alone carries: above 100 % the second leg pays.',
      unit: 'percentunit',
    },
    {
      [share(
        sumRate(legBytes, ['subscriber'], { ...HOME, direction: 'down' }),
        `max by (subscriber) (${series(dslCapacity, { ...HOME, direction: 'down' })})`,
      )]: 'of DSL',
    },
  ),
]

/** In both directions. */
const LTE_BYTES = `sum(increase(${series(legBytes, { ...HOME, leg: 'lte' })}[$__range]))`

const budget: readonly PanelBuilder[] = [
  number(
    {
      title: 'LTE, in the time shown',
      description:
        'Bytes over LTE, both directions. Much of the month on one evening: see why LTE helped then.',
      unit: 'decbytes',
    },
    LTE_BYTES,
  ),
  number(
    {
      title: 'What that costs',
      description:
        'At the price of a gigabyte that stands above. More than the home pays for: a faster line, or `budget` in its policy.',
      unit: 'short',
    },
    `${LTE_BYTES} / 1e9 * $price_per_gigabyte`,
  ),
  graph(
    {
      title: 'LTE a day',
      description:
        'Bytes over LTE in the last 24 hours, at each moment. A step says on which evening it went.',
      unit: 'decbytes',
    },
    { [`sum(increase(${series(legBytes, { ...HOME, leg: 'lte' })}[1d]))`]: 'LTE' },
  ),
  graph(
    {
      title: 'Month used',
      description: 'Ahead of the calendar: LTE helps the later, the further ahead it is.',
      unit: 'percentunit',
    },
    { [series(budgetUsed, HOME)]: 'of the budget' },
  ),
]

export function subscriber(): Dashboard {
  return dashboard({
    uid: 'subscriber',
    title: 'subscriber',
    description: 'One home: both legs, when LTE helped and why, its budget.',
    variables: [
      chosen('subscriber', 'Subscriber', `label_values(${connections.name}, subscriber)`),
      price(),
    ],
    marks: {
      'policy applied': `${series(policyApplied, HOME)} * 1000`,
      'concentrator began': restarts(),
    },
    rows: {
      Now: now,
      'Why it is as fast as it is': verdict,
      'What it carries': load,
      'The budget of the month': budget,
    },
  })
}

function legNow(title: string, leg: 'dsl' | 'lte', where: string): PanelBuilder {
  return number(
    {
      title,
      description: `1 while the leg works, as the home tells. 0: look at ${where}.`,
      unit: 'bool_on_off',
      limits: { warn: 1, bad: 0.5, falling: true },
    },
    `max(${series(legUp, { ...HOME, leg })})`,
  )
}
