/**
 * Every event that the home gateway says in its log, declared once: log.ts says them, docs/runbook.md tells operators what
 * they mean.
 */
import { commonEvents } from '../../shared/daemon/events.ts'
import { debug, error, info, WHATEVER_IS_KNOWN, warn } from '../../shared/daemon/log-event.ts'
import { HOST_FIELDS } from '../../shared/relay/host.ts'

/** A policy may flip LTE some times a second; each flip has its reason, and is asked for later. */
const FLIPS_MAX = 600
/** What hosts of the LAN can bring about. */
const BY_LAN_MAX = 20

const life = {
  ready: info('It bonds from now on, within these limits of the machine', [
    'subscriber',
    ...HOST_FIELDS,
  ]),
  enrolled: info('Its code has become a credential', ['subscriber']),
  'not enrolled': warn(
    'Nobody has taken its code yet; it goes on trying. `why` says whether the code is wrong or the concentrator is not there',
    ['leg', 'why'],
  ),
  'credential is kept where a reboot forgets it': warn('Choose another `stateDirectory`', [
    'stateDirectory',
    'help',
  ]),
  facts: info('Everything that is known of the lines, asked for with SIGUSR2', WHATEVER_IS_KNOWN),
} as const

const lines = {
  'leg up': info('The leg carries connections', ['leg', 'reason']),
  'leg down': warn(
    'The leg carries nothing; the other one carries all. `reason` is what was seen: no carrier, no address, or no answer. DSL: the modem and the line; LTE: coverage, SIM, antenna',
    ['leg', 'reason'],
  ),
  'concentrator reachable': info('It answers', ['reason']),
  'concentrator unreachable': warn(
    'It answers on no leg, though a leg is up: new connections go out unbonded. Other homes too: look at the concentrator; this one alone: are its ports open from there?',
    ['reason'],
  ),
  'concentrator suspect': debug('A Connect stayed unanswered; steering looks', ['why']),
  'concentrator asked by TCP': warn(
    'Probes get no answer; `why` is what a connection to it hears instead',
    ['why'],
  ),
  'lte helps': info('From now on LTE carries what DSL cannot', ['direction', 'reason'], FLIPS_MAX),
  'lte rests': info('From now on DSL carries all', ['direction', 'reason'], FLIPS_MAX),
  'lte throttled': info('The month is spent, and `budget.atCap` says throttle', ['upMbps']),
  'lte no longer throttled': info('A new month, or another policy', ['upMbps']),
  'lte ledger in doubt': warn(
    'What LTE has carried in the month is not certain or not kept: the disk, the clock, or a `stateDirectory` that a reboot empties',
    ['why'],
  ),
  'roaming unknown': warn('The file of `roaming` says neither `roaming` nor `home`', ['why']),
  'quicker leg': info('Which leg interactive connections take', ['reason']),
  'leg for unbonded traffic': info('What is not bonded leaves by it', ['leg']),
  'steering failed': error('A fault of ours; it goes on. Report the line', ['why']),
} as const

const router = {
  capture: info('New connections of the LAN are captured, or (off) let by', ['on']),
  'capture not set': warn('It was refused by nftables; tried again in a second', ['on', 'why']),
  'router not set': warn('The kernel refused a route, a rule or a setting: what else sets them?', [
    'why',
  ]),
  'names not set': warn('The sets of names were refused by nftables: rules by domain do not hold', [
    'why',
  ]),
  'resolver to be restarted': info(
    'It must read this file again, or rules by domain know no addresses',
    ['file'],
  ),
  'shaper not set': warn('The kernel refused a queue: a full uplink delays what is urgent', [
    'why',
  ]),
  'lte bar not set': warn('It was refused by nftables: LTE may carry more than the month allows', [
    'why',
  ]),
} as const

const data = {
  bonding: info('A data thread bonds new connections again'),
  bypassing: warn(
    'A data thread lets new connections go out unbonded, for uplinks fail or the concentrator says wait; it tries again by itself',
    ['why'],
  ),
  'leg avoided for new connections': warn(
    'They lose Multipath TCP or fail on that leg. Always: a middlebox of that access strips options',
    ['leg', 'why', 's'],
  ),
  'connection not bonded': warn(
    'The concentrator refused it with an error of Convert that is not a server’s, or its host opens too many; it went out unbonded. Said once a while',
    ['why'],
    BY_LAN_MAX,
  ),
  'connections are accepted before their server has answered': warn(
    'This kernel cannot hold a SYN: hosts see a server accept that then refuses. Load nfnetlink_queue, or set `connect: eager`',
    ['why'],
  ),
  'data thread stalled': warn(
    'New connections are forwarded unbonded until it turns: who else uses the processor?',
  ),
  'data threads turn': info('All of them, again'),
  'tunnel stands': info('What is not TCP is carried by both legs', ['ipv4', 'ipv6', 'prefix6']),
  'tunnel fallen': warn('What is not TCP leaves by one leg: UDP is blocked, or nobody answers'),
  'tunnel without its prefix': warn('Hosts of the LAN have no address of the tunnel', ['why']),
} as const

const sessions = {
  'control session opened': info('Policies and cookies come by it', ['leg', 'multipath']),
  'control session not opened': warn(
    'By that leg; the next try is by the other. The same reason is said once',
    ['leg', 'why'],
  ),
  'control session ended': warn(
    'The home goes on as it is, and opens another after `waitS`. The same reason is said once',
    ['leg', 'why', 'waitS'],
  ),
  'control session failed': error('A fault of ours; begun anew after `againMs`. Report the line', [
    'why',
    'againMs',
  ]),
  'concentrator drains': info('The home leaves it when nothing is open, or after `leaveS`', [
    'leaveS',
  ]),
  'concentrator serves again': info('It is no longer drained'),
  'home goes to another concentrator': warn('It begins anew there; open connections end', [
    'why',
    'to',
  ]),
  'concentrators not kept': warn('The disk: the next start knows only that of the file', ['why']),
} as const

const policies = {
  'policy of the concentrator': info('It is applied; `ignored` are keys of a newer release', [
    'version',
    'changed',
    'ignored',
  ]),
  'policy of the concentrator does not fit': warn(
    'Together with the home’s own file it makes no sense; the file alone holds',
    ['why'],
  ),
  'policy not kept': warn('The disk: a start without the concentrator has the older one', ['why']),
  'kept policy not read': warn('The file alone holds until the concentrator sends it again', [
    'why',
  ]),
  'kept policy not applied': warn('The file alone holds until the concentrator sends another', [
    'why',
  ]),
  'policy read again': info('SIGHUP: the file was read', ['changed']),
  'policy not changed': warn('SIGHUP: the file has mistakes; all is as before', ['why']),
  'changes that wait for a restart': warn('SIGHUP: these keys are no policy', ['keys']),
} as const

const lookers = {
  'page not whole': warn(
    'The household’s page lacks something: its port, its day on disk, or its files',
    ['why'],
  ),
  'page failed': error('A fault of ours; it is back after `againMs`. Report the line', [
    'why',
    'againMs',
  ]),
  'page request failed': error('A fault of ours. Report the line', ['why'], BY_LAN_MAX),
  'speed test': info('It is over: what was measured, and what it used', WHATEVER_IS_KNOWN),
  'speed test failed': error('A fault of ours. Report the line', ['why']),
  'verdicts failed': error('A fault of ours; begun anew after `againMs`. Report the line', [
    'why',
    'againMs',
  ]),
} as const

export const cpeEvents = {
  ...life,
  ...lines,
  ...router,
  ...data,
  ...sessions,
  ...policies,
  ...lookers,
  ...commonEvents,
}
