/**
 * The concentrators themselves: load, what is left of each limit, errors, whether one is being drained.
 */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { concentratorMetrics as metrics } from '../../concentrator/control/metrics.ts'
import { ownMetrics, processMetrics } from '../../shared/daemon/own-metrics.ts'
import { CONCENTRATOR_JOB, dashboard, instances, restarts } from './dashboard.ts'
import { graph, number, type PanelBuilder, timeline } from './panels.ts'
import { bits, rate, series, share, sum, sumRate } from './promql.ts'

const HERE = { instance: '~$concentrator' } as const

const now: readonly PanelBuilder[] = [
  number(
    {
      title: 'Connections now',
      description: 'Relayed for all homes. 0 in the evening is an outage.',
      unit: 'short',
    },
    `sum(${series(metrics.flowsOpen, HERE)})`,
  ),
  number(
    {
      title: 'Sessions',
      description: 'Homes with a control session. Without one a home goes on with its last policy.',
      unit: 'short',
    },
    `sum(${series(metrics.sessions, HERE)})`,
  ),
  number(
    {
      title: 'Fullest of descriptors',
      description:
        'Of the busiest data thread, of what it may. At 100 % homes hear Resource Exceeded: raise RLIMIT_NOFILE, add workers or another concentrator.',
      unit: 'percentunit',
      limits: { warn: 0.7, bad: 0.9 },
      max: 1,
    },
    `max(${share(series(metrics.descriptors, HERE), series(metrics.descriptorsMax, HERE))})`,
  ),
  number(
    {
      title: 'Fullest egress address',
      description:
        'Of the connections that one address carries. At 100 % its homes hear Resource Exceeded: add addresses to egress.addresses.',
      unit: 'percentunit',
      limits: { warn: 0.7, bad: 0.85 },
      max: 1,
    },
    `max(${series(metrics.egressPorts, HERE)} / on (instance) group_left () ${series(metrics.egressPortsMax, HERE)})`,
  ),
  number(
    {
      title: 'Store not heard for',
      description:
        'Homes go on as last known; changes are refused. Look at the disk (SQLite) or at Redis.',
      unit: 's',
      limits: { warn: 5, bad: 60 },
    },
    `max(${series(metrics.storeStale, HERE)})`,
  ),
  number(
    {
      title: 'Event loop, slowest hundredth',
      description:
        'Of the thread that answers probes and people. Above 200 ms homes doubt their legs: look at the CPU and at what the API is asked.',
      unit: 's',
      limits: { warn: 0.1, bad: 0.2 },
    },
    `max(${series(processMetrics.eventLoopP99, HERE)})`,
  ),
]

const load: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Bytes relayed',
      description: 'Of connections. One data thread carries some Gbit/s; then `workers`.',
      unit: 'bps',
    },
    {
      [bits(sumRate(metrics.flowBytes, ['instance', 'direction'], HERE))]:
        '{{instance}} {{direction}}',
    },
  ),
  graph(
    {
      title: 'Connections to servers',
      description: 'Opened each second, by concentrator.',
      unit: 'ops',
    },
    { [sumRate(metrics.flowsOpened, ['instance'], HERE)]: '{{instance}}' },
  ),
  graph(
    {
      title: 'CPU',
      description:
        'Cores used by the whole process. Near the number of `workers` and one: add cores.',
      unit: 'short',
    },
    { [rate(processMetrics.cpuSeconds, { ...HERE, job: CONCENTRATOR_JOB })]: '{{instance}}' },
  ),
  graph(
    {
      title: 'Memory',
      description: 'Resident. Grows with open connections; without them it should fall again.',
      unit: 'bytes',
    },
    { [series(processMetrics.memory, { ...HERE, job: CONCENTRATOR_JOB })]: '{{instance}}' },
  ),
  graph(
    {
      title: 'Warm and relayed connections',
      description:
        'Warm ones wait for a Connect: about one for each idle home, more for busy ones.',
      unit: 'short',
    },
    {
      [sum(['instance'], series(metrics.warm, HERE))]: '{{instance}} warm',
      [sum(['instance'], series(metrics.flowsOpen, HERE))]: '{{instance}} relayed',
    },
  ),
  graph(
    {
      title: 'Limits, used',
      description: 'Of each limit, what is used. Which of them comes first, and when?',
      unit: 'percentunit',
      limits: { warn: 0.7, bad: 0.9 },
      max: 1,
    },
    {
      [`max by (instance) (${share(series(metrics.descriptors, HERE), series(metrics.descriptorsMax, HERE))})`]:
        '{{instance}} descriptors',
      [`max by (instance) (${share(series(metrics.sessions, HERE), series(metrics.sessionsMax, HERE))})`]:
        '{{instance}} sessions',
    },
  ),
]

const errors: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Convert errors',
      description:
        '3: a new home, normal. 32: a wrong cookie; see the log for whose. 64: a limit (beside). 96, 97: servers that refuse, normal. Others: a client of another make.',
      unit: 'ops',
    },
    { [sumRate(metrics.errors, ['code'], HERE)]: '{{code}}' },
  ),
  graph(
    {
      title: 'Limits reached',
      description:
        'By the name of the limit. perSubscriber: one home asks for too much (the log says which). perSource: strangers. descriptorsShare, egress ports: this concentrator is full.',
      unit: 'ops',
    },
    { [sumRate(metrics.refusals, ['cause'], HERE)]: '{{cause}}' },
  ),
  graph(
    {
      title: 'Strangers',
      description:
        'Connections that are of no home, and no load of homes. said nothing, no Convert: scanners, always some. no home: who speaks Convert and has no cookie of ours; many: somebody guesses, or homes whose cookie was changed on one side only.',
      unit: 'ops',
    },
    { [sumRate(metrics.strangers, ['what'], HERE)]: '{{what}}' },
  ),
  graph(
    {
      title: 'Sessions refused',
      description:
        'not-authorized: a wrong secret. full: control.sessionsMax. here-already: two agents with one id.',
      unit: 'ops',
    },
    { [`${sumRate(metrics.sessionsRefused, ['code'], HERE)} or vector(0)`]: '{{code}}' },
  ),
  graph(
    {
      title: 'Policies and reports',
      description: 'Reports: a home sends one each control.reportS. Policies: homes that took one.',
      unit: 'ops',
    },
    {
      [sumRate(metrics.reports, [], HERE)]: 'reports',
      [sumRate(metrics.policiesApplied, [], HERE)]: 'policies',
    },
  ),
  timeline(
    {
      title: 'Draining',
      description:
        'While it is on, new requests are told to wait: homes go to another concentrator, or bypass. Forgotten? `hybridge drain off`.',
      unit: 'short',
      limits: { warn: 0.5, bad: 2 },
    },
    { [series(metrics.draining, HERE)]: '{{instance}}' },
  ),
  timeline(
    {
      title: 'Store heard',
      description: 'Gaps: the API refused changes, homes went on as last known.',
      unit: 'short',
      limits: { warn: 1, bad: 0.5, falling: true },
    },
    { [series(metrics.storeUp, HERE)]: '{{instance}}' },
  ),
]

const homes: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Homes known, and with a session',
      description: 'Known: the configuration and the store. The difference is homes that are away.',
      unit: 'short',
    },
    {
      [sum(['instance'], series(metrics.homes, HERE))]: '{{instance}} known',
      [sum(['instance'], series(metrics.sessions, HERE))]: '{{instance}} with a session',
    },
  ),
  graph(
    {
      title: 'Sessions that begin',
      description:
        'Replaced: a home came a second time. Steadily: two agents with one id. A wave of new ones: after an outage.',
      unit: 'ops',
    },
    {
      [sumRate(metrics.sessionsOpened, ['instance'], HERE)]: '{{instance}} opened',
      [sumRate(metrics.sessionsReplaced, ['instance'], HERE)]: '{{instance}} replaced',
    },
  ),
  graph(
    {
      title: 'Probes',
      description:
        'Answered: about one each 30 s for each home, more in trouble. forged, unknown: strangers, or a home with an old secret. limited: a loop, or an attack.',
      unit: 'ops',
    },
    { [sumRate(metrics.probes, ['result'], HERE)]: '{{result}}' },
  ),
  graph(
    {
      title: 'Releases',
      description:
        'Which release runs, on how many. Two for longer than a rollout: one was forgotten.',
      unit: 'short',
    },
    {
      [`count by (version) (${series(ownMetrics.build, { ...HERE, daemon: 'concentrator' })})`]:
        '{{version}}',
    },
  ),
]

export function concentrator(): Dashboard {
  return dashboard({
    uid: 'concentrator',
    title: 'concentrator',
    description: 'Load, what is left of each limit, errors, drain.',
    variables: [instances('concentrator')],
    marks: { 'concentrator began': restarts() },
    rows: { Now: now, Load: load, 'What goes wrong': errors, Homes: homes },
  })
}
