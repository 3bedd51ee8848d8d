/**
 * Inside a home whose gateway Prometheus can reach, for engineers: the last row of the data path.
 */
import { cpeMetrics as home } from '../../cpe/control/metrics.ts'
import { graph, type PanelBuilder, timeline } from './panels.ts'
import { bits, series, share, sumRate } from './promql.ts'

const HOME = { instance: '~$cpe' } as const

export const inTheHome: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Legs: what waits on them',
      description:
        'The round trip above its least. Long on DSL under load: the queue is in the modem; set legs.dsl.upMbps, and caps at the concentrator.',
      unit: 's',
      limits: { warn: 0.05, bad: 0.2 },
    },
    { [series(home.legQueue, HOME)]: '{{instance}} {{leg}}' },
  ),
  graph(
    {
      title: 'Legs: load',
      description:
        'As steering judges it, and what DSL carries as it has learnt. DSL far below that while LTE helps: look at what waits on it.',
      unit: 'bps',
    },
    {
      [bits(series(home.legLoad, HOME))]: '{{instance}} {{leg}} {{direction}}',
      [bits(series(home.dslCapacity, HOME))]: '{{instance}} DSL carries {{direction}}',
    },
  ),
  graph(
    {
      title: 'Decisions of steering',
      description:
        'By reason. guard: LTE was slower than DSL alone. trial: is DSL enough again? Many a minute: the policy flaps; see ADR 0019.',
      unit: 'ops',
    },
    { [sumRate(home.decisions, ['reason'], HOME)]: '{{reason}}' },
  ),
  graph(
    {
      title: 'Legs: loss',
      description:
        'Probes lost while nothing else was under way, and frames of the tunnel that did not come, each second. Loss without load is the line or the cell; bonded transfers slow down long before people notice.',
      unit: 'percentunit',
      limits: { warn: 0.004, bad: 0.02 },
    },
    { [series(home.legLoss, HOME)]: '{{instance}} {{leg}}' },
  ),
  graph(
    {
      title: 'Tunnel in the home: by leg',
      description: 'LTE should carry only what DSL has no room for, as of TCP.',
      unit: 'bps',
    },
    { [bits(sumRate(home.tunnelBytes, ['leg', 'direction'], HOME))]: '{{leg}} {{direction}}' },
  ),
  graph(
    {
      title: 'Tunnel in the home: lost and thrown away',
      description:
        'lost: frames that the line ate. Others: thrown away at the home, by cause; no room: the uplink is full.',
      unit: 'pps',
    },
    {
      [sumRate(home.tunnelLost, ['leg'], HOME)]: '{{leg}} lost',
      [sumRate(home.tunnelDrops, ['cause'], HOME)]: '{{cause}}',
    },
  ),
  graph(
    {
      title: 'Multipath connections of the home',
      description:
        'Warm ones, and those in use by class. No warm one for long: the concentrator refuses, or uplinks fail (beside: Convert errors heard).',
      unit: 'short',
    },
    { [series(home.connections, HOME)]: '{{instance}} {{class}}' },
  ),
  graph(
    {
      title: 'SYNs: what became of them',
      description:
        'How connections of the LAN began. Many that were not held: the kernel cannot, or more than the limit at once. Over pace: one host opens more than 200 a second; the log names it.',
      unit: 'ops',
    },
    {
      [sumRate(home.synEnds, ['end'], HOME)]: '{{end}}',
      [sumRate(home.hostsOver, [], HOME)]: 'over pace',
    },
  ),
  timeline(
    {
      title: 'What limits the home',
      description:
        'As it judges itself, by direction and in which way: what `hybridge verdict` says, over time.',
      unit: 'short',
    },
    { [series(home.limitedBy, HOME)]: '{{instance}} {{direction}}: {{limit}}' },
  ),
  timeline(
    {
      title: 'LTE helps, new connections are bonded',
      description:
        'bonded is off: the concentrator does not answer, and everything leaves by one line.',
      unit: 'short',
    },
    {
      [series(home.lteHelps, HOME)]: '{{instance}} LTE {{direction}}',
      [series(home.bonding, HOME)]: '{{instance}} bonded',
    },
  ),
  graph(
    {
      title: 'Found a warm connection',
      description:
        'Of new LAN connections. Low: pool.sizeMax is too small for bursts, or uplinks fail.',
      unit: 'percentunit',
      limits: { warn: 0.9, bad: 0.5, falling: true },
      max: 1,
    },
    {
      [share(
        sumRate(home.poolTakes, ['instance'], { ...HOME, found: 'warm' }),
        sumRate(home.poolTakes, ['instance'], HOME),
      )]: '{{instance}}',
    },
  ),
  graph(
    {
      title: 'Which way connections left',
      description: 'direct: not bonded, by their class or because the concentrator was not there.',
      unit: 'ops',
    },
    { [sumRate(home.flowsLeft, ['way'], HOME)]: '{{way}}' },
  ),
  graph(
    {
      title: 'Joins and fallbacks of the home',
      description:
        'A leg on which joins fail lets no Multipath TCP pass: it carries new connections only alone.',
      unit: 'ops',
    },
    {
      [sumRate(home.joins, ['leg', 'result'], HOME)]: '{{leg}} {{result}}',
      [sumRate(home.fallbacks, ['leg'], HOME)]: '{{leg}} fell back',
    },
  ),
  graph(
    {
      title: 'Convert errors heard',
      description:
        'What the concentrator answered to this home. 64: a limit of the subscriber, or a full concentrator.',
      unit: 'ops',
    },
    { [sumRate(home.convertErrors, ['code'], HOME)]: '{{code}}' },
  ),
  graph(
    {
      title: 'Data threads',
      description:
        'Since the slowest last turned. Above 3 s new connections are forwarded unbonded: the CPU of the router.',
      unit: 's',
      limits: { warn: 1, bad: 3 },
    },
    { [series(home.threadSilent, HOME)]: '{{instance}}' },
  ),
]
