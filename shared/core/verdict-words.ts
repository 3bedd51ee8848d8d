/**
 * A verdict for who runs the network: what limits, with the numbers it was judged from, in one sentence.
 *
 *    LTE is at its cap: 8.0 of 8.0 Mbit/s; DSL carried 16.1 of 16.4. Down, 98 % of what was allowed.
 */
import type { LegName } from './leg.ts'
import { percent } from './percent.ts'
import { causeOf, isKeptOut, type Limit, type Verdict } from './verdict.ts'
import type { HomeInterval, StreetInterval } from './verdict-facts.ts'

export function sentenceFor(
  verdict: Verdict,
  home: HomeInterval,
  street: StreetInterval | undefined,
): string {
  const way = verdict.direction === 'down' ? 'Down' : 'Up'
  const { efficiency } = verdict
  const share =
    efficiency === undefined ? 'allowed unknown' : `${percent(efficiency)} of what was allowed`
  const tail = causeOf(verdict.limit) === 'demand' ? '' : ` ${way}, ${share}.`
  return `${WORDS[verdict.limit]({ verdict, home, street })}.${tail}`
}

interface Told {
  readonly verdict: Verdict
  readonly home: HomeInterval
  readonly street: StreetInterval | undefined
}

const WORDS: Readonly<Record<Limit, (told: Told) => string>> = {
  'demand/idle': (told) => `Hardly anything was asked for: ${total(told)}`,
  'demand/met': (told) => `Nothing waited: ${total(told)} was all that was asked for`,
  'demand/device': ({ home, ...told }) =>
    `A LAN host takes no more: bytes waited for it ${percent(home.lanHeldShare)} of the time, ${total({ home, ...told })}`,
  'demand/tested': (told) => `A speed test ran: ${total(told)} with its own bytes`,
  'dsl-sync/full': (told) => `The lines are full: ${leg(told, 'dsl')}, ${leg(told, 'lte')}`,
  'dsl-sync/down': (told) =>
    `DSL could carry ${percent(told.home.legs.dsl.upShare)} of the time; ${leg(told, 'lte')}`,
  'lte-cap/full': (told) => `LTE is at its cap: ${leg(told, 'lte')}; ${leg(told, 'dsl')}`,
  'lte-budget/spent': (told) => `The month's LTE is spent; ${leg(told, 'dsl')}`,
  'lte-budget/throttled': (told) =>
    `The month's LTE is spent and LTE throttled: ${leg(told, 'lte')}; ${leg(told, 'dsl')}`,
  'lte-budget/roaming': (told) => `LTE roams and may carry nothing; ${leg(told, 'dsl')}`,
  'cell/congested': (told) =>
    isKeptOut(told.home, told.verdict.direction)
      ? `LTE has slowed the home down and is kept out: ${leg(told, 'lte')}; ${leg(told, 'dsl')}`
      : `The cell is crowded: ${leg(told, 'lte')}, with a queue of ${Math.round(told.home.legs.lte.queueMs ?? 0)} ms`,
  'lossy-leg/dsl': (told) => `DSL loses ${lost(told, 'dsl')}: ${leg(told, 'dsl')}`,
  'lossy-leg/lte': (told) => `LTE loses ${lost(told, 'lte')}: ${leg(told, 'lte')}`,
  'window/room left': (told) =>
    `Bytes waited, and no line was full, lossy or crowded: ${leg(told, 'dsl')}, ${leg(told, 'lte')}`,
  'stripped/plain TCP': ({ home, ...told }) =>
    `${percent(home.plainShare ?? 0)} went over plain TCP: a path strips MPTCP; ${leg({ home, ...told }, 'dsl')}`,
  'cpe-processor/busy': ({ home }) =>
    `The router is at ${percent(home.processorShare ?? 0)} of a processor`,
  'concentrator/busy': ({ street }) =>
    `The concentrator is at ${percent(street?.processorShare ?? 0)} of a processor`,
  'concentrator/away': ({ home }) =>
    `The concentrator answered ${percent(home.bondedShare)} of the time; the rest left unbonded`,
  'far-server/slow': (told) => `The server sends no faster: ${total(told)}, and nothing waited`,
  'far-server/takes no more': ({ street, ...told }) =>
    `The server takes no more: bytes waited for it ${percent(street?.serverHeldShare ?? 0)} of the time, ${total({ street, ...told })}`,
}

/** `DSL carried 16.1 of 16.4 Mbit/s`. */
function leg({ verdict: { direction }, home }: Told, name: LegName): string {
  const { carried, capacity, cap, upShare } = home.legs[name]
  const title = name.toUpperCase()
  if (upShare < DOWN) return `${title} is down`
  const most = Math.min(capacity[direction] ?? Infinity, cap[direction] ?? Infinity)
  const of = most === Infinity ? '' : ` of ${mbps(most)}`
  return `${title} carried ${mbps(carried[direction])}${of} Mbit/s`
}

function lost({ verdict: { direction }, home }: Told, name: LegName): string {
  const share = home.legs[name].lostShare[direction] ?? 0
  return `${(100 * share).toFixed(1)} % without a queue`
}

function total({ verdict: { carried } }: Told): string {
  return `${mbps(carried)} Mbit/s`
}

function mbps(bytesPerMs: number): string {
  return (bytesPerMs / BYTES_PER_MS).toFixed(1)
}

/** In a Mbit/s. */
const BYTES_PER_MS = 125
const DOWN = 0.05
