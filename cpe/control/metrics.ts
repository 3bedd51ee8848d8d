/**
 * Every number that the home gateway shows the world, declared once: exporter.ts says them, and the dashboards in
 * deploy/grafana and the rules in deploy/prometheus ask for them by this list.
 *
 * Direction is seen from the home: up is what it sends.
 */
import { counter, gauge } from '../../shared/daemon/metric.ts'

const legs = {
  legBytes: counter(
    'hybridge_cpe_leg_bytes_total',
    'Bytes that the interface of the leg has carried, whoever sent them',
    ['leg', 'direction'],
  ),
  legLoad: gauge(
    'hybridge_cpe_leg_load_bytes_per_second',
    'What the leg carries now, as steering judges it',
    ['leg', 'direction'],
  ),
  legMost: gauge(
    'hybridge_cpe_leg_most_bytes_per_second',
    'The most that the leg has carried of late',
    ['leg', 'direction'],
  ),
  dslCapacity: gauge(
    'hybridge_cpe_dsl_capacity_bytes_per_second',
    'What DSL carries, configured or learnt when it was full',
    ['direction'],
  ),
  legUp: gauge('hybridge_cpe_leg_up', '1 while the leg may carry connections', ['leg']),
  legDowns: counter('hybridge_cpe_leg_downs_total', 'How often the leg has died', ['leg']),
  legStateSeconds: gauge(
    'hybridge_cpe_leg_state_seconds',
    'For how long the leg has been in the state that it is in',
    ['leg', 'state'],
  ),
  legSilentSeconds: gauge('hybridge_cpe_leg_silent_seconds', 'Since anything came in by the leg', [
    'leg',
  ]),
  legRtt: gauge(
    'hybridge_cpe_leg_rtt_seconds',
    'Smoothed round trip of probes to the concentrator',
    ['leg'],
  ),
  legRttFloor: gauge('hybridge_cpe_leg_rtt_floor_seconds', 'The least round trip of late', ['leg']),
  legQueue: gauge(
    'hybridge_cpe_leg_queue_seconds',
    'What the round trip is above the least: what waits on the leg',
    ['leg'],
  ),
  legLoss: gauge(
    'hybridge_cpe_leg_probe_loss_ratio',
    'Lost, of the probes that left while nothing else did',
    ['leg'],
  ),
  probesSent: counter('hybridge_cpe_probes_sent_total', 'Probes that the kernel took, and not', [
    'result',
  ]),
  probeReplies: counter(
    'hybridge_cpe_probe_replies_total',
    'Datagrams that came back: answers, and what was thrown away',
    ['kind'],
  ),
  reachable: gauge('hybridge_cpe_concentrator_reachable', '1 while the concentrator answers'),
  bonding: gauge('hybridge_cpe_bonding', '1 while new connections are bonded'),
  unbondedLeg: gauge(
    'hybridge_cpe_unbonded_leg',
    '1 for the leg by which leaves what is not bonded',
    ['leg'],
  ),
} as const

const flows = {
  flowsOpened: counter('hybridge_cpe_flows_opened_total', 'LAN connections that were captured'),
  flowsEnded: counter('hybridge_cpe_flows_ended_total', 'LAN connections that have ended', ['how']),
  flowsOpen: gauge('hybridge_cpe_flows_open', 'LAN connections that are relayed now'),
  flowsLeft: counter('hybridge_cpe_flows_left_total', 'Which way LAN connections left', ['way']),
  flowsLasted: counter('hybridge_cpe_flows_lasted_total', 'How long ended flows had lasted', [
    'lasted',
  ]),
  flowSeconds: counter(
    'hybridge_cpe_flow_seconds_total',
    'How long ended flows have lasted, together',
  ),
  flowBytes: counter('hybridge_cpe_flow_bytes_total', 'Bytes of relayed connections', [
    'direction',
  ]),
  synsHeld: gauge('hybridge_cpe_syns_held', 'SYNs that wait for their server now'),
  synEnds: counter(
    'hybridge_cpe_held_syns_total',
    'What became of SYNs: the server accepted, it refused, or the SYN was not held',
    ['end'],
  ),
  hostsOver: counter(
    'hybridge_cpe_hosts_over_pace_total',
    'Connections that went out unbonded because their LAN host opened more than 200 a second: which one, says the log',
  ),
  unanswered: counter(
    'hybridge_cpe_connects_unanswered_total',
    'Connects that the concentrator left unanswered, which went out unbonded',
  ),
  askedAgain: counter(
    'hybridge_cpe_connects_repeated_total',
    'Connects that were asked again on another uplink',
  ),
  convertErrors: counter(
    'hybridge_cpe_convert_errors_total',
    'Convert errors that the concentrator has answered, by code',
    ['code'],
  ),
} as const

const multipath = {
  connections: gauge(
    'hybridge_cpe_uplinks_now',
    'Multipath connections to the concentrator: warm ones, and those in use by class',
    ['class'],
  ),
  poolTakes: counter(
    'hybridge_cpe_pool_takes_total',
    'LAN connections that found a warm uplink, and that did not',
    ['found'],
  ),
  uplinks: counter('hybridge_cpe_uplinks_total', 'Uplinks that were opened, and could not be', [
    'result',
  ]),
  cookies: counter('hybridge_cpe_cookies_issued_total', 'Cookies taken from the concentrator'),
  fallbacks: counter(
    'hybridge_cpe_fallbacks_total',
    'Uplinks that began on the leg and became plain TCP',
    ['leg'],
  ),
  avoided: counter(
    'hybridge_cpe_leg_avoided_total',
    'How often new uplinks were kept off the leg for a while',
    ['leg'],
  ),
  joins: counter('hybridge_cpe_joins_total', 'Second subflows that stood, and that failed', [
    'leg',
    'result',
  ]),
  pathCommands: counter('hybridge_cpe_path_commands_total', 'Orders to the kernel about subflows', [
    'command',
  ]),
  pathRefused: counter('hybridge_cpe_path_refusals_total', 'Such orders that the kernel refused', [
    'errno',
  ]),
} as const

const lte = {
  lteHelps: gauge('hybridge_cpe_lte_helps', '1 while LTE helps DSL', ['direction']),
  lteHelpedSeconds: counter(
    'hybridge_cpe_lte_helped_seconds_total',
    'For how long LTE has helped',
    ['direction'],
  ),
  decisions: counter(
    'hybridge_cpe_decisions_total',
    'Decisions of steering by the kind of their reason',
    ['reason'],
  ),
  budgetSpent: gauge('hybridge_cpe_budget_spent_bytes', 'What LTE has carried of the month'),
  budget: gauge('hybridge_cpe_budget_bytes', 'What LTE may carry in a month'),
  budgetAhead: gauge(
    'hybridge_cpe_budget_ahead_ratio',
    'Of the month, spent beyond what the plan has for this hour',
  ),
  lteBarred: gauge('hybridge_cpe_lte_barred', '1 while LTE may carry nothing'),
  lteThrottled: gauge('hybridge_cpe_lte_throttled', '1 while LTE is slowed down'),
  lteRoams: gauge('hybridge_cpe_lte_roams', '1 while LTE is in a foreign network'),
  lteGuarded: counter(
    'hybridge_cpe_lte_guarded_total',
    'Connections reset because LTE had carried their share (classes.lteCap)',
  ),
} as const

const tunnel = {
  tunnelUp: gauge('hybridge_cpe_tunnel_up', '1 while packets may be routed into the tunnel'),
  tunnelBytes: counter('hybridge_cpe_tunnel_bytes_total', 'Bytes of frames, headers included', [
    'leg',
    'direction',
  ]),
  tunnelPackets: counter('hybridge_cpe_tunnel_packets_total', 'Packets of the LAN', ['direction']),
  tunnelDrops: counter('hybridge_cpe_tunnel_drops_total', 'Packets and frames lost here', [
    'cause',
  ]),
  tunnelOrder: counter(
    'hybridge_cpe_tunnel_order_total',
    'Packets from the concentrator that did not come in order, by what became of them',
    ['event'],
  ),
  tunnelCopies: counter('hybridge_cpe_tunnel_copies_total', 'Frames that a second leg carried too'),
  tunnelRtt: gauge('hybridge_cpe_tunnel_rtt_seconds', 'Round trip of the tunnel', ['leg']),
  tunnelQueue: gauge(
    'hybridge_cpe_tunnel_queue_seconds',
    'What stands in front of the line upwards, as the concentrator reports it',
    ['leg'],
  ),
  tunnelRate: gauge(
    'hybridge_cpe_tunnel_rate_bytes_per_second',
    'What the tunnel sends upwards at most',
    ['leg'],
  ),
  tunnelLost: counter(
    'hybridge_cpe_tunnel_lost_frames_total',
    'Frames of the concentrator that did not come',
    ['leg'],
  ),
  tunnelMarked: counter(
    'hybridge_cpe_tunnel_marked_frames_total',
    'Frames of the concentrator that came marked (ECN)',
    ['leg'],
  ),
} as const

const verdict = {
  limitedBy: gauge(
    'hybridge_cpe_limited_by',
    '1, with what limited the home in the last interval and in which way',
    ['limit', 'direction'],
  ),
  efficiency: gauge(
    'hybridge_cpe_efficiency_ratio',
    'Carried, over what legs and policy would have allowed, in the last interval',
  ),
  waits: counter(
    'hybridge_cpe_transfer_seconds_total',
    'How transfers fared while the data threads looked at them: looked, held by the lines, served by them, held by the LAN, unsent for DSL (it was given less than there was to send), held by the other end (its window has no room)',
    ['state'],
  ),
  gapFlows: gauge(
    'hybridge_cpe_gap_downloads',
    'Downloads that were asked what of them waits out of order',
  ),
  gapBytes: gauge(
    'hybridge_cpe_gap_bytes',
    'Of downloads: arrived, and waiting for what one of the lines still holds. Much for long: one line holds up the other',
  ),
} as const

const gateway = {
  sessionUp: gauge('hybridge_cpe_session_up', '1 while a control session stands'),
  descriptors: gauge('hybridge_cpe_descriptors', 'Watched by the busiest data thread'),
  descriptorsMax: gauge(
    'hybridge_cpe_descriptors_max',
    'From so many on a data thread takes no more flows',
  ),
  threadSilent: gauge(
    'hybridge_cpe_thread_silent_seconds',
    'Since the slowest data thread last turned',
  ),
} as const

export const cpeMetrics = {
  ...legs,
  ...flows,
  ...multipath,
  ...lte,
  ...tunnel,
  ...verdict,
  ...gateway,
}
