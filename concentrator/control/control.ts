/**
 * Everything about control sessions at the concentrator (ADR 0036), put together and supervised: a mistake in
 * it takes the sessions down for a second, and no flow.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { Announced } from '../../shared/config/control-messages.ts'
import type { Verdict } from '../../shared/core/verdict.ts'
import { release } from '../../shared/daemon/arguments.ts'
import { type Fail, guarded, supervise } from '../../shared/daemon/supervise.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { MintSettings } from '../subscribers/cookie-mint.ts'
import type { SubflowListener } from '../subscribers/doorkeeper.ts'
import type { ToldReason } from '../subscribers/home-log.ts'
import type { Roster } from '../subscribers/roster.ts'
import type { Store } from '../subscribers/store.ts'
import type { StreetWaits } from '../subscribers/street-waits.ts'
import type { VerdictsOfHome } from '../subscribers/verdict-log.ts'
import { enrolments } from './enrolments.ts'
import { Failures } from './failures.ts'
import { log } from './log.ts'
import { Neighbours, watchNeighbours } from './neighbours.ts'
import { keptServerKey, readServerKey, type ServerKey } from './server-key.ts'
import { sessionCookies } from './session-cookies.ts'
import { openSessionDoor } from './session-door.ts'
import { isTrusted, sessionHomes } from './session-homes.ts'
import { keepSessionRecords } from './session-records.ts'
import { Sessions, type SessionWatch } from './sessions.ts'
import { SpeedTests } from './speed-tests.ts'
import { Tales } from './tales.ts'
import { PROCESSOR_MS } from './witness.ts'

export interface RunningControl extends AsyncDisposable {
  /** Undefined where there are no sessions. */
  readonly listener: SubflowListener | undefined
  /** Undefined where there are none. */
  readonly sessions: Sessions | undefined
  /** Why a home did what it did, oldest first; undefined where there are no sessions. */
  readonly told: ((subscriber: string) => readonly ToldReason[]) | undefined
  /** On a home's last interval, alone. */
  readonly verdictNow: ((subscriber: string) => Verdict | undefined) | undefined
  /** What limited a home lately; undefined where there are no sessions. */
  readonly verdicts: ((subscriber: string) => VerdictsOfHome | undefined) | undefined
  /** Those that operators order; undefined where there are no sessions. */
  readonly speedTests: SpeedTests | undefined
  /** How homes find it and know it; undefined where there are no sessions, or the file does not say. */
  readonly reach: Omit<Announced, 'name'> | undefined
  /** This concentrator is being taken out, or no more. */
  drain(draining: boolean): void
}

export interface ControlParts {
  readonly store: Pick<
    Store,
    'commit' | 'follow' | 'homes' | 'keeper' | 'onChange' | 'override' | 'staleSinceMs'
  >
  readonly roster: Pick<Roster, 'numberOf'>
  readonly mint: MintSettings
  readonly watch: SessionWatch
  readonly waits: StreetWaits
}

export type ControlConfig = Pick<
  ConcentratorConfig,
  'announce' | 'control' | 'cookies' | 'limits' | 'listen' | 'stateDirectory' | 'store'
>

/** Rejects with a sentence when there is a key that cannot be used, or the port is taken. */
export async function openControl(
  config: ControlConfig,
  { store, roster, mint: mintSettings, watch, waits }: ControlParts,
): Promise<RunningControl> {
  const { control } = config
  if (control === undefined) return NO_CONTROL
  const key = serverKeyOf(control, config.stateDirectory)
  const homeOf = sessionHomes(store.homes, roster)
  const tales = new Tales(waits)
  const failures = new Failures()
  const cookieFor = sessionCookies(mintSettings, Date.now)
  const speedTests = new SpeedTests({
    sessionOf: (id) => sessions.of(id),
    nowMs: () => performance.now(),
    unixMs: Date.now,
  })
  const sessions: Sessions = new Sessions({
    software: `hybridge ${release()}`,
    control,
    homeOf,
    isTrusted: (id) => isTrusted(store, id, config.store.trustS, Date.now()),
    unixMs: Date.now,
    enrol: enrolments(store, Date.now, log),
    cookieFor: config.cookies.issue ? cookieFor : () => undefined,
    speedTests,
    hear: (home, report) => tales.hear(home, report, Date.now(), performance.now()),
    unproven: (from) => {
      log.warn('home not proven', { from: formatAddress(from) })
      failures.note(formatAddress(from), performance.now())
    },
    watch: {
      came: (id, from) => watch.came(id, from),
      went(id, code) {
        watch.went(id, code)
        store.override(id, [])
      },
    },
    log,
  })
  const parts = { config, control, key, store, failures, sessions }
  const service = await supervise(
    (failed) => serveSessions(parts, failed),
    (why, againMs) => log.error('control sessions failed', { why, againMs }),
  )
  const forgetting = forgetRemoved(store, [tales, speedTests])
  const looking = setInterval(() => tales.lookAtProcessor(performance.now()), PROCESSOR_MS)
  const neighbours = new Neighbours(config.limits.drainLeaveS, (pointer) => sessions.point(pointer))
  const watching = watchNeighbours(store.keeper, neighbours)
  const records = keepSessionRecords(store.keeper, config.store.name, () => sessions.all())
  // Who pins it must read it somewhere.
  log.info('control sessions', { port: control.port, pin: key.pin })
  return {
    listener: sessions,
    sessions,
    told: (id) => tales.reasons(id),
    reach: reachOf(config, control.port, key.pin),
    verdictNow: (id) => tales.verdict(id),
    verdicts: (id) => tales.verdicts(id),
    speedTests,
    drain: (draining) => neighbours.drain(draining),
    [Symbol.asyncDispose]: async () => {
      clearInterval(looking)
      forgetting[Symbol.dispose]()
      await watching[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
      await records[Symbol.asyncDispose]()
    },
  }
}

interface ServiceParts {
  readonly config: ControlConfig
  readonly control: NonNullable<ConcentratorConfig['control']>
  readonly key: ServerKey
  readonly store: ControlParts['store']
  readonly failures: Failures
  readonly sessions: Sessions
}

async function serveSessions(
  { config, control, key, store, failures, sessions }: ServiceParts,
  failed: Fail,
): Promise<AsyncDisposable> {
  const door = await openSessionDoor(
    {
      addresses: config.listen.addresses,
      port: control.port,
      key,
      failures,
      open: (link, fail) => sessions.open(link, fail),
    },
    failed,
  )
  const following = store.onChange(({ kind, id }) => {
    // A plan is many homes' business.
    const look = () => (kind === 'subscriber' ? sessions.look(id) : sessions.lookAtPolicies())
    void guarded(failed, look)
  })
  const renewMs = (config.cookies.lifetimeS * 1_000) / 2
  const renewing = setInterval(
    () => void guarded(failed, () => sessions.renewCookies(renewMs)),
    renewMs / RENEWALS,
  )
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(renewing)
      following[Symbol.dispose]()
      sessions.bidAll(STOPPING)
      await door[Symbol.asyncDispose]()
    },
  }
}

/** Of a home that is no subscriber any more nothing is remembered. */
function forgetRemoved(
  store: Pick<ControlParts['store'], 'homes' | 'onChange'>,
  memories: ReadonlyArray<{ forget(id: string): void }>,
): Disposable {
  return store.onChange(({ kind, id }) => {
    if (kind !== 'subscriber' || store.homes.home(id) !== undefined) return
    for (const memory of memories) memory.forget(id)
  })
}

function serverKeyOf(
  { keyFile, certificateFile }: NonNullable<ConcentratorConfig['control']>,
  stateDirectory: string,
): ServerKey {
  if (keyFile !== undefined && certificateFile !== undefined) {
    return readServerKey(keyFile, certificateFile)
  }
  if (LOST_AT_REBOOT.test(stateDirectory)) {
    const help =
      'homes that pin it will not come back after a reboot: choose another stateDirectory'
    log.warn('control key is kept where a reboot forgets it', { stateDirectory, help })
  }
  return keptServerKey(stateDirectory)
}

function reachOf({ announce, listen }: ControlConfig, session: number, pin: string) {
  const addresses = announce.addresses.length > 0 ? announce.addresses : listen.addresses
  const { priority, weight } = announce
  const { port } = listen
  return addresses.length === 0 ? undefined : { addresses, port, session, pin, priority, weight }
}

const NO_CONTROL: RunningControl = {
  listener: undefined,
  sessions: undefined,
  told: undefined,
  reach: undefined,
  verdictNow: undefined,
  verdicts: undefined,
  speedTests: undefined,
  drain: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}
const STOPPING = { code: 'stopping', why: 'the concentrator stops', waitS: 1 }
/** How often a cookie's age is looked at while it is good. */
const RENEWALS = 10
/** tmpfs on every Linux that has it. */
const LOST_AT_REBOOT = /^(\/var)?\/run(\/|$)/
