/**
 * Who wants what in a painted evening: pages, films, long transfers one after the other.
 */
import { mulberry32 } from './chance.fake.ts'
import type { Direction } from './dsl-queue.ts'
import type { Cause } from './verdict.ts'

/** An evening is painted in steps of this length. */
export const STEP_MS = 200

/** Somebody or something that wants to have bytes carried. */
export interface Source {
  readonly direction: Direction
  /** Bytes that are wanted in a step that ends then. */
  readonly wants: (nowMs: number) => number
  /** A long transfer; a page or a chunk of a film is over soon. */
  readonly long: boolean
  /** What the host in the home takes, or the server upwards; bytes a millisecond. */
  readonly takes: number
  waits: number
  active: boolean
}

export class Dice {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = mulberry32(seed)
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.#random()
  }

  chance(of: number): boolean {
    return this.#random() < of
  }

  one<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!
  }
}

/** Who is at home on an evening with that trouble; rates of the lines in bytes a millisecond. */
export function peopleOf(
  dice: Dice,
  cause: Cause,
  dsl: Readonly<Record<Direction, number>>,
  lte: Readonly<Record<Direction, number>>,
): Source[] {
  const people = [surf(dice, 'down', 1), surf(dice, 'up', 0.1)]
  if (cause === 'demand') {
    const kind = dice.one(['idle', 'surf', 'film', 'device', 'film'])
    if (kind === 'surf') for (let i = 0; i < 3; i++) people.push(surf(dice, 'down', 1))
    if (kind === 'film') people.push(film(dice, dsl.down * dice.between(0.2, 0.7)))
    const takes = dsl.down * dice.between(0.15, 0.6)
    if (kind === 'device') people.push(transfers(dice, 'down', { comes: 3 * takes, takes }))
    return people
  }
  if (cause === 'far-server') {
    const share = dice.between(0.1, 0.8)
    const up = { comes: 3 * dsl.up * share, takes: dsl.up * share }
    const down = { comes: dsl.down * share, takes: Infinity }
    people.push(dice.chance(0.4) ? transfers(dice, 'up', up) : transfers(dice, 'down', down))
    return people
  }
  const direction = dice.chance(0.75) ? 'down' : 'up'
  const comes = (dsl[direction] + lte[direction]) * dice.between(1.3, 3)
  people.push(transfers(dice, direction, { comes, takes: Infinity }))
  if (dice.chance(0.4)) people.push(film(dice, dsl.down * dice.between(0.1, 0.4)))
  return people
}

/** Pages: pieces of some hundred kilobytes, a few of them a minute. */
function surf(dice: Dice, direction: Direction, scale: number): Source {
  const wants = () => (dice.chance(0.02) ? dice.between(1e5, 3e6) * scale : 0)
  return { direction, wants, long: false, takes: Infinity, ...NOTHING_YET }
}

function film(dice: Dice, bytesPerMs: number): Source {
  const chunkMs = dice.between(4_000, 10_000)
  let nextMs = dice.between(0, chunkMs)
  const wants = (nowMs: number) => {
    if (nowMs < nextMs) return 0
    nextMs += chunkMs
    return bytesPerMs * chunkMs * dice.between(0.7, 1.2)
  }
  return { direction: 'down', wants, long: false, takes: Infinity, ...NOTHING_YET }
}

/** Downloads or uploads one after the other, with pauses: they come at a rate, to somebody who takes so much. */
function transfers(
  dice: Dice,
  direction: Direction,
  rate: { readonly comes: number; readonly takes: number },
): Source {
  let on = true
  let turnMs = dice.between(60_000, 300_000)
  const wants = (nowMs: number) => {
    if (nowMs >= turnMs) {
      on = !on
      turnMs = nowMs + (on ? dice.between(60_000, 300_000) : dice.between(5_000, 40_000))
    }
    return on ? rate.comes * STEP_MS * dice.between(0.85, 1.15) : 0
  }
  return { direction, wants, long: true, takes: rate.takes, ...NOTHING_YET }
}

const NOTHING_YET = { waits: 0, active: false }
