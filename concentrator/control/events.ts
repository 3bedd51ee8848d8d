/**
 * Every event that the concentrator says in its log, declared once: log.ts says them, docs/runbook.md tells operators what
 * they mean.
 */
import { commonEvents } from '../../shared/daemon/events.ts'
import { debug, error, info, WHATEVER_IS_KNOWN, warn } from '../../shared/daemon/log-event.ts'
import { HOST_FIELDS } from '../../shared/relay/host.ts'

/** All homes come again after an outage: beyond so many a minute they are counted. */
const OF_HOMES_MAX = 2_000
/** What strangers can bring about. */
const BY_STRANGERS_MAX = 20
/** What the data threads make few before they tell it (data/reports.ts). */
const MADE_FEW_MAX = 200

const life = {
  ready: info('Homes are served from now on, within these limits of the machine', [
    'port',
    'subscribers',
    'fastOpen',
    ...HOST_FIELDS,
  ]),
  'worker serves': debug('A data thread has begun', ['worker']),
  'kernel takes no data in SYN': warn(
    'Clients that send their Convert message in the SYN wait a round trip more; ours do not',
    ['worker'],
  ),
  'kernel setting not set': warn('What it was before is not known or cannot be written', ['why']),
  'egress address is not ours': warn(
    'Connections from there get no answer: `help` has the command',
    ['address', 'help'],
  ),
  draining: info('New requests are told to wait `waitS`; what is open goes on', ['by', 'waitS']),
  'serving again': info('The drain is over', ['by']),
  access: info(
    'Four times an hour, and at the end: how connections came since the start, by access, and how many had lost Multipath TCP',
    WHATEVER_IS_KNOWN,
  ),
  tunnel: info('The same of the tunnel: bytes, packets, drops by cause', WHATEVER_IS_KNOWN),
} as const

const door = {
  'connection refused': warn(
    'With a Convert error or a reset. With a `subscriber`: its client, or its cookie; without: a stranger',
    ['source', 'subscriber', 'why', 'hidden'],
    MADE_FEW_MAX,
  ),
  'limit reached': warn(
    '`why` names the limit. One subscriber: it asks for too much; all: this concentrator is full or drained',
    ['source', 'subscriber', 'why', 'hidden'],
    MADE_FEW_MAX,
  ),
  'cookie shown from elsewhere': warn(
    'A home behind another address, or somebody with its cookie: renew it if it goes on',
    ['source', 'subscriber', 'why', 'hidden'],
    MADE_FEW_MAX,
  ),
  'joined from elsewhere': warn(
    'A subflow came from outside the prefixes of the home and was destroyed: are its prefixes right?',
    ['subscriber', 'source'],
  ),
  'cookie secret made anew': warn(
    'Its file was damaged: cookies issued before are refused once, and homes take new ones',
    ['why'],
  ),
} as const

const homes = {
  'control sessions': info('They are taken at this port; `pin` is what homes pin', ['port', 'pin']),
  'control sessions failed': error('A fault of ours; begun anew. Report the line', [
    'why',
    'againMs',
  ]),
  'control key is kept where a reboot forgets it': warn('Choose another `stateDirectory`', [
    'stateDirectory',
    'help',
  ]),
  'home came': info('Its session stands', ['subscriber', 'multipath'], OF_HOMES_MAX),
  'home went': info(
    'Its session ended; its connections go on',
    ['subscriber', 'why'],
    OF_HOMES_MAX,
  ),
  'home came a second time': warn(
    'A restart that was not seen, or two agents with one id. Again and again: find the second',
    ['subscriber', 'from', 'stays'],
    OF_HOMES_MAX,
  ),
  'home not proven': warn(
    'Somebody there has no secret or a wrong one, or a code that is spent. A home: its secret was changed on one side only',
    ['from'],
    BY_STRANGERS_MAX,
  ),
  'home enrolled': info('It came with a code and has a credential now', ['subscriber']),
  'home not enrolled': warn('The store could not be written; it comes again', ['why']),
  'policy applied': info('The home has answered so', ['subscriber', 'version'], OF_HOMES_MAX),
  'policy not applied': warn(
    'The home keeps the one before: `why` says which key it cannot take',
    ['subscriber', 'version', 'why'],
    OF_HOMES_MAX,
  ),
  'speed test ordered': info(
    'An operator asked a home for one; what it carries is bounded there (`speedTest`)',
    ['subscriber', 'by', 'test', 'subjects'],
  ),
  'speed test stopped': info('An operator broke it off', ['subscriber', 'by', 'test']),
  'shaper not set': warn('The kernel refused a queue, or nothing says where: a cap does not hold', [
    'why',
  ]),
} as const

const store = {
  'store is away': error(
    'Homes go on as last known and the API refuses changes: the disk (SQLite), or Redis',
    ['why', 'help'],
  ),
  'store is back': info('Changes are taken again'),
  'store cache not kept': warn('A start without the store would know no homes: the disk', ['why']),
  'record cannot be read': error(
    'It is ignored: written by a newer release, sealed with another key, or damaged',
    ['kind', 'id', 'why'],
  ),
  'homes were sealed': info('Records of an older release are sealed now', ['homes', 'done']),
  'homes were not sealed': warn('They are sealed at a later start', ['why']),
  'API request failed': error('A fault of ours. Report the line', ['error', 'stack']),
} as const

const accounts = {
  'accounting failed': error('A fault of ours, or connection tracking; begun anew', [
    'why',
    'againMs',
  ]),
  'accounting lost ends of connections': warn(
    'The kernel told more than was read: their last bytes are not counted. More cores',
  ),
  'usage journal not kept': error('The disk: a crash now would lose usage', ['why']),
  'usage not kept yet': warn('The store is away; it waits on disk', ['why']),
  'translations lost': warn('Lines of the translation log: the disk is full or too slow', ['why']),
  'translations of the tunnel failed': error('A fault of ours; begun anew. Report the line', [
    'why',
    'againMs',
  ]),
  'RADIUS accounting failed': error('A fault of ours; begun anew. Report the line', [
    'why',
    'againMs',
  ]),
  'RADIUS changes failed': error('A fault of ours, or the port is taken; begun anew', [
    'why',
    'againMs',
  ]),
  'RADIUS server is silent': warn('The next is asked, or records wait', ['server', 'againMs']),
  'RADIUS server answers': info('Records go there again', ['server']),
  'RADIUS record refused': warn('The server answers others but never this: given up', [
    'server',
    'status',
    'session',
  ]),
  'RADIUS records not kept': error('The disk, or too many wait: records will be lost', ['why']),
  'RADIUS records wait for the next start': warn('No server took them before the end', ['records']),
  'RADIUS change': info('Asked by a client, and done', ['client', 'subscriber', 'asked']),
  'RADIUS change refused': warn('`errorCause` is that of RFC 5176', [
    'client',
    'subscriber',
    'asked',
    'errorCause',
  ]),
  'RADIUS change not kept': warn('The store is away; the client was told', ['why']),
  'RADIUS request ignored': warn(
    'Not of a client of the file, or not under its secret',
    ['client', 'why', 'hidden'],
    BY_STRANGERS_MAX,
  ),
} as const

const tunnels = {
  'tunnel rules not set': warn(
    'They were refused by nftables; homes that came wait for their tunnel',
    ['why'],
  ),
  'home without a tunnel': warn('More homes than `tunnel.prefix4` and `prefix6` have room for', [
    'why',
  ]),
  'home without a prefix': warn('`tunnel.pool6`: two ids share a place, or it is too small', [
    'why',
  ]),
  'home at its limit of the tunnel': warn('It floods, or `tunnel.flowsMax` is too small', [
    'subscriber',
    'why',
  ]),
} as const

export const concentratorEvents = {
  ...life,
  ...door,
  ...homes,
  ...store,
  ...accounts,
  ...tunnels,
  ...commonEvents,
}
