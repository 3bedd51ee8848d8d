/**
 * The control session with everything that it moves in the house, and that moves it.
 *
 *    clock ◀── time ─┐                      ┌─▶ steering: the session is a connection that it moves
 *    policy ◀────────┤ conversation, session┤
 *    data threads ◀──┘ cookies              ├─◀ reporter: how the legs are, and why
 *                                           └─▶ speed test: one that the operator wants
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { release } from '../../shared/daemon/arguments.ts'
import { type Fail, supervise } from '../../shared/daemon/supervise.ts'
import { readCounters } from '../../shared/linux/links.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import { credentialOf } from '../../shared/session/credential.ts'
import { controlSecret } from '../../shared/tunnel/keys.ts'
import type { IssuedCookie } from '../data/room.ts'
import type { HouseFlow } from '../steering/house-flows.ts'
import type { RunningSteering } from '../steering/steering.ts'
import { HouseClock } from './clock.ts'
import { dialSession } from './dial-session.ts'
import type { CpeLog } from './log.ts'
import type { Moving } from './moving.ts'
import type { RunningVerdicts } from './open-verdicts.ts'
import type { PolicyLayers } from './policy-layers.ts'
import { Reporter } from './reporter.ts'
import { HomeControl } from './session.ts'
import { OrderedTest, type OrderedTester } from './speed-test/ordered-test.ts'

export interface ControlOutside {
  readonly steering: Pick<RunningSteering, 'lte' | 'reasons' | 'status'>
  readonly policy: Pick<PolicyLayers, 'send'>
  readonly verdicts: Pick<RunningVerdicts, 'heard' | 'tell'>
  readonly moving: Pick<Moving, 'told'>
  readonly tester: OrderedTester
  /** A cookie for the data threads. */
  readonly issue: (cookie: IssuedCookie) => void
}

export type ControlConfig = Pick<CpeConfig, 'concentrator' | 'legs' | 'subscriber'>

export class Control {
  readonly clock = new HouseClock()
  readonly #config: ControlConfig
  readonly #board: LegBoard
  readonly #log: Pick<CpeLog, 'error' | 'info' | 'warn'>
  #session: HomeControl | undefined

  constructor(
    config: ControlConfig,
    board: LegBoard,
    log: Pick<CpeLog, 'error' | 'info' | 'warn'>,
  ) {
    this.#config = config
    this.#board = board
    this.#log = log
  }

  /** The house's connections, and the session's. */
  *flows(house: Iterable<HouseFlow>): Generator<HouseFlow> {
    yield* house
    if (this.#session !== undefined) yield* this.#session.flows()
  }

  /** A session stands. */
  get standing(): boolean {
    return this.#session?.standing ?? false
  }

  /** Hold a session until disposed of, if one is configured. */
  async start(outside: ControlOutside): Promise<AsyncDisposable> {
    if (this.#config.concentrator.session === undefined) return new AsyncDisposableStack()
    return supervise(
      (fail) => Promise.resolve(this.#run(outside, fail)),
      (why, againMs) => this.#log.error('control session failed', { why, againMs }),
    )
  }

  #run(outside: ControlOutside, fail: Fail): AsyncDisposable {
    const { steering, policy, verdicts, moving, tester, issue } = outside
    const { subscriber } = this.#config
    const board = this.#board
    const reporter = new Reporter()
    const route = new NetlinkSocket(Netlink.route)
    const stop = new AbortController()
    const counters = setInterval(() => {
      try {
        reporter.look(
          (leg) => readCounters(route, board.leg(leg).ifIndex),
          steering.status(),
          performance.now(),
        )
      } catch (error) {
        fail(error)
      }
    }, LOOK_MS)
    const session = new HomeControl({
      id: subscriber.id,
      credential: credentialOf(subscriber.secret ?? controlSecret(subscriber.cookie)),
      software: `hybridge ${release()}`,
      board,
      chance: Math.random,
      wait: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
      log: this.#log,
      dial: (leg) => dialSession(this.#config, leg, board.leg(leg)),
      timeIs: (unixMs) => this.clock.told(unixMs),
      policy: (sent) => policy.send(sent),
      concentrators: (pointer) => moving.told(pointer, performance.now()),
      report: () => {
        const reasons = steering.reasons()
        const nowMs = performance.now()
        const intervals = [...verdicts.tell(nowMs)]
        const unixMs = this.clock.unixMs()
        const report = reporter.report(steering.status(), steering.lte(), reasons, nowMs, unixMs)
        return { ...report, intervals }
      },
      heard: (street) => {
        reporter.heard()
        verdicts.heard(street)
      },
      // LTE pays for every byte.
      pace: (reportMs) => (board.leg('dsl').up ? reportMs : Math.max(reportMs, REPORT_LTE_MS)),
      opened: () => ordered.tellAgain(),
      speedTest: (order) => ordered.obey(order),
      cookie: (leg, family, cookie) => {
        const { address4, address6 } = board.leg(leg)
        const from = family === 'ipv4' ? address4 : address6
        if (from !== undefined) issue({ cookie, leg, from })
      },
    })
    const ordered = new OrderedTest(tester, (news) => session.tellTest(news))
    this.#session = session
    const kept = session.keep(stop.signal, fail).catch(fail)
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort()
        clearInterval(counters)
        await kept
        ordered[Symbol.dispose]()
        this.#session = undefined
        route[Symbol.dispose]()
      },
    }
  }
}

const LOOK_MS = 1_000
/** Below the concentrator's patience with a silent home. */
const REPORT_LTE_MS = 60_000
