/**
 * Steering: look at the legs, judge them, act. Once every 20 ms, and every 10 ms while a leg is in doubt.
 *
 *     links.ts, probes.ts ─▶ core/leg-health, core/concentrator-health ─┬─▶ leg board ─▶ data threads
 *         eyes, ears           judgement        dsl-first: who is helped ├─▶ path-manager: subflows
 *                                                                       └─▶ router: unbonded flows
 *
 * The data threads come first: a flow that begins now must not begin on a dead leg.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { Budget } from '../../shared/core/budget.ts'
import { ConcentratorHealth } from '../../shared/core/concentrator-health.ts'
import { DslFirst } from '../../shared/core/dsl-first.ts'
import type { EchoSaid } from '../../shared/core/echo-said.ts'
import { HomeUse } from '../../shared/core/home-use.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegHealth } from '../../shared/core/leg-health.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type { LteAllowance } from '../../shared/core/lte-allowance.ts'
import { type Reason, Reasons } from '../../shared/core/reasons.ts'
import type { SteeredLeg, Transfers } from '../../shared/core/steered.ts'
import type { LegUse } from '../../shared/core/subflows.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import type { CpeLog } from '../control/log.ts'
import { CaptureSwitch } from './capture-switch.ts'
import { type HouseFlow, marked, overflowing } from './house-flows.ts'
import { LegNews } from './leg-news.ts'
import { type ClassesInUse, LegQualities } from './leg-qualities.ts'
import { type LinkFacts, type LinkSamples, withLteBarred } from './links.ts'
import type { LteGuard } from './lte-guard.ts'
import { dslLine, overflowPolicy } from './overflow-policy.ts'
import { type PathLeg, type PathLegs, wayOf } from './path-legs.ts'
import type { PathManager } from './path-manager.ts'
import type { Probes } from './probes.ts'
import type { Router } from './router.ts'
import type { HouseShaper } from './shaper.ts'
import type { HomeNow } from './standbys.ts'
import { UnbondedWay } from './unbonded-way.ts'
import { type LegReport, reportsOf, type WatchedLeg, watchLegs } from './watched-leg.ts'

/** What steering looks at and acts on; a test paints them. */
export interface SteeringParts {
  readonly links: { look(nowMs: number): LinkSamples }
  readonly probes: Pick<Probes, 'ask' | 'place'>
  readonly paths: Pick<PathManager, 'lookAgain' | 'steer'>
  readonly router: Pick<Router, 'flushLeg' | 'refreshLeg' | 'setActiveLeg' | 'setCapture'>
  readonly shaper: Pick<HouseShaper, 'waitingUp'>
  readonly board: LegBoard
  /** The connections that the data threads have now. */
  readonly flows: () => Iterable<HouseFlow>
  /** What LTE may do, told what its interface has counted so far. */
  readonly allowance: (lte: LegCounters | undefined, nowMs: number) => LteAllowance
  /** How many connections the LAN has opened so far. */
  readonly lanConnections: () => number
  /** How much of a connection LTE may carry. */
  readonly guard: Pick<LteGuard, 'look' | 'of'>
  /** Which classes have connections that carry something now. */
  readonly classesInUse: () => ClassesInUse
  readonly transfers: () => Transfers
  /** A speed test fills the lines. */
  readonly measuring: () => boolean
  /** False while the data threads can take no more flows: new ones bypass them. */
  readonly roomForFlows: () => boolean
  /** The board has changed: ring the data threads. */
  readonly wake: () => void
  readonly log: Pick<CpeLog, 'debug' | 'info' | 'warn'>
}

export type SteeringConfig = Pick<CpeConfig, 'legs' | 'overflow' | 'probes' | 'shaping' | 'standby'>

export class Steering {
  /**
   * Resolves when it is first known whether the concentrator answers, and the LAN's connections are
   * captured or left alone accordingly.
   */
  readonly settled: Promise<void>
  readonly #settle: () => void
  readonly #parts: SteeringParts
  readonly #interfaces: Readonly<Record<LegName, string>>
  readonly #remotes: readonly Endpoint[]
  readonly #watched: Readonly<Record<LegName, WatchedLeg>>
  readonly #legs: Readonly<Record<LegName, LegHealth>>
  readonly #concentrator: ConcentratorHealth
  readonly #unbonded: UnbondedWay
  readonly #news: LegNews
  readonly #reasons = new Reasons()
  readonly #dslFirst: DslFirst
  readonly #qualities: LegQualities
  readonly #capture: CaptureSwitch
  #bonding = false
  readonly #use = new HomeUse()
  #standby: Pick<HomeNow, 'natIdleMs' | 'standby'>

  /** `remotes`: the concentrator's addresses in the order of preference. */
  constructor(config: SteeringConfig, remotes: readonly Endpoint[], parts: SteeringParts) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.settled = promise
    this.#settle = resolve
    this.#parts = parts
    this.#interfaces = { dsl: config.legs.dsl.interface, lte: config.legs.lte.interface }
    this.#remotes = remotes
    this.#watched = watchLegs(config.probes)
    this.#legs = { dsl: this.#watched.dsl.health, lte: this.#watched.lte.health }
    this.#standby = { standby: config.standby, natIdleMs: config.probes.lteNatIdleS * 1_000 }
    this.#news = new LegNews(parts.log)
    this.#unbonded = new UnbondedWay(parts)
    this.#capture = new CaptureSwitch(parts, resolve)
    this.#dslFirst = new DslFirst(
      overflowPolicy(config),
      dslLine(config),
      (direction, engaged, text, nowMs) => {
        this.#reasons.note({ direction, engaged, text }, nowMs)
        this.#news.decided(direction, engaged, text)
      },
    )
    this.#qualities = new LegQualities(this.#reasons, (reason) =>
      parts.log.info('quicker leg', { reason }),
    )
    this.#concentrator = new ConcentratorHealth([this.#legs.dsl, this.#legs.lte])
  }

  /** Judge by this policy from now on. */
  adopt(policy: Pick<CpeConfig, 'overflow' | 'standby'>): void {
    this.#dslFirst.adopt(overflowPolicy(policy))
    this.#standby = { ...this.#standby, standby: policy.standby }
  }

  /** For whoever shows it: state and reason of each leg and of the concentrator. */
  status() {
    const leg = (name: LegName) => {
      const { state, reason, rttMs } = this.#legs[name]
      return { state, reason, rttMs }
    }
    const { state, reason } = this.#concentrator
    const legs = { dsl: leg('dsl'), lte: leg('lte') }
    const help = this.#dslFirst.status()
    return {
      legs,
      concentrator: { state, reason },
      active: this.#unbonded.leg,
      help,
      quality: this.#qualities.now,
      counts: this.#reasons.counts,
    }
  }

  /** What is known of the legs, each with its age. */
  reports(nowMs: number): Record<LegName, LegReport> {
    return reportsOf(this.#watched, nowMs)
  }

  /** Why LTE was used or not, the oldest first; `unixMs` is what a wall clock shows at `nowMs`. */
  reasons(nowMs: number, unixMs: number): readonly Reason[] {
    return this.#reasons.list(nowMs, unixMs)
  }

  /** There is a leg that may carry something, and yet the concentrator answers on none. */
  get concentratorMissed(): boolean {
    return this.#concentrator.state === 'unreachable' && this.#unbonded.leg !== undefined
  }

  /** The echo of a probe has arrived. */
  heard(leg: LegName, number: number, rttMs: number, nowMs: number, said: EchoSaid): void {
    this.#legs[leg].echo(number, rttMs, nowMs)
    this.#watched[leg].shapedTo(said.shapedKbps)
    if (leg === 'dsl') this.#dslFirst.heard(rttMs, nowMs, said)
    this.#qualities.heard(leg, number, rttMs, nowMs)
  }

  /** A data thread doubts the concentrator. */
  suspect(nowMs: number): void {
    this.#concentrator.suspect(nowMs)
  }

  /** One look, one judgement, what follows from it. Milliseconds until the next. */
  tick(nowMs: number): number {
    const seen = this.#parts.links.look(nowMs)
    const { barred, budget } = this.#parts.allowance(seen.lte.counters, nowMs)
    const samples = withLteBarred(seen, barred)
    for (const leg of LEGS) this.#watched[leg].observe(samples[leg], nowMs)
    this.#concentrator.judge(nowMs)
    for (const leg of LEGS) this.#follow(leg, samples[leg].facts)
    this.#ask(nowMs)
    this.#publish(samples, nowMs)
    this.#steer(samples, budget, nowMs)
    this.#news.say(this.#legs, this.#concentrator, this.#bonding)
    this.#route(samples, nowMs)
    const doubt = LEGS.some((leg) => this.#legs[leg].askedSinceMs !== undefined)
    return doubt ? DOUBT_TICK_MS : TICK_MS
  }

  /** Routes and probes go where the leg is now. Without a socket, the next tick tries again. */
  #follow(leg: LegName, facts: LinkFacts): void {
    const { missing, ifIndex } = facts
    this.#unbonded.place(leg, facts, this.#legs[leg].state === 'dead')
    const ends = missing === undefined ? wayOf(facts, this.#remotes) : undefined
    const way = ends && { device: this.#interfaces[leg], ifIndex, ...ends }
    this.#parts.probes.place(leg, way)
  }

  #ask(nowMs: number): void {
    for (const leg of LEGS) {
      const queueWanted = leg === 'dsl' && this.#dslFirst.wantsProbe(nowMs)
      const wanted = this.#legs[leg].wantsProbe(nowMs) || this.#qualities.wantsProbe(leg, nowMs)
      if (!wanted && !queueWanted) continue
      const number = this.#parts.probes.ask(leg)
      if (number === undefined) continue
      this.#legs[leg].probeSent(number, nowMs)
      this.#qualities.probeSent(leg, number, nowMs)
    }
  }

  #publish(samples: LinkSamples, nowMs: number): void {
    const { board, lanConnections, measuring, wake } = this.#parts
    // What a test carries is no use of LTE.
    const lteBytes = measuring() ? undefined : bytesOf(samples.lte.counters)
    const lteAlone = this.#legs.dsl.state === 'dead' && this.#legs.lte.inService
    this.#use.observe({ opened: lanConnections(), lteBytes, lteAlone }, nowMs)
    const { state } = this.#concentrator
    // Suspicion alone changes nothing; but a concentrator never seen is not one to send flows to.
    if (state === 'reachable') this.#bonding = true
    if (state === 'unreachable') this.#bonding = false

    let changed = board.writeHouse(
      this.#bonding,
      this.#standby.standby === 'hot' && this.#use.lteUsed(nowMs),
    )
    for (const leg of LEGS) {
      const { ifIndex, address4, address6 } = samples[leg].facts
      const health = this.#legs[leg]
      const up = health.present && (health.state === 'up' || health.state === 'suspect')
      const srttUs = Math.round((health.rttMs ?? 0) * 1_000)
      if (board.writeLeg(leg, { up, ifIndex, address4, address6, srttUs })) changed = true
    }
    if (changed) wake()
  }

  #steer(samples: LinkSamples, budget: Budget, nowMs: number): void {
    const { flows, paths, guard, shaper, transfers } = this.#parts
    const steered = (leg: LegName): SteeredLeg => {
      const { state, reason } = this.#legs[leg]
      const { facts, counters } = samples[leg]
      return { path: facts.path, counters, dead: state === 'dead' ? reason : undefined }
    }
    const waiting = () => shaper.waitingUp(samples.dsl.facts.ifIndex)
    const legs = { dsl: { ...steered('dsl'), waiting }, lte: steered('lte'), transfers }
    this.#dslFirst.measuring = this.#parts.measuring()
    const others = this.#dslFirst.judge(legs, () => overflowing(flows()), budget, nowMs)
    const qualified = (leg: LegName) => ({ path: legs[leg].path, state: this.#legs[leg].state })
    const both = { dsl: qualified('dsl'), lte: qualified('lte') }
    const used = this.#parts.classesInUse()
    // A month that is spent has no LTE for the smallest delay, only for a dead DSL.
    const interactive = used.interactive && !budget.spent
    const moved = this.#qualities.judge(both, { ...used, interactive }, nowMs)
    const { now } = this.#qualities
    if (moved) this.#parts.board.writeQuicker(now.quicker)
    const pathLegs = this.#pathLegs(samples)
    const counted = guard.look(pathLegs.lte, nowMs)
    if (others || moved || counted) paths.lookAgain()
    const lteUsed = this.#use.lteUsed(nowMs)
    paths.steer(
      pathLegs,
      { ...this.#standby, active: this.#use.active(nowMs), lteUsed },
      () => marked(flows(), this.#dslFirst, budget.spent, now, guard.of),
      nowMs,
    )
  }

  #pathLegs(samples: LinkSamples): PathLegs {
    const pathLeg = (leg: LegName): PathLeg => {
      const { ifIndex, address4, address6 } = samples[leg].facts
      return { use: this.#useOf(leg), ifIndex, address4, address6 }
    }
    return { dsl: pathLeg('dsl'), lte: pathLeg('lte') }
  }

  #useOf(leg: LegName): LegUse {
    const { state } = this.#legs[leg]
    if (state === 'dead') return 'dead'
    // A suspicion is over in a moment, one way or the other. But while nobody answers, a leg that
    // carries other bytes proves nothing for subflows.
    const certain = state !== 'unknown' && this.#concentrator.state !== 'unreachable'
    return certain ? 'up' : 'doubtful'
  }

  /** Unbonded flows, and whether anything is captured at all. */
  #route(samples: LinkSamples, nowMs: number): void {
    this.#unbonded.follow(samples, this.#legs)
    if (this.#concentrator.state === 'unreachable') this.#settle()
    this.#capture.follow(this.#bonding, nowMs)
  }
}

function bytesOf(counters: LegCounters | undefined): number | undefined {
  return counters && counters.rxBytes + counters.txBytes
}

const TICK_MS = 20
const DOUBT_TICK_MS = 10
