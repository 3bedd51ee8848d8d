/**
 * The speed test of a home (ADR 0051): DSL, LTE and both together, against its own concentrator, one after the other.
 *
 *     path ──▶ down ──▶ up        each with small questions beside it, on a connection of their own
 *
 * It takes what the lines have, so while it runs a full DSL is no reason for LTE to help: steering asks `isMeasuring`.
 */
import type { CpeConfig } from '../../../shared/config/cpe.ts'
import type { LegName } from '../../../shared/core/leg.ts'
import type { ServiceClass } from '../../../shared/core/service-class.ts'
import { planSpeedTest, type SpeedTestPart } from '../../../shared/core/speed-plan.ts'
import {
  type Family,
  type PathResult,
  type SpeedTestResult,
  type SpeedTestState,
  type Step,
  SUBJECTS,
  type Subject,
  type SubjectResult,
  type WhyNot,
} from '../../../shared/core/speed-result.ts'
import { SpeedTurns, type Starter, TURN_LIMITS } from '../../../shared/core/speed-turns.ts'
import { Netlink, NetlinkSocket } from '../../../shared/linux/netlink.ts'
import { dumpSubflows } from '../../../shared/linux/subflows.ts'
import { SpeedTestMode } from '../../../shared/wire/speed-test.ts'
import type { HouseFlow } from '../../steering/house-flows.ts'
import type { RunningSteering } from '../../steering/steering.ts'
import type { CpeLog } from '../log.ts'
import { TestConnection, TestFailure, type TestHome } from './connection.ts'
import { familiesOf, homeBy, lookAtPath } from './paths.ts'
import { Pings } from './pings.ts'
import { receive, send, type TransferLimits } from './transfer.ts'

export interface TesterParts extends Omit<TestHome, 'subflows'> {
  readonly config: TestHome['config'] & Pick<CpeConfig, 'speedTest'>
  readonly steering: () => Pick<RunningSteering, 'lte'>
  readonly nowMs: () => number
  readonly unixMs: () => number
  readonly log: Pick<CpeLog, 'error' | 'info'>
}

/** Why a test has not begun, and about when one may. */
export interface NoTurn {
  readonly why: 'runs' | 'often'
  readonly waitMs: number
}

export class SpeedTester {
  readonly #diagnosis = new NetlinkSocket(Netlink.diagnosis)
  readonly #parts: TesterParts & TestHome
  readonly #connections = new Set<TestConnection>()
  readonly #listeners = new Set<(state: SpeedTestState) => void>()
  #stop: AbortController | undefined
  #running: SpeedTestState['running']
  #result: SpeedTestResult | undefined
  #overMs = -Infinity
  readonly #turns: Readonly<Record<Starter, SpeedTurns>> = {
    household: new SpeedTurns(TURN_LIMITS.household),
    operator: new SpeedTurns(TURN_LIMITS.operator),
  }
  /** By which the one that runs reaches the concentrator. */
  readonly #family: Record<LegName, Family | undefined> = { dsl: undefined, lte: undefined }
  /** The one that runs has used it. */
  #usesLte = false

  constructor(parts: TesterParts) {
    this.#parts = { ...parts, subflows: () => dumpSubflows(this.#diagnosis) }
  }

  /** It runs, or has only just ended: the lines are as full as it has made them. */
  get isMeasuring(): boolean {
    return this.#stop !== undefined || this.#parts.nowMs() - this.#overMs < CALM_MS
  }

  get state(): SpeedTestState {
    const { megabytes, lteMegabytes } = this.#parts.config.speedTest
    return {
      megabytes,
      lteMegabytes: Math.min(lteMegabytes, megabytes),
      ...(this.#running !== undefined && { running: this.#running }),
      ...(this.#result !== undefined && { result: this.#result }),
    }
  }

  /** The connections of others, and the test's own. */
  *flows(others: Iterable<HouseFlow>): Generator<HouseFlow> {
    yield* others
    for (const connection of this.#connections) yield* connection.flows()
  }

  /** Hear of each step until disposed of. */
  watch(hear: (state: SpeedTestState) => void): Disposable {
    this.#listeners.add(hear)
    return { [Symbol.dispose]: () => void this.#listeners.delete(hear) }
  }

  /** Undefined where it has begun; else why not. Of `wanted` alone. */
  start(by: Starter, wanted: readonly Subject[] = SUBJECTS): NoTurn | undefined {
    if (this.#stop !== undefined) return { why: 'runs', waitMs: TEST_MS_USUAL }
    const turns = this.#turns[by]
    const waitMs = turns.waitMs(this.#parts.nowMs())
    if (waitMs > 0) return { why: 'often', waitMs }
    turns.began(this.#parts.nowMs())
    const stop = new AbortController()
    this.#stop = stop
    this.#result = { atMs: this.#parts.unixMs(), by, subjects: {}, usedBytes: 0, lteUsedBytes: 0 }
    this.#run(wanted, turns, stop.signal)
      .catch((error: unknown) => this.#parts.log.error('speed test failed', { why: String(error) }))
      .finally(() => {
        this.#stop = undefined
        this.#running = undefined
        this.#overMs = this.#parts.nowMs()
        turns.ended(this.#overMs)
        this.#parts.log.info('speed test', { ...this.#result })
        this.#tell()
      })
    return undefined
  }

  stop(): void {
    this.#stop?.abort()
  }

  [Symbol.dispose](): void {
    this.stop()
    for (const connection of this.#connections) connection[Symbol.dispose]()
    this.#diagnosis[Symbol.dispose]()
  }

  async #run(wanted: readonly Subject[], turns: SpeedTurns, signal: AbortSignal): Promise<void> {
    const plan = planSpeedTest(this.#parts.config.speedTest)
    this.#usesLte = false
    this.#family.dsl = undefined
    this.#family.lte = undefined
    for (const subject of SUBJECTS.filter((one) => wanted.includes(one))) {
      this.#step(subject, 'path')
      const why = signal.aborted ? 'stopped' : this.#whyNot(subject, turns)
      if (why !== undefined) {
        this.#learn(subject, { why })
        continue
      }
      if (subject !== 'dsl' && !this.#usesLte) turns.usedLte(this.#parts.nowMs())
      this.#usesLte ||= subject !== 'dsl'
      try {
        await this.#test(subject, plan[subject], signal)
      } catch (error) {
        if (!(error instanceof TestFailure)) throw error
        this.#learn(subject, { why: error.why })
      }
    }
  }

  /** What stands in the way; undefined where it can be tested. */
  #whyNot(subject: Subject, turns: SpeedTurns): WhyNot | undefined {
    const { board, config } = this.#parts
    const steering = this.#parts.steering()
    if (subject !== 'lte' && !board.leg('dsl').up) return 'down'
    if (subject === 'dsl') return undefined
    const { barred, budget } = steering.lte()
    if (config.speedTest.lteMegabytes === 0) return 'lteNotTested'
    if (budget.spent) return 'lteSpent'
    if (barred !== undefined) return 'lteOff'
    if (!board.leg('lte').up) return 'down'
    return this.#usesLte || turns.mayUseLte(this.#parts.nowMs()) ? undefined : 'lteOften'
  }

  async #test(subject: Subject, part: SpeedTestPart, signal: AbortSignal): Promise<void> {
    if (subject !== 'both') await this.#lookAtPaths(subject, signal)
    const echo = await this.#open(subject, SpeedTestMode.echo, 0, signal)
    try {
      const pings = new Pings(echo)
      const idleMs = await pings.medianMs(IDLE_PINGS)
      this.#learn(subject, { multipath: echo.token !== undefined, ...(idleMs && { idleMs }) })
      this.#step(subject, 'down')
      const down = { bytes: part.downBytes, lteBytes: part.lteDownBytes }
      const [downBitsPerS, loadedDownMs] = await this.#fill(subject, 'down', down, pings, signal)
      this.#learn(subject, { ...known({ downBitsPerS, loadedDownMs }) })
      this.#step(subject, 'up')
      const up = { bytes: part.upBytes, lteBytes: part.lteUpBytes }
      const [upBitsPerS, loadedUpMs] = await this.#fill(subject, 'up', up, pings, signal)
      this.#learn(subject, { ...known({ upBitsPerS, loadedUpMs }) })
    } finally {
      this.#close(echo)
    }
  }

  /** By the first family that reaches it, the leg is measured. */
  async #lookAtPaths(leg: LegName, signal: AbortSignal): Promise<void> {
    const { board, config } = this.#parts
    const { address4, address6 } = board.leg(leg)
    const own = { ipv4: address4, ipv6: address6 }
    const families = familiesOf(config.concentrator)
    const look = async (family: Family): Promise<PathResult> => {
      if (own[family] === undefined) return { why: 'noAddress' }
      const open = () => this.#open(leg, SpeedTestMode.echo, 0, signal, family)
      return await lookAtPath(open, (connection) => this.#close(connection))
    }
    const found = await Promise.all(families.map(look))
    const paths = Object.fromEntries(families.map((family, i) => [family, found[i]]))
    const family = families.find((_, i) => found[i]?.why === undefined)
    this.#family[leg] = family
    this.#learn(leg, { paths, ...(family !== undefined && { family }) })
  }

  /** Bits a second, and the median delay meanwhile. */
  async #fill(
    subject: Subject,
    direction: 'down' | 'up',
    { bytes, lteBytes }: { readonly bytes: number; readonly lteBytes: number },
    pings: Pings,
    signal: AbortSignal,
  ): Promise<readonly [number | undefined, number | undefined]> {
    const connection = await this.#open(subject, SpeedTestMode[direction], bytes, signal)
    try {
      const mayGoOn = () => subject !== 'both' || connection.carried().lte < lteBytes
      const limits: TransferLimits = { bytes, mayGoOn, signal }
      const filling = direction === 'down' ? receive(connection, limits) : send(connection, limits)
      const loadedMs = pings.medianMs(Infinity, filling)
      const bitsPerS = await filling
      const { mtuBytes } = connection
      this.#learn(subject, {
        multipath: connection.token !== undefined,
        ...(subject !== 'both' && mtuBytes !== undefined && { mtuBytes }),
      })
      return [bitsPerS, await loadedMs]
    } finally {
      this.#close(connection)
    }
  }

  async #open(
    subject: Subject,
    mode: SpeedTestMode,
    bytes: number,
    signal: AbortSignal,
    family: Family | undefined = this.#family[WAYS[subject].leg],
  ): Promise<TestConnection> {
    // It may have been stopped while the paths were looked at, or the delay.
    if (signal.aborted) throw new TestFailure('stopped')
    const { leg, serviceClass } = WAYS[subject]
    const order = { mode, bytes: mode === SpeedTestMode.down ? bytes : 0 }
    const home = family === undefined ? this.#parts : homeBy(this.#parts, family)
    const connection = await TestConnection.open(home, leg, serviceClass, order, signal)
    this.#connections.add(connection)
    return connection
  }

  #close(connection: TestConnection): void {
    const { dsl, lte } = connection.carried()
    this.#connections.delete(connection)
    connection[Symbol.dispose]()
    if (this.#result === undefined) return
    const { usedBytes, lteUsedBytes } = this.#result
    this.#result = {
      ...this.#result,
      usedBytes: usedBytes + dsl + lte,
      lteUsedBytes: lteUsedBytes + lte,
    }
  }

  #step(subject: Subject, step: Step): void {
    this.#running = { subject, step }
    this.#tell()
  }

  #learn(subject: Subject, learnt: SubjectResult): void {
    if (this.#result === undefined) return
    const { subjects } = this.#result
    const merged = { ...subjects[subject], ...learnt }
    this.#result = { ...this.#result, subjects: { ...subjects, [subject]: merged } }
    this.#tell()
  }

  #tell(): void {
    for (const hear of this.#listeners) hear(this.state)
  }
}

function known<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> }
}

const WAYS: Readonly<
  Record<Subject, { readonly leg: LegName; readonly serviceClass: ServiceClass }>
> = {
  dsl: { leg: 'dsl', serviceClass: 'dsl-only' },
  lte: { leg: 'lte', serviceClass: 'lte-only' },
  both: { leg: 'dsl', serviceClass: 'aggregate' },
}
const IDLE_PINGS = 12
/** What stood in queues has left, and averages have come down. */
const CALM_MS = 1_500
/** Of all three, on lines that carry some ten Mbit/s. */
const TEST_MS_USUAL = 20_000
