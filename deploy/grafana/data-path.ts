/**
 * The way of the bytes, for engineers: Convert, Multipath TCP, the tunnel, and inside a home whose gateway Prometheus
 * can reach. Where is what goes wrong: at the home, on an access, at the concentrator, or at the servers?
 */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { concentratorMetrics as street } from '../../concentrator/control/metrics.ts'
import { ownMetrics } from '../../shared/daemon/own-metrics.ts'
import { dashboard, instances, restarts } from './dashboard.ts'
import { inTheHome } from './in-the-home.ts'
import { graph, type PanelBuilder } from './panels.ts'
import { bits, series, share, sumRate } from './promql.ts'

const HERE = { instance: '~$concentrator' } as const

const convert: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Convert messages and errors',
      description:
        'Errors as many as requests: see the codes on the dashboard of the concentrator. No requests though homes are here: they bypass; look at `bonding` below.',
      unit: 'ops',
    },
    {
      [sumRate(street.messages, ['kind'], HERE)]: '{{kind}}',
      [sumRate(street.errors, [], HERE)]: 'errors',
    },
  ),
  graph(
    {
      title: 'How long connections lasted',
      description:
        'Ended each second, by how long they had lasted. Many under 1 s that were reset: servers or homes that give up.',
      unit: 'ops',
    },
    { [sumRate(street.flowsLasted, ['lasted'], HERE)]: '{{lasted}}' },
    'stacked',
  ),
  graph(
    {
      title: 'How connections ended',
      description:
        'idle: silent for limits.flowIdleS. reset: one side gave up; a rise with a new release is a fault of it.',
      unit: 'ops',
    },
    { [sumRate(street.flowsEnded, ['how'], HERE)]: '{{how}}' },
  ),
  graph(
    {
      title: 'Refused at the door',
      description: 'error: the home heard why. reset: strangers, or somebody who asked too often.',
      unit: 'ops',
    },
    { [sumRate(street.refused, ['how'], HERE)]: '{{how}}' },
  ),
]

const multipath: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Arrived without Multipath TCP',
      description:
        'Of the connections by each access. Above a few per cent on one access: a middlebox there strips options; tell its operator. Homes notice and avoid that leg.',
      unit: 'percentunit',
      limits: { warn: 0.05, bad: 0.2 },
    },
    {
      [share(
        sumRate(street.plainTcp, ['access'], HERE),
        sumRate(street.accepted, ['access'], HERE),
      )]: '{{access}}',
    },
  ),
  graph(
    {
      title: 'Joins',
      description: 'Second subflows. Refused: more than limits.subflowsPerConnection.',
      unit: 'ops',
    },
    {
      [sumRate(street.joins, [], HERE)]: 'joined',
      [sumRate(street.joinsRefused, ['cause'], HERE)]: 'refused: {{cause}}',
    },
  ),
  graph(
    {
      title: 'Fallbacks, as the kernel counts them',
      description:
        'By where in the handshake or later it was. Data fallbacks after long use: a proxy that rewrites payload.',
      unit: 'ops',
    },
    {
      [sumRate(ownMetrics.kernelMptcp, ['counter'], { ...HERE, counter: '~.*Fallback.*' })]:
        '{{counter}}',
    },
  ),
  graph(
    {
      title: 'Joins that the kernel refused',
      description:
        'HMAC failures: an attack, or a middlebox. Rejected: the path manager said no. No token: the connection was gone.',
      unit: 'ops',
    },
    {
      [sumRate(ownMetrics.kernelMptcp, ['counter'], {
        ...HERE,
        counter: '~MPJoin(Rejected|NoTokenFound|.*HMacFailure)',
      })]: '{{counter}}',
    },
  ),
  graph(
    {
      title: 'Stale subflows, and what was sent again',
      description:
        'MPTCPRetrans: data taken from one leg to the other. SubflowStale: a leg that no longer answers. A burst is a cut; always some: a lossy leg.',
      unit: 'ops',
    },
    {
      [sumRate(ownMetrics.kernelMptcp, ['counter'], {
        ...HERE,
        counter: '~MPTCPRetrans|SubflowStale|SubflowRecover',
      })]: '{{counter}}',
    },
  ),
  graph(
    {
      title: 'Multipath connections of the kernel',
      description:
        'In the namespace of the daemon: more than it relays is somebody else beside it.',
      unit: 'short',
    },
    { [series(ownMetrics.kernelMptcpNow, HERE)]: '{{instance}}' },
  ),
]

const tunnel: readonly PanelBuilder[] = [
  graph(
    {
      title: 'Tunnel: bytes and homes',
      description:
        'What is not TCP. No session though homes have a tunnel: UDP is blocked on the way.',
      unit: 'bps',
    },
    { [bits(sumRate(street.tunnelBytes, ['direction'], HERE))]: '{{direction}}' },
  ),
  graph(
    {
      title: 'Tunnel: thrown away',
      description:
        'no room: the concentrator is overloaded or a leg is full. spoofed, alien, of no session: strangers. too big: the path is narrower than said.',
      unit: 'pps',
    },
    { [sumRate(street.tunnelDrops, ['cause'], HERE)]: '{{cause}}' },
  ),
  graph(
    {
      title: 'Tunnel: out of order',
      description:
        'Packets of homes that overtook each other between the legs. given up: tunnel.reorderMsMax is shorter than the delay between the legs differs.',
      unit: 'pps',
    },
    { [sumRate(street.tunnelOrder, ['event'], HERE)]: '{{event}}' },
  ),
  graph(
    {
      title: 'Tunnel: sessions',
      description:
        'Homes whose tunnel stands. Falls to 0 with a restart, and is back in two seconds.',
      unit: 'short',
    },
    { [series(street.tunnelSessions, HERE)]: '{{instance}}' },
  ),
]

export function dataPath(): Dashboard {
  return dashboard({
    uid: 'data-path',
    title: 'data path',
    description:
      'Convert, Multipath TCP, the tunnel, and the inside of homes that Prometheus reaches.',
    variables: [instances('concentrator'), instances('cpe')],
    marks: { 'concentrator began': restarts() },
    rows: {
      Convert: convert,
      'Multipath TCP': multipath,
      'The tunnel': tunnel,
      'In the home': inTheHome,
    },
  })
}
