/**
 * A day as a home may have had it, for pictures: nobody waits for one. It is written into the agent's own file, and
 * everything else on the pictures is measured.
 */
import { writeFileSync } from 'node:fs'
import { DayHistory } from '../../shared/core/day-history.ts'

/** `file`: the agent's, which does not run. The day ends at `nowMs`. */
export function paintDay(file: string, nowMs: number): void {
  const day = new DayHistory()
  const chance = chanceFrom(SEED)
  let film = 0
  for (let ago = MINUTES; ago > 0; ago--) {
    // As if it were twenty to ten in the evening, wherever and whenever the picture is made.
    const hour = (HOUR_NOW - ago / 60 + 24) % 24
    const busy = busyAt(hour)
    if (film <= 0 && chance() < busy / 12 - 0.01) film = 20 + 80 * chance()
    film--
    const wanted =
      60 * (0.02 + busy * (0.2 + 0.5 * chance()) + (film > 0 ? 1.2 + 5 * busy : 0)) * MBYTE_PER_S
    const dead = ago > 500 && ago < 512
    const carried = dead ? 0 : Math.min(wanted, DSL_BYTES)
    const rest = dead ? wanted : Math.max(0, wanted - DSL_BYTES)
    const downBytes = { dsl: carried, lte: Math.min(rest, LTE_BYTES) }
    const upBytes = { dsl: 0.06 * carried + 2e6 * busy * chance(), lte: 0.05 * downBytes.lte }
    const leg = (name: 'dsl' | 'lte') => ({
      downBytes: downBytes[name],
      upBytes: upBytes[name],
      dead: name === 'dsl' && dead,
    })
    day.note({ dsl: leg('dsl'), lte: leg('lte') }, 60, nowMs - ago * MINUTE_MS)
  }
  const helped = (agoMin: number, forS: number, kind: string, direction = 'down') => ({
    direction,
    fromMs: nowMs - agoMin * MINUTE_MS,
    untilMs: nowMs - agoMin * MINUTE_MS + forS * 1_000,
    kind,
  })
  const episodes = [
    helped(511, 660, 'dsl-down'),
    helped(511, 660, 'dsl-down', 'up'),
    helped(154, 246, 'dsl-full'),
    helped(96, 41, 'dsl-queue', 'up'),
    helped(61, 733, 'dsl-full'),
  ]
  writeFileSync(file, JSON.stringify({ savedMs: nowMs, minutes: day.rows(nowMs), episodes }))
}

/** From 0 to 1. */
function busyAt(hour: number): number {
  const peak = (at: number, wide: number) => Math.exp(-(((hour - at) / wide) ** 2))
  return Math.min(1, 0.04 + 0.35 * peak(8, 1.5) + 0.3 * peak(13, 2) + peak(20.5, 2))
}

/** The same day each time. */
function chanceFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const SEED = 7
const MINUTES = 1_440
const MINUTE_MS = 60_000
const HOUR_NOW = 21 + 40 / 60
const MBYTE_PER_S = 1e6
/** What a minute of each line carries at most. */
const DSL_BYTES = 60 * 5.9e6
const LTE_BYTES = 60 * 3.5e6
