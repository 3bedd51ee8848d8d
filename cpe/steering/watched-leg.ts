/**
 * One leg as steering watches it: its health, and what else its interface and its probes say, each with its age.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { LegName } from '../../shared/core/leg.ts'
import { LegHealth, type LegState } from '../../shared/core/leg-health.ts'
import type { ProbePolicy } from '../../shared/core/leg-question.ts'
import { LegTraffic } from '../../shared/core/leg-traffic.ts'
import { LoadMeter } from '../../shared/core/load-meter.ts'
import { ProbeTrack } from '../../shared/core/probe-track.ts'
import type { LinkSample } from './links.ts'

/** A number, and how old it is. */
export interface Aged {
  readonly value: number
  readonly ageMs: number
}

/** What is known of a leg. Loads and capacities in bytes a millisecond; undefined: not known. */
export interface LegReport {
  readonly state: LegState
  readonly reason: string
  /** For how long it has been in this state. */
  readonly sinceMs: number
  /** How often it has died since the start. */
  readonly downs: number
  /** Since anything came in by it. */
  readonly silentMs: number | undefined
  readonly load: Readonly<Record<'down' | 'up', Aged | undefined>>
  /** The most that it has carried of late. */
  readonly most: Readonly<Record<'down' | 'up', Aged | undefined>>
  /** Smoothed round trip to the concentrator, the least of late, and what the first is above the second. */
  readonly rttMs: Aged | undefined
  readonly rttFloorMs: number | undefined
  readonly queueMs: number | undefined
  /** Of the probes that left while nothing else did. */
  readonly lossShare: number | undefined
  /** What the concentrator shapes it to on its way to us, in bytes a millisecond; undefined: it does not. */
  readonly shapedDown: number | undefined
}

export class WatchedLeg {
  readonly health: LegHealth
  readonly #traffic = new LegTraffic()
  readonly #track = new ProbeTrack()
  readonly #load = { down: new LoadMeter(), up: new LoadMeter() }
  #path = ''
  #state: LegState = 'unknown'
  #turnedMs: number | undefined
  #downs = 0
  #shapedKbps = 0

  constructor(name: LegName, policy: ProbePolicy) {
    this.health = new LegHealth(name, policy, this.#traffic, this.#track)
  }

  observe({ facts: { missing, path }, counters }: LinkSample, nowMs: number): void {
    if (path !== this.#path) for (const load of Object.values(this.#load)) load.forget()
    this.#path = path
    this.#load.down.observe(counters?.rxBytes, nowMs)
    this.#load.up.observe(counters?.txBytes, nowMs)
    this.health.observe({ missing, path, counters }, nowMs)
    const { state } = this.health
    if (state !== this.#state) this.#turnedMs = nowMs
    if (state === 'dead' && this.#state !== 'dead') this.#downs++
    this.#turnedMs ??= nowMs
    this.#state = state
  }

  /** An echo has told what the concentrator shapes it to; 0: it does not. */
  shapedTo(kbps: number): void {
    this.#shapedKbps = kbps
  }

  report(nowMs: number): LegReport {
    const { state, reason, rttMs, echoMs } = this.health
    const { rttFloorMs } = this.#track
    const heardMs = Math.max(echoMs, this.#traffic.rxMs)
    const { down, up } = this.#load
    return {
      state,
      reason,
      sinceMs: Math.round(nowMs - (this.#turnedMs ?? nowMs)),
      downs: this.#downs,
      silentMs: heardMs === -Infinity ? undefined : Math.round(nowMs - heardMs),
      load: {
        down: aged(down.bytesPerMs, down.atMs, nowMs),
        up: aged(up.bytesPerMs, up.atMs, nowMs),
      },
      most: {
        down: aged(down.mostBytesPerMs(nowMs), down.mostMs, nowMs),
        up: aged(up.mostBytesPerMs(nowMs), up.mostMs, nowMs),
      },
      rttMs: rttMs === undefined ? undefined : aged(rttMs, echoMs, nowMs),
      rttFloorMs,
      queueMs: rttMs === undefined || rttFloorMs === undefined ? undefined : rttMs - rttFloorMs,
      lossShare: this.#track.lossShare,
      shapedDown: this.#shapedKbps === 0 ? undefined : this.#shapedKbps / KBPS,
    }
  }
}

export function watchLegs({
  idleDslS,
  idleLteS,
  retries,
}: CpeConfig['probes']): Record<LegName, WatchedLeg> {
  const dslMs = { idleMs: idleDslS * 1_000, companyMs: DSL_COMPANY_MS, lostMs: DSL_LOST_MS }
  // Every byte counts: a busy DSL is no reason to wake it, and a lost concentrator none to ask for ever.
  const lteMs = {
    idleMs: idleLteS * 1_000,
    companyMs: idleLteS * 1_000,
    lostMs: idleLteS * 1_000,
  }
  return {
    dsl: new WatchedLeg('dsl', { ...dslMs, retries }),
    lte: new WatchedLeg('lte', { ...lteMs, retries }),
  }
}

/** The same of both. */
export function reportsOf(
  legs: Readonly<Record<LegName, WatchedLeg>>,
  nowMs: number,
): Record<LegName, LegReport> {
  return { dsl: legs.dsl.report(nowMs), lte: legs.lte.report(nowMs) }
}

function aged(value: number, atMs: number, nowMs: number): Aged | undefined {
  return atMs === -Infinity ? undefined : { value, ageMs: Math.round(nowMs - atMs) }
}

/** In a byte a millisecond. */
const KBPS = 8
/** While LTE carries data, DSL costs nothing to ask. */
const DSL_COMPANY_MS = 1_000
const DSL_LOST_MS = 500
