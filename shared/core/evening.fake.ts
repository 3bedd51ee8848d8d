/**
 * Painted evenings, each with one true cause: two lines as fluids, people who want something, and the eyes of both ends,
 * which see it with noise. It knows nothing of how a verdict is reached.
 *
 *    people ──▶ wanted bytes ──▶ lines, processors, servers carry what they can ──▶ what waited, what was carried
 *                                                              looked at 50 times in an interval of 10 s
 */
import type { Direction } from './dsl-queue.ts'
import { type Counts, newCounts } from './evening-counts.fake.ts'
import { Dice, peopleOf, type Source, STEP_MS } from './evening-people.fake.ts'
import type { LegName } from './leg.ts'
import type { Cause } from './verdict.ts'
import type { HomeInterval, LteLeave, StreetInterval } from './verdict-facts.ts'

export interface PaintedInterval {
  readonly home: HomeInterval
  readonly street: StreetInterval | undefined
}

/** 200 s in intervals of 10 s. */
export function paintEvening(cause: Cause, seed: number): PaintedInterval[] {
  const evening = new Evening(cause, new Dice(seed))
  return Array.from({ length: INTERVALS }, () => evening.interval())
}

interface Line {
  /** Bytes a millisecond now. */
  readonly rate: Record<Direction, number>
  /** What it is known to carry, which may be more, and is never quite right. */
  readonly known: Record<Direction, number>
  readonly cap: Record<Direction, number>
  alive: boolean
  loss: number
  /** While it is full. */
  standingMs: number
}

class Evening {
  readonly #dice: Dice
  readonly #dsl: Line
  readonly #lte: Line
  readonly #sources: readonly Source[]
  #leave: LteLeave = 'allowed'
  /** Of what both lines could carry, what our end and theirs have time for; the sum of it in bytes a millisecond. */
  #cpuMost: Record<Direction, number> = { down: Infinity, up: Infinity }
  #homeCpu: number
  #streetCpu: number
  /** What order and windows leave of each line. */
  #windowed: Record<LegName, number> = { dsl: 1, lte: 1 }
  #plain = 0
  #away = false
  readonly #lteUnseen: boolean
  #nowMs = 0

  constructor(cause: Cause, dice: Dice) {
    this.#dice = dice
    const dslDown = this.#dice.between(0.75, 12.5) * 1_000
    const lteDown = this.#dice.between(0.6, 8) * 1_000
    this.#dsl = this.#line(dslDown, dslDown * this.#dice.between(0.1, 0.4), 0.95, 25)
    // Nobody has seen all that LTE can.
    this.#lte = this.#line(lteDown, lteDown * this.#dice.between(0.2, 0.6), 0.75, 40)
    this.#homeCpu = this.#dice.between(0.05, 0.85)
    this.#streetCpu = this.#dice.between(0.05, 0.85)
    this.#lteUnseen = this.#dice.chance(0.05)
    // Things that are there and do not matter.
    if (this.#dice.chance(0.3))
      for (const way of WAYS) this.#lte.cap[way] = this.#lte.rate[way] * this.#dice.between(1.5, 3)
    if (this.#dice.chance(0.2)) this.#dsl.loss = this.#dice.between(0, 0.001)
    this.#sources = peopleOf(dice, cause, this.#dsl.rate, this.#lte.rate)
    this.#cause(cause)
  }

  /** The evening's trouble. */
  #cause(cause: Cause): void {
    const dsl = this.#dsl
    const lte = this.#lte
    switch (cause) {
      case 'demand':
      case 'far-server':
        return
      case 'dsl-sync':
        this.#dice.one([dsl, lte, NO_LINE]).alive = false
        return
      case 'lte-cap':
        for (const way of WAYS) lte.cap[way] = lte.rate[way] * this.#dice.between(0.15, 0.75)
        return
      case 'lte-budget':
        this.#leave = this.#dice.one(['spent', 'throttled', 'roaming'])
        return
      case 'cell': {
        const left = this.#dice.between(0.1, 0.65)
        lte.rate.down *= left
        lte.rate.up *= left
        lte.standingMs = this.#dice.between(60, 400)
        return
      }
      case 'lossy-leg': {
        // What TCP makes of loss: the round trip and the root of the loss say how much of the line is left.
        const line = this.#dice.chance(0.5) ? dsl : lte
        line.loss = this.#dice.between(0.005, 0.04)
        line.rate.down *= this.#dice.between(0.15, 0.6)
        line.rate.up *= this.#dice.between(0.15, 0.6)
        line.standingMs = this.#dice.between(0, 8)
        return
      }
      case 'window':
        this.#windowed = { dsl: this.#dice.between(0.3, 0.8), lte: this.#dice.between(0.1, 0.7) }
        return
      case 'stripped':
        this.#plain = this.#dice.between(0.8, 1)
        this.#windowed = { dsl: 1, lte: 0 }
        return
      case 'cpe-processor':
        this.#homeCpu = this.#dice.between(0.94, 1)
        this.#slow()
        return
      case 'concentrator':
        this.#away = this.#dice.chance(0.4)
        if (this.#away) return
        this.#streetCpu = this.#dice.between(0.94, 1)
        this.#slow()
    }
  }

  /** So much of what both lines could carry, and no more, has somebody the time for. */
  #slow(): void {
    for (const way of WAYS) {
      this.#cpuMost[way] =
        (this.#dsl.rate[way] + this.#lte.rate[way]) * this.#dice.between(0.3, 0.85)
    }
  }

  interval(): PaintedInterval {
    const seen = newCounts()
    const untilMs = this.#nowMs + STEPS * STEP_MS
    // Once in a while something else happens, and is over soon.
    const blip = this.#dice.chance(0.08) ? this.#dice.one<LegName>(['dsl', 'lte']) : undefined
    while (this.#nowMs < untilMs) {
      this.#step(seen, untilMs - this.#nowMs < BLIP_MS ? blip : undefined)
      this.#nowMs += STEP_MS
    }
    return this.#told(seen, blip)
  }

  #step(seen: Counts, blip: LegName | undefined): void {
    const dslAlive = this.#dsl.alive && blip !== 'dsl'
    const lteAlive = this.#lte.alive && blip !== 'lte' && !(this.#leave === 'roaming')
    for (const source of this.#sources) {
      source.active = false
      const wanted = source.wants(this.#nowMs)
      // Who holds it takes no more than he has room for; the rest waits at its origin.
      source.waits = Math.min(source.waits + wanted, Math.max(wanted, HELD_BYTES))
      if (source.waits > 0) source.active = true
    }
    for (const direction of WAYS) {
      const mine = this.#sources.filter((source) => source.direction === direction)
      const noise = () => this.#dice.between(0.93, 1.02)
      const dslMost = dslAlive ? this.#dsl.rate[direction] * this.#windowed.dsl * noise() : 0
      const wanted = mine.reduce((sum, { waits, takes }) => {
        return sum + Math.min(waits, takes * STEP_MS)
      }, 0)
      const full = wanted > dslMost * STEP_MS * 0.95
      const helps =
        lteAlive &&
        full &&
        !this.#away &&
        (this.#leave === 'allowed' || !dslAlive || this.#leave === 'throttled')
      const throttle = this.#leave === 'throttled' ? 125 : Infinity
      const lteRate = Math.min(
        this.#lte.rate[direction] * this.#windowed.lte,
        this.#lte.cap[direction],
        throttle,
      )
      const lteMost = helps ? lteRate * noise() : 0
      const most = Math.min(dslMost + lteMost, this.#cpuMost[direction] * noise()) * STEP_MS
      const gone = Math.min(wanted, most)
      const byDsl =
        dslMost + lteMost === 0 ? 0 : Math.min(gone, (gone * dslMost) / (dslMost + lteMost))
      // DSL first: LTE has what DSL cannot carry.
      const dslPart = helps ? byDsl : Math.min(gone, dslMost * STEP_MS)
      seen.carried.dsl[direction] += dslPart
      seen.carried.lte[direction] += gone - dslPart
      if (helps) seen.helped[direction] += 1
      const share = wanted === 0 ? 0 : gone / wanted
      let held = false
      let served = false
      let refused = false
      for (const source of mine) {
        const offered = Math.min(source.waits, source.takes * STEP_MS)
        source.waits -= offered * share
        const rest = source.waits > RESIDUE_BYTES
        if (rest) held = true
        if (rest && source.takes < Infinity && share > 0.99) refused = true
        if (!rest && source.long && source.active) served = true
      }
      if (held) seen.held[direction] += 1
      else if (served) seen.served[direction] += 1
      if (refused) seen.refused[direction] += 1
    }
    if (dslAlive) seen.up.dsl += 1
    if (lteAlive || this.#leave === 'roaming') seen.up.lte += 1
  }

  #told(seen: Counts, blip: LegName | undefined): PaintedInterval {
    const share = (count: number) =>
      Math.min(1, Math.max(0, count / STEPS + this.#dice.between(-0.04, 0.04)))
    const leg = (name: LegName, line: Line) => {
      const rate = (direction: Direction) =>
        (seen.carried[name][direction] / (STEPS * STEP_MS)) * this.#dice.between(0.98, 1.03) +
        this.#dice.between(0.2, 3)
      const busy =
        seen.carried[name].down / (STEPS * STEP_MS) > 0.8 * line.rate.down ||
        seen.carried[name].up / (STEPS * STEP_MS) > 0.8 * line.rate.up
      return {
        upShare: share(seen.up[name]),
        carried: { down: rate('down'), up: rate('up') },
        capacity: name === 'lte' && this.#lteUnseen ? UNKNOWN : line.known,
        cap: { down: capOf(line.cap.down), up: capOf(line.cap.up) },
        queueMs: this.#dice.chance(0.1)
          ? undefined
          : this.#dice.between(0, 12) +
            (busy ? line.standingMs * this.#dice.between(0.7, 1.3) : 0) +
            (this.#dice.chance(0.05) ? this.#dice.between(0, 80) : 0),
        lostShare: {
          down: Math.max(
            0,
            line.loss * this.#dice.between(0.6, 1.4) +
              (blip === name ? this.#dice.between(0, 0.01) : this.#dice.between(0, 0.0008)),
          ),
          up: Math.max(0, line.loss * this.#dice.between(0.6, 1.4) + this.#dice.between(0, 0.0008)),
        },
      }
    }
    const windowShare = (held: number) =>
      share(this.#windowed.dsl < 1 ? held * this.#dice.between(0.75, 1) : 0)
    const home: HomeInterval = {
      legs: { dsl: leg('dsl', this.#dsl), lte: leg('lte', this.#lte) },
      lte: this.#leave,
      helpShare: { down: share(seen.helped.down), up: share(seen.helped.up) },
      keptOutShare: { down: 0, up: 0 },
      bondedShare: this.#away ? share(this.#dice.between(0, 0.1 * STEPS)) : 1,
      plainShare: this.#dice.chance(0.05)
        ? undefined
        : Math.max(0, this.#plain - this.#dice.between(0, 0.1)),
      processorShare: Math.min(1, this.#homeCpu * this.#dice.between(0.97, 1.03)),
      up: {
        heldShare: share(seen.held.up),
        servedShare: share(seen.served.up),
        windowShare: windowShare(seen.held.up),
      },
      lanHeldShare: share(seen.refused.down),
    }
    // A report that comes late, or a session that is away.
    if (this.#away || this.#dice.chance(0.05)) return { home, street: undefined }
    return {
      home,
      street: {
        processorShare: Math.min(1, this.#streetCpu * this.#dice.between(0.97, 1.03)),
        down: {
          heldShare: share(seen.held.down),
          servedShare: share(seen.served.down),
          windowShare: windowShare(seen.held.down),
        },
        serverHeldShare: share(seen.refused.up),
      },
    }
  }

  #line(down: number, up: number, seen: number, queueMs: number): Line {
    const error = () => this.#dice.between(seen, 1.05)
    return {
      rate: { down, up },
      known: { down: down * error(), up: up * error() },
      cap: { down: Infinity, up: Infinity },
      alive: true,
      loss: 0,
      standingMs: this.#dice.between(0.4, 1.4) * queueMs,
    }
  }
}

function capOf(most: number): number | undefined {
  return most === Infinity ? undefined : most
}

const WAYS: readonly Direction[] = ['down', 'up']
/** Both lines live. */
const NO_LINE = { alive: true }
const UNKNOWN = { down: undefined, up: undefined }
const INTERVALS = 20
const STEPS = 50
const BLIP_MS = 2_000
/** What a relay and its sockets hold of one transfer. */
const HELD_BYTES = 1_000_000
const RESIDUE_BYTES = 4_096
