/**
 * Every number that the concentrator shows the world, declared once: exporter.ts and home-series.ts say them, and the
 * dashboards in deploy/grafana and the rules in deploy/prometheus ask for them by this list.
 *
 * Direction is seen from the homes: up is what they send. What has the label `subscriber` is said for homes that are
 * here, `metrics.homesMax` of them at most: ADR 0047 has what that costs.
 */
import { counter, gauge } from '../../shared/daemon/metric.ts'

const arrivals = {
  accepted: counter(
    'hybridge_concentrator_connections_total',
    'Connections of homes, by the access that they came by as far as an address tells',
    ['access'],
  ),
  plainTcp: counter(
    'hybridge_concentrator_plain_tcp_total',
    'Of these, those that had lost Multipath TCP on the way',
    ['access'],
  ),
  strangers: counter(
    'hybridge_concentrator_strangers_total',
    'Connections that are of no home: said nothing, spoke no Convert, or showed nothing that a home has',
    ['what'],
  ),
  fastOpens: counter('hybridge_concentrator_fast_opens_total', 'Connections with data in the SYN'),
  messages: counter(
    'hybridge_concentrator_convert_messages_total',
    'Convert messages: hellos of warm connections, and requests',
    ['kind'],
  ),
  errors: counter(
    'hybridge_concentrator_convert_errors_total',
    'Convert errors that were answered, by code',
    ['code'],
  ),
  refused: counter(
    'hybridge_concentrator_refused_total',
    'Connections refused: with a Convert error, or by a reset without a word',
    ['how'],
  ),
  refusals: counter(
    'hybridge_concentrator_refusals_total',
    'What was refused or closed, by the limit or the cause',
    ['cause'],
  ),
  cookies: counter('hybridge_concentrator_cookies_total', 'Cookies issued, and doubted', ['event']),
  joins: counter('hybridge_concentrator_joins_total', 'Subflows that joined'),
  joinsRefused: counter(
    'hybridge_concentrator_joins_refused_total',
    'Subflows that were destroyed',
    ['cause'],
  ),
  probes: counter('hybridge_concentrator_probes_total', 'Probes of homes: answered, or why not', [
    'result',
  ]),
} as const

const flows = {
  flowsOpened: counter('hybridge_concentrator_flows_opened_total', 'Connections to servers'),
  flowsEnded: counter('hybridge_concentrator_flows_ended_total', 'Connections that have ended', [
    'how',
  ]),
  flowsOpen: gauge('hybridge_concentrator_flows_open', 'Connections that are relayed now'),
  flowsLasted: counter(
    'hybridge_concentrator_flows_lasted_total',
    'How long ended flows had lasted',
    ['lasted'],
  ),
  flowSeconds: counter(
    'hybridge_concentrator_flow_seconds_total',
    'How long ended flows have lasted, together',
  ),
  flowBytes: counter('hybridge_concentrator_flow_bytes_total', 'Bytes of relayed connections', [
    'direction',
  ]),
  warm: gauge('hybridge_concentrator_warm_connections', 'Connections that wait for their Connect'),
  retries: counter(
    'hybridge_concentrator_connects_retried_total',
    'Connects that were tried again after a soft error',
  ),
  egressPorts: gauge(
    'hybridge_concentrator_egress_ports_taken',
    'Connections that leave from the address',
    ['address'],
  ),
  egressPortsMax: gauge(
    'hybridge_concentrator_egress_ports_max',
    'Connections that one egress address carries at most',
  ),
} as const

const tunnel = {
  tunnelSessions: gauge('hybridge_concentrator_tunnel_sessions', 'Homes whose tunnel stands'),
  tunnelBytes: counter('hybridge_concentrator_tunnel_bytes_total', 'Bytes of frames', [
    'direction',
  ]),
  tunnelPackets: counter('hybridge_concentrator_tunnel_packets_total', 'Packets in the tunnel', [
    'direction',
  ]),
  tunnelDrops: counter(
    'hybridge_concentrator_tunnel_drops_total',
    'Packets and frames that were thrown away, by cause',
    ['cause'],
  ),
  tunnelOrder: counter(
    'hybridge_concentrator_tunnel_order_total',
    'Packets of homes that did not come in order, by what became of them',
    ['event'],
  ),
} as const

const house = {
  homes: gauge('hybridge_concentrator_homes', 'Homes that are known here'),
  homesUnshown: gauge(
    'hybridge_concentrator_homes_unshown',
    'Homes that are here and not shown one by one: beyond metrics.homesMax',
  ),
  sessions: gauge('hybridge_concentrator_sessions', 'Control sessions that stand'),
  sessionsMax: gauge('hybridge_concentrator_sessions_max', 'Control sessions at most'),
  sessionsOpened: counter('hybridge_concentrator_sessions_opened_total', 'Sessions that began'),
  sessionsReplaced: counter(
    'hybridge_concentrator_sessions_replaced_total',
    'Sessions whose home came a second time',
  ),
  sessionsRefused: counter('hybridge_concentrator_sessions_refused_total', 'Sessions refused', [
    'code',
  ]),
  reports: counter('hybridge_concentrator_reports_total', 'Reports of homes'),
  policiesApplied: counter(
    'hybridge_concentrator_policies_applied_total',
    'Policies that homes have answered, applied or not',
  ),
  speedTests: counter(
    'hybridge_concentrator_speed_tests_total',
    'Speed tests that operators have ordered, by what came of it: begun, or why not',
    ['answer'],
  ),
  storeUp: gauge('hybridge_concentrator_store_up', '1 while the store is heard'),
  storeStale: gauge(
    'hybridge_concentrator_store_stale_seconds',
    'For how long the store has not been heard; 0 while it is',
  ),
  draining: gauge('hybridge_concentrator_draining', '1 while new requests are sent elsewhere'),
  descriptors: gauge('hybridge_concentrator_descriptors', 'Watched by the busiest data thread'),
  descriptorsMax: gauge(
    'hybridge_concentrator_descriptors_max',
    'From so many on a data thread answers Resource Exceeded',
  ),
} as const

/** Of each home that is here. The budget of labels stands in ADR 0047: think before you add one. */
export const homeMetrics = {
  connections: gauge('hybridge_home_connections', 'Connections of the home, warm ones included', [
    'subscriber',
  ]),
  legUp: gauge('hybridge_home_leg_up', '1 while the leg works, as the home tells', [
    'subscriber',
    'leg',
  ]),
  legRtt: gauge('hybridge_home_leg_rtt_seconds', 'Round trip of the leg, as the home tells', [
    'subscriber',
    'leg',
  ]),
  legBytes: counter(
    'hybridge_home_leg_bytes_total',
    'What the interface of the leg has carried since the agent began, as the home tells',
    ['subscriber', 'leg', 'direction'],
  ),
  dslCapacity: gauge(
    'hybridge_home_dsl_capacity_bytes_per_second',
    'What DSL carries, as the home knows it',
    ['subscriber', 'direction'],
  ),
  lteHelps: gauge('hybridge_home_lte_helps', '1 while LTE helps DSL, with the kind of the reason', [
    'subscriber',
    'direction',
    'reason',
  ]),
  budgetUsed: gauge('hybridge_home_budget_used_ratio', 'Of the month, what LTE has carried', [
    'subscriber',
  ]),
  limitedBy: gauge(
    'hybridge_home_limited_by',
    '1, with what limited the home in the last interval',
    ['subscriber', 'cause'],
  ),
  efficiency: gauge(
    'hybridge_home_efficiency_ratio',
    'Carried, over what legs and policy would have allowed, in the last interval',
    ['subscriber'],
  ),
  policyApplied: gauge(
    'hybridge_home_policy_applied_timestamp_seconds',
    'When the home last answered a policy, Unix time',
    ['subscriber'],
  ),
} as const

export const concentratorMetrics = { ...arrivals, ...flows, ...tunnel, ...house }
