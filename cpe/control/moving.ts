/**
 * When this home goes to another concentrator (ADR 0052). It leaves by starting anew: what was open here ends, and the next
 * start goes to the best that it has not just left. So it goes only when little is lost: the concentrator is silent, or
 * drains and nothing is open, or has drained for as long as it said.
 */
import { isDeepStrictEqual } from 'node:util'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { type DrainNotice, Leaving } from '../../shared/core/concentrator-choice.ts'
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { HouseFlow } from '../steering/house-flows.ts'
import type { Pointer } from './conversation.ts'
import type { GivenHome } from './given-home.ts'
import {
  type KeptConcentrators,
  keepConcentrators,
  nextConcentrator,
  readConcentrators,
} from './kept-concentrators.ts'
import type { CpeLog } from './log.ts'
import type { HouseStatus } from './reporter.ts'

export interface MovingHouse {
  readonly status: () => Pick<HouseStatus, 'concentrator' | 'legs'>
  readonly flows: () => Iterable<Pick<HouseFlow, 'pooled'>>
}

export class Moving {
  readonly #config: Pick<CpeConfig, 'concentrator' | 'stateDirectory' | 'subscriber'>
  readonly #log: Pick<CpeLog, 'info' | 'warn'>
  readonly #leaving = new Leaving()
  readonly #isLedAstray: boolean
  #kept: KeptConcentrators
  #drain: DrainNotice | undefined

  constructor(
    config: Pick<CpeConfig, 'concentrator' | 'stateDirectory' | 'subscriber'>,
    { mark, isLedAstray }: Pick<GivenHome, 'isLedAstray' | 'mark'>,
    log: Pick<CpeLog, 'info' | 'warn'>,
  ) {
    this.#config = config
    this.#log = log
    this.#isLedAstray = isLedAstray
    const { id } = config.subscriber
    this.#kept = readConcentrators(config.stateDirectory, mark) ?? { id, mark, list: [], left: {} }
  }

  /** The concentrator has said where else there is one, and whether it is being taken out itself. */
  told({ draining, leaveS, list }: Pointer, nowMs: number): void {
    if (draining && this.#drain === undefined) this.#log.info('concentrator drains', { leaveS })
    if (!draining && this.#drain !== undefined) this.#log.info('concentrator serves again')
    const sinceMs = this.#drain?.sinceMs ?? nowMs
    this.#drain = draining ? { sinceMs, leaveMs: leaveS * 1_000 } : undefined
    // Each session brings it again, and the file may lie on flash.
    const known = [...list]
    const own = this.#kept.list.find(({ pin }) => pin === this.#pin)
    // Who drains is not in its own list, and is to be come back to.
    if (draining && own !== undefined && !list.some(({ pin }) => pin === own.pin)) known.push(own)
    if (!isDeepStrictEqual(known, this.#kept.list)) this.#keep({ ...this.#kept, list: known })
  }

  /** True when it is time to go, and there is somewhere to go. */
  look(house: MovingHouse, nowMs: number, unixMs: number): boolean {
    const { concentrator, legs } = house.status()
    const dead = legs.dsl.state === 'dead' && legs.lte.state === 'dead'
    const reachable = concentrator.state === 'reachable' || dead
    let open = 0
    if (this.#drain !== undefined) for (const { pooled } of house.flows()) if (!pooled) open += 1
    const why = this.#leaving.judge({ reachable, open }, this.#drain, nowMs)
    if (why === undefined) return false
    const own = this.#kept.list.find(({ pin }) => pin === this.#pin)
    const left = own === undefined ? this.#kept.left : { ...this.#kept.left, [own.name]: unixMs }
    const next = nextConcentrator({ ...this.#kept, left }, unixMs)
    // What it was told may be wrong, and the file right: a concentrator that announces an address where it is not.
    const toFile = next === undefined && this.#isLedAstray && !reachable
    if (!toFile && (next === undefined || next.pin === this.#pin)) return false
    if (!this.#keep({ ...this.#kept, left })) return false
    const to = next === undefined ? 'the one of the file' : next.addresses
    this.#log.warn('home goes to another concentrator', { why, to })
    return true
  }

  /** Resolves when it is time to go; never after `signal`. */
  until(house: MovingHouse, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (signal.aborted) return clearInterval(timer)
        if (!this.look(house, performance.now(), Date.now())) return
        clearInterval(timer)
        resolve()
      }, LOOK_MS)
    })
  }

  get #pin(): string | undefined {
    return this.#config.concentrator.session?.pin
  }

  /** False where it cannot be kept: then the next start would know nothing of it. */
  #keep(kept: KeptConcentrators): boolean {
    this.#kept = kept
    try {
      keepConcentrators(this.#config.stateDirectory, kept)
      return true
    } catch (error) {
      this.#log.warn('concentrators not kept', { why: sentenceOf(error) })
      return false
    }
  }
}

const LOOK_MS = 1_000
