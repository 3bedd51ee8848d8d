/**
 * A data thread's room for tests: real sockets on the loopback, a clock that only moves when told.
 */
import { hash } from 'node:crypto'
import type { Owner } from '../../shared/core/tie.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import { CappedLegs } from '../subscribers/capped-legs.ts'
import { CookieMint, pseudonymsBy } from '../subscribers/cookie-mint.ts'
import { Identities } from '../subscribers/identities.ts'
import { Roll, type StreetSubscriber } from '../subscribers/roll.ts'
import { Sources } from '../subscribers/sources.ts'
import { Tallies } from '../subscribers/tallies.ts'
import { UnsentLegs } from '../subscribers/unsent-legs.ts'
import { EgressPorts } from './egress-ports.ts'
import { FairTurns } from './fair-turns.ts'
import { FlowLifetimes } from './flow-lifetimes.ts'
import { Handshakes } from './handshakes.ts'
import { Reports } from './reports.ts'
import { STREET_COUNTERS, type StreetNews, type StreetRoom, type StreetSettings } from './room.ts'
import { Silent } from './silent.ts'

/** The cookies of the two homes' configurations. */
export const COOKIES = [
  Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1),
] as const

export interface FakeRoom extends StreetRoom {
  /** What the world would say; a test sets it. */
  readonly world: {
    /** Whose probes came from everywhere. */
    owner: Owner | undefined
    own: string[]
    isDraining: boolean
    nowMs: number
  }
  readonly told: StreetNews[]
}

export function fakeRoom(patch: Partial<StreetSettings> = {}): FakeRoom {
  const settings: StreetSettings = { ...SETTINGS, ...patch }
  const loop = new Loop()
  const world: FakeRoom['world'] = { owner: undefined, own: [], isDraining: false, nowMs: 1_000 }
  const told: StreetNews[] = []
  const roll = new Roll(settings.subscribers)
  return {
    settings,
    loop,
    scratch: new Uint8Array(262_144),
    sendQueues: new SendQueues(loop),
    speedTests: new Set(),
    lifetimes: new FlowLifetimes(loop, settings.flowIdleMs, () => undefined),
    egressPorts: new EgressPorts(settings.egress.portsTaken, settings.egress.portsMax),
    heldBytes: 0,
    count: new Float64Array(STREET_COUNTERS.length),
    flows: new Map(),
    closedBytes: { up: 0, down: 0 },
    roll,
    mint: new CookieMint(settings.mint),
    configuredOwnerOf: (address) => roll.ownerOf(address),
    ownerOf: (address) => roll.ownerOf(address) ?? world.owner,
    isOwn: (address) => world.own.includes(Buffer.from(address).toString('hex')),
    cappedLegs: CappedLegs.create(settings.subscribers.length),
    unsentLegs: UnsentLegs.create(settings.subscribers.length),
    tallies: Tallies.create(settings.subscribers.length),
    identities: Identities.create(64),
    sources: Sources.create(64, 1),
    handshakes: new Handshakes(loop),
    turns: new FairTurns(loop),
    silent: new Silent(),
    warm: new Set(),
    isDraining: () => world.isDraining,
    sharedMs: () => world.nowMs,
    unixS: () => 1_800_000_000 + Math.floor(world.nowMs / 1_000),
    reports: new Reports((news) => told.push(news)),
    translations: undefined,
    world,
    told,
  }
}

export function subscriber(
  cookie: Uint8Array,
  patch: Partial<StreetSubscriber> = {},
): StreetSubscriber {
  return {
    cookieHash: hash('sha256', cookie, 'hex'),
    pseudonym: cookie,
    prefixes: [],
    acl: { allow: [], deny: [] },
    egress: { ipv4: undefined, ipv6: undefined },
    ...patch,
  }
}

const SECRET = new Uint8Array(32)
const SETTINGS: StreetSettings = {
  listen: [],
  subscribers: COOKIES.map((cookie) => subscriber(cookie)),
  mint: {
    secret: SECRET,
    lifetimeS: 3_600,
    ipv4Bits: 32,
    ipv6Bits: 64,
    pseudonyms: ['home-1', 'home-2'].map(pseudonymsBy(SECRET)),
  },
  issueCookies: true,
  ownAddressLegs: [1],
  acl: { allow: [], deny: [] },
  hairpin: 'refuse',
  perSubscriber: {
    openMax: 100,
    pendingMax: 100,
    pooledMax: 64,
    requestsPerS: 100,
    errorsPerS: 100,
  },
  perSource: {
    waitingMax: 100,
    requestsPerS: 1_000,
    errorsPerS: 1_000,
  },
  drainWaitS: 30,
  convertWaitMs: 1_000,
  connectMs: 1_000,
  poolHelloIdleMs: 1_000,
  congestion: undefined,
  keepalive: { idleS: 1, intervalS: 1, probes: 1, accessIdleS: 1 },
  descriptorsMax: 100,
  flowIdleMs: 10_000,
  translations: 'none',
  egress: {
    addresses: [],
    portsMax: 1,
    portsTaken: new SharedArrayBuffer(0),
    honoured: [30],
    announced: [30],
    multipath: 'asked',
  },
}
