/**
 * RADIUS put together (ADR 0043): sessions are told to the operator's servers, and what its clients ask for is done.
 * Supervised: a mistake in it takes RADIUS down for a second, and no session.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ConcentratorConfig } from '../../../shared/config/concentrator.ts'
import { type Fail, guarded, supervise } from '../../../shared/daemon/supervise.ts'
import { knownAddress } from '../../../shared/wire/address.ts'
import { TerminateCause } from '../../../shared/wire/radius-attributes.ts'
import type { Octets } from '../../subscribers/keeper.ts'
import type { Store } from '../../subscribers/store.ts'
import { log } from '../log.ts'
import type { Sessions, SessionWatch } from '../sessions.ts'
import { AccountedSessions } from './accounted-sessions.ts'
import { AccountingClient } from './accounting-client.ts'
import { Changes } from './changes.ts'
import { KeptRecords } from './kept-records.ts'
import { openClientSocket, openDoor } from './radius-sockets.ts'
import { readSecret } from './secret.ts'

export interface RunningRadius extends SessionWatch, AsyncDisposable {
  readonly used: (subscriber: string, octets: Octets) => void
  /** Acct-Session-Id of a home's session, and whose session has it. */
  readonly sessionOf: (subscriber: string) => string | undefined
  readonly userOf: (session: string) => string | undefined
}

export type RadiusConfig = Pick<
  ConcentratorConfig,
  'accounting' | 'radius' | 'stateDirectory' | 'store'
>

type AccountingConfig = NonNullable<NonNullable<ConcentratorConfig['radius']>['accounting']>

/** Tells of sessions from now on. Rejects with a sentence where a secret cannot be read. */
export async function openRadiusAccounting(config: RadiusConfig): Promise<RunningRadius> {
  const { radius, store, stateDirectory, accounting: counted } = config
  if (radius?.accounting === undefined) return NO_ACCOUNTING
  const { accounting } = radius
  const records = new KeptRecords(join(stateDirectory, RECORDS_FILE), (why) =>
    log.error('RADIUS records not kept', { why }),
  )
  const birth = randomBytes(4).toString('hex')
  let born = 0
  const newSessionId = () => `${birth}${(++born).toString(16).padStart(8, '0')}`
  const sessions = new AccountedSessions({
    tell: (record) => records.add(record),
    interimMs: accounting.interimS * 1_000,
    settleMs: counted.enabled ? counted.intervalS * 1_000 + SETTLE_SPARE_MS : undefined,
    newSessionId,
  })
  // Of a concentrator that died: what it had open has ended when it was heard last.
  for (const { about, atMs, session } of records.lasting()) {
    if (about === undefined) continue
    const ended = { ...about, cause: TerminateCause.nasReboot }
    records.add({ status: 'stop', session, atMs, about: ended })
  }
  records.add({ status: 'accountingOn', session: newSessionId(), atMs: Date.now() })

  let pump: () => void = () => undefined
  const parts = { accounting, records, sessions, nasIdentifier: radius.identifier ?? store.name }
  const service = await supervise(
    (failed) =>
      Promise.resolve(
        tellServers(parts, failed, (ask) => {
          pump = ask
        }),
      ),
    (why, againMs) => log.error('RADIUS accounting failed', { why, againMs }),
  )
  return {
    came(id, from) {
      sessions.came(id, from, Date.now())
      pump()
    },
    went: (id, code) => sessions.went(id, causeOf(code), Date.now()),
    used: (id, octets) => sessions.used(id, octets),
    sessionOf: (id) => sessions.idOf(id),
    userOf: (session) => sessions.userOf(session),
    async [Symbol.asyncDispose]() {
      sessions.endAll(TerminateCause.adminReboot, Date.now())
      records.add({ status: 'accountingOff', session: newSessionId(), atMs: Date.now() })
      pump()
      const untilMs = performance.now() + LAST_WORDS_MS
      while (records.size > 0 && performance.now() < untilMs) await pause(LAST_LOOK_MS)
      await service[Symbol.asyncDispose]()
      records[Symbol.dispose]()
      if (records.size > 0)
        log.warn('RADIUS records wait for the next start', { records: records.size })
    },
  }
}

interface Telling {
  readonly accounting: AccountingConfig
  readonly records: KeptRecords
  readonly sessions: AccountedSessions
  readonly nasIdentifier: string
}

function tellServers(
  { accounting, records, sessions, nasIdentifier }: Telling,
  failed: Fail,
  takePump: (pump: () => void) => void,
): AsyncDisposable {
  // First: without it nothing is opened.
  const keys = accounting.servers.map(({ secretFile }) => readSecret(secretFile))
  const sockets = accounting.servers.map(({ address, port }, place) =>
    openClientSocket(
      { address, port },
      {
        hear: (bytes) => void guarded(failed, () => client.hear(place, bytes)),
        unreachable: () => void guarded(failed, () => client.unreachable(place)),
      },
    ),
  )
  const client = new AccountingClient({
    servers: accounting.servers.map(({ address, port }, place) => ({
      name: `${address} ${port}`,
      keys: keys[place]!,
      send: (bytes) => sockets[place]?.send(bytes),
    })),
    records,
    nasIdentifier,
    timeoutMs: accounting.timeoutS * 1_000,
    unixMs: Date.now,
    later: (work, ms) => {
      const timer = setTimeout(() => void guarded(failed, work), ms).unref()
      return () => clearTimeout(timer)
    },
    chance: Math.random,
    log,
  })
  takePump(() => client.pump())
  const turn = () => {
    sessions.turn(Date.now())
    client.pump()
  }
  const timer = setInterval(() => void guarded(failed, turn), TURN_MS)
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer)
      takePump(() => undefined)
      client[Symbol.dispose]()
      for (const socket of sockets) socket[Symbol.dispose]()
      return Promise.resolve()
    },
  }
}

export interface ChangesRoom {
  readonly store: Pick<Store, 'commit' | 'homes' | 'override'>
  readonly control: { readonly sessions: Pick<Sessions, 'of'> | undefined }
  readonly accounted: Pick<RunningRadius, 'sessionOf' | 'userOf'>
  /** What a home has open ends. */
  readonly homes: { readonly reset: (subscriber: string) => void }
}

/** Obeys from now on. Rejects with a sentence where a secret cannot be read, or the port is taken. */
export async function openRadiusChanges(
  { radius, store: { name } }: RadiusConfig,
  { store, control: { sessions }, accounted, homes }: ChangesRoom,
): Promise<AsyncDisposable> {
  if (radius?.changes === undefined) return NOTHING
  const { port, addresses, clients, windowS } = radius.changes
  const judge = new Changes({
    own: { nasIdentifier: radius.identifier ?? name, addresses: addresses.map(knownAddress) },
    clients: clients.map(({ prefix, secretFile }) => ({ prefix, keys: readSecret(secretFile) })),
    windowS,
    store,
    sessionOf: accounted.sessionOf,
    userOf: accounted.userOf,
    isHere: (user) => sessions?.of(user) !== undefined,
    disconnect: (user, why) => {
      homes.reset(user)
      sessions?.of(user)?.bid({ code: DISCONNECTED, why, waitS: AWAY_S })
    },
    unixMs: Date.now,
    log,
  })
  return await supervise(
    (failed) => openDoor({ addresses, port }, (bytes, from) => judge.hear(bytes, from), failed),
    (why, againMs) => log.error('RADIUS changes failed', { why, againMs }),
  )
}

function causeOf(code: string | undefined) {
  if (code === undefined || code === 'replaced') return TerminateCause.lostCarrier
  return code === 'stopping' ? TerminateCause.adminReboot : TerminateCause.adminReset
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

const NOTHING: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() }
const NO_ACCOUNTING: RunningRadius = {
  came: () => undefined,
  went: () => undefined,
  used: () => undefined,
  sessionOf: () => undefined,
  userOf: () => undefined,
  ...NOTHING,
}
/** In the state directory. */
const RECORDS_FILE = 'radius-accounting.ndjson'
const TURN_MS = 1_000
/** Beyond the interval of the counters. */
const SETTLE_SPARE_MS = 1_000
/** What nobody has taken by then waits in the file. */
const LAST_WORDS_MS = 1_000
const LAST_LOOK_MS = 20
const DISCONNECTED = 'disconnected'
/** A home that was disconnected shall not be back before the operator's AAA has noticed. */
const AWAY_S = 60
