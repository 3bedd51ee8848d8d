/**
 * Hands: the subflows that connections should have become commands to the kernel.
 *
 *     events, resync ──▶ connections.ts ──▶ what each has ─┐
 *     legs, flow table ─────▶ core/subflows ──▶ should have ┴─▶ create, remove + destroy
 *
 * A connection is looked at again when it changed, when the legs did, or when a refused command is due
 * for another try; the others cost a comparison. A leg that dies is removed (the peer is told, over the
 * survivor) and destroyed (our own side), for with the first alone our subflow would stay and attract
 * what the home sends.
 */
import { AddressIds, LEGS, type LegName } from '../../shared/core/leg.ts'
import { type LegsNow, linesOf, type ServiceClass } from '../../shared/core/service-class.ts'
import { planSubflows, type SubflowAction, wantSubflows } from '../../shared/core/subflows.ts'
import type { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { DiagnosedSubflow } from '../../shared/wire/inet-diag.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import { Connections, type KnownConnection, type KnownSubflow, nameOf } from './connections.ts'
import { PathCounts } from './path-counts.ts'
import {
  isFresh,
  keyOfLeg,
  legsByAddress,
  NO_LEGS,
  type PathLegs,
  usesOf,
  wayOf,
} from './path-legs.ts'
import { type Plan, Plans } from './plans.ts'
import { standbyFromMs } from './standby-age.ts'
import {
  awaitsSuccessor,
  type HomeNow,
  isDistrusted,
  keyOfHome,
  type StandingSubflow,
  standbyFor,
} from './standbys.ts'
import { SubflowCommands } from './subflow-commands.ts'

/** The kernel as the path manager needs it; a test paints it. */
export type MptcpKernel = Pick<
  MptcpPathManager,
  'drain' | 'removeAddress' | 'setBackup' | 'subflowCreate' | 'subflowDestroy'
>

/** A connection that the data threads have in their flow tables. */
export interface FlowConnection {
  readonly token: number
  readonly pooled: boolean
  readonly serviceClass: ServiceClass
  /** LTE shall carry its bytes too. */
  readonly helped: boolean
  /** The same object as long as it says the same. */
  readonly legsNow?: LegsNow
}

export class PathManager {
  readonly counts = new PathCounts()
  readonly #kernel: MptcpKernel
  readonly #dump: () => readonly DiagnosedSubflow[]
  readonly #concentrator: readonly Endpoint[]
  readonly #ids = new AddressIds()
  readonly #connections: Connections
  readonly #plans = new Plans()
  #legs: PathLegs = NO_LEGS
  #legOf: ReadonlyMap<string, LegName> = new Map()
  #epoch = 0
  #epochKey = ''
  #home: HomeNow = NOBODY
  #dirty = true
  #sweptMs = -Infinity
  #syncedMs = -Infinity
  readonly #commands: SubflowCommands

  /**
   * `dump` is the kernel's list of all subflows. `concentrator`: in the order of preference. `sessionPort`:
   * where control sessions are opened there.
   */
  constructor(
    kernel: MptcpKernel,
    dump: () => readonly DiagnosedSubflow[],
    concentrator: readonly Endpoint[],
    sessionPort?: number,
  ) {
    this.#kernel = kernel
    this.#commands = new SubflowCommands(kernel, this.counts)
    this.#dump = dump
    this.#concentrator = concentrator
    const sessions =
      sessionPort === undefined ? [] : concentrator.map((one) => ({ ...one, port: sessionPort }))
    const remotes = new Set([...concentrator, ...sessions].map(nameOf))
    this.#connections = new Connections((remote) => remotes.has(nameOf(remote)))
  }

  /** Look, decide, act: once every tick of steering. `flows` is asked only when it may matter. */
  steer(legs: PathLegs, home: HomeNow, flows: () => Iterable<FlowConnection>, nowMs: number): void {
    this.#listen(flows, nowMs)
    this.#see(legs, home)
    const sweepMs = this.#paceMs(SWEEP_MS, SWEEP_MS_MAX)
    if (!this.#dirty && nowMs - this.#sweptMs < sweepMs) return
    this.#sweptMs = nowMs
    this.#dirty = false
    this.#commands.issued = 0
    let unknown = false
    for (const flow of flows()) {
      const known = this.#connections.get(flow.token)
      if (known === undefined) unknown = true
      else if (this.#commands.issued < COMMANDS_PER_TICK_MAX) this.#settle(known, flow, nowMs)
      else this.#dirty = true
    }
    if (unknown && nowMs - this.#syncedMs >= SYNC_AGAIN_MS) this.#resync(flows, nowMs)
    const { size } = this.#connections
    this.#plans.sweep(size, (token) => this.#connections.get(token) !== undefined)
  }

  /** Somebody else is helped than before: do not wait for the next sweep. */
  lookAgain(): void {
    this.#dirty = true
  }

  #listen(flows: () => Iterable<FlowConnection>, nowMs: number): void {
    const health = this.#kernel.drain((event) => {
      if (event.type === 'subflowEstablished') {
        this.counts.joined += 1
        const leg = this.#legOf.get(formatAddress(event.local.address))
        if (leg !== undefined) this.counts.joins[leg].stood += 1
      }
      if (event.type === 'closed') this.#plans.forget(event.token)
      if (this.#connections.hear(event, nowMs)) this.#dirty = true
    })
    if (health === 'lost' || nowMs - this.#syncedMs >= this.#paceMs(SYNC_MS, SYNC_MS_MAX)) {
      this.#resync(flows, nowMs)
    }
  }

  /** Between looks at all connections: longer where there are many. */
  #paceMs(fewMs: number, mostMs: number): number {
    return Math.min(fewMs * Math.max(1, this.#connections.size / MANY), mostMs)
  }

  #resync(flows: () => Iterable<FlowConnection>, nowMs: number): void {
    const open = new Set(Array.from(flows(), ({ token }) => token))
    this.#connections.resync(this.#dump(), (token) => open.has(token), nowMs)
    this.counts.resyncs += 1
    this.#syncedMs = nowMs
    this.#dirty = true
  }

  #see(legs: PathLegs, home: HomeNow): void {
    const key = `${keyOfHome(home)} ${LEGS.map((leg) => keyOfLeg(legs[leg])).join(' ')}`
    if (key === this.#epochKey) return
    for (const leg of LEGS) {
      if (!isFresh(this.#legs[leg], legs[leg], this.#concentrator)) continue
      this.#plans.forgiveLeg(leg)
    }
    this.#epochKey = key
    this.#epoch += 1
    this.#legs = legs
    this.#home = home
    this.#legOf = legsByAddress(legs)
    this.#dirty = true
  }

  #settle(known: KnownConnection, flow: FlowConnection, nowMs: number): void {
    const plan = this.#plans.of(known.token)
    const settled = plan.epoch === this.#epoch && isSame(plan.flow, flow)
    if (settled && !known.changed && nowMs < plan.againMs) return
    known.changed = false
    const taken = (plan.flow?.pooled ?? false) !== flow.pooled
    const needed = flow.helped || taken || this.#legs.dsl.use === 'dead'
    plan.epoch = this.#epoch
    plan.flow = flow
    plan.againMs = Infinity
    for (const { address, livedMs } of known.ended.splice(0)) {
      const leg = this.#legOf.get(address)
      if (leg === undefined) continue
      if (plan.tries.ended(leg, livedMs, nowMs) === 'join') this.counts.joins[leg].failed += 1
    }

    const first = known.first === undefined ? undefined : this.#legOf.get(known.first)
    const have = this.#standing(known, plan, flow, nowMs)
    const lte = have.find(({ leg }) => leg === 'lte')?.subflow
    const standby = standbyFor(plan, lte, needed, this.#home, nowMs)
    const uses = usesOf(this.#legs)
    const want = wantSubflows({ ...flow, first }, uses, this.#home.active, standby)
    if (want === undefined) return
    const standbyMs = standbyFromMs(have, uses)
    for (const action of planSubflows(want, have)) {
      const early = action.do === 'create' && action.backup && nowMs < standbyMs
      if (!early && !awaitsSuccessor(action, have)) this.#act(known, plan, action, nowMs)
    }
    plan.againMs = Math.min(plan.againMs, plan.tries.againMs(nowMs))
    if (nowMs < standbyMs) plan.againMs = Math.min(plan.againMs, standbyMs)
    for (const { proven, subflow } of have) {
      if (!proven) plan.againMs = Math.min(plan.againMs, nowMs + PROVEN_LOOK_MS)
      if (subflow.tellMs <= nowMs) this.#commands.tell(known, subflow, nowMs)
      plan.againMs = Math.min(plan.againMs, subflow.tellMs)
    }
  }

  #standing(
    known: KnownConnection,
    plan: Plan,
    { serviceClass, legsNow }: FlowConnection,
    nowMs: number,
  ): StandingSubflow[] {
    const { dsl, lte } = this.#legs
    const [first = 'dsl'] = linesOf(serviceClass, legsNow?.quicker)
    const provenMs = dsl.use === 'dead' || lte.use === 'dead' ? PROVEN_URGENT_MS : PROVEN_MS
    return [...known.subflows.values()].map((subflow) => {
      const on = this.#legOf.get(formatAddress(subflow.local.address))
      const lost = on === 'lte' && isDistrusted(subflow, first, this.#legs, this.#home, nowMs)
      // It is replaced as if its address were gone.
      const leg = lost ? undefined : on
      if (leg !== undefined) plan.tries.stands(leg)
      const proven = isProven(subflow, provenMs, nowMs)
      return { leg, on, backup: subflow.backup, proven, subflow }
    })
  }

  #act(
    known: KnownConnection,
    plan: Plan,
    action: SubflowAction<StandingSubflow>,
    nowMs: number,
  ): void {
    switch (action.do) {
      case 'create':
        this.#create(known, plan, action.leg, action.backup, nowMs)
        return
      case 'setBackup':
        action.subflow.subflow.backup = action.backup
        action.subflow.subflow.toldTimes = 0
        this.#commands.tell(known, action.subflow.subflow, nowMs)
        return
      case 'destroy':
        this.#commands.remove(known, action.subflow.subflow)
    }
  }

  #create(known: KnownConnection, plan: Plan, leg: LegName, backup: boolean, nowMs: number): void {
    const way = wayOf(this.#legs[leg], this.#concentrator)
    if (way === undefined || !plan.tries.mayTry(leg, nowMs)) return
    const { ifIndex } = this.#legs[leg]
    const id = this.#ids.idOf(leg, formatAddress(way.local))
    const origin = { address: way.local, id, ifIndex, backup }
    this.#commands.issued += 1
    const remote = { ...way.remote, port: known.port }
    const result = this.#kernel.subflowCreate(known.token, origin, remote)
    if (result === -ESRCH) {
      this.#connections.forget(known.token)
    } else if (result < 0) {
      this.counts.refusedBy(result)
      this.counts.joins[leg].failed += 1
      plan.tries.refused(leg, nowMs)
    } else {
      this.counts.created += 1
      known.asked.set(formatAddress(way.local), backup)
      plan.tries.begun(leg, nowMs)
    }
  }
}

function isSame(before: FlowConnection | undefined, now: FlowConnection): boolean {
  return (
    before?.pooled === now.pooled &&
    before.helped === now.helped &&
    before.serviceClass === now.serviceClass &&
    before.legsNow === now.legsNow
  )
}

/** The first one has carried the handshake and its answer. */
function isProven({ localId, sinceMs }: KnownSubflow, provenMs: number, nowMs: number): boolean {
  return localId === 0 || nowMs - sinceMs >= provenMs
}

const NOBODY: HomeNow = { active: false, lteUsed: false, standby: 'cold', natIdleMs: Infinity }

/** A connection that went to a LAN host is seen within this time at the latest. */
const SWEEP_MS = 100
const SWEEP_MS_MAX = 500
const MANY = 1_000
/** 70 us of a core for each connection: what events tell needs it rarely. */
const SYNC_MS = 10_000
const SYNC_MS_MAX = 30_000
const SYNC_AGAIN_MS = 1_000
/** What kills a join does so within a round trip or two, a long queue on LTE included. */
const PROVEN_MS = 500
/** Beside a leg that is dead little is at stake, and every moment counts. */
const PROVEN_URGENT_MS = 100
const PROVEN_LOOK_MS = 50
/** 0.1 ms each: what is left over is done in the next tick. 200 connections lose a leg in one. */
const COMMANDS_PER_TICK_MAX = 512
const ESRCH = 3
