/**
 * `hybridge top`: a daemon on this machine, live in the terminal. On a router both legs, what limits the home, its
 * connections and the last decisions; on a concentrator its counters and how they run.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { type Facts, factsOf, socketOf } from './facts.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { bytes, table } from './table.ts'

export function topCommand(): Command {
  return new Command('top')
    .description('A daemon on this machine, live: legs, connections, decisions.')
    .option('--once', 'one look, for scripts')
    .option('--every <S>', 'seconds between two looks', Number, 1)
    .option('--socket <FILE>', 'of the daemon; found when one runs here')
    .option('--json', JSON_HELP)
    .action(async (options: Json & { once?: true; every: number; socket?: string }) => {
      const socket = socketOf(options.socket)
      const first = await factsOf(socket)
      if (options.once || options.json)
        return show(options.json, first, () => screen(first, undefined))
      let before = first
      let beforeMs = performance.now()
      for (;;) {
        await pause(Math.max(EVERY_S_MIN, options.every) * 1_000)
        const now = await factsOf(socket)
        const nowMs = performance.now()
        process.stdout.write(`${CLEAR}${screen(now, { facts: before, ms: nowMs - beforeMs })}\n`)
        before = now
        beforeMs = nowMs
      }
    })
}

interface Before {
  readonly facts: Facts
  readonly ms: number
}

/** One look as text; with one `before`, counters have how fast they run. */
export function screen(facts: Facts, before: Before | undefined): string {
  const parts = facts['daemon'] === 'cpe' ? homeParts(facts) : []
  return [
    `${String(facts['daemon'])} ${String(facts['release'])}`,
    ...parts,
    counted(facts, before),
  ].join('\n\n')
}

interface Aged {
  readonly value: number
}
interface Leg {
  readonly state: string
  readonly reason: string
  readonly load: { readonly down?: Aged; readonly up?: Aged }
  readonly capacity?: { readonly down?: number; readonly up?: number }
  readonly rttMs?: Aged
  readonly queueMs?: number
}

function homeParts(facts: Facts): string[] {
  const legs = facts['legs'] as Readonly<Record<string, Leg>>
  const { state, reason } = facts['concentrator'] as Leg
  const help = facts['help'] as Readonly<Record<string, { readonly engaged: boolean }>>
  const helps = ['down', 'up'].filter((direction) => help[direction]?.engaged)
  const verdict = facts['verdict'] as { readonly sentence: string } | undefined
  const flows = facts['flows'] as ReadonlyArray<Readonly<Record<string, unknown>>>
  const reasons = facts['reasons'] as ReadonlyArray<{
    readonly unixMs: number
    readonly text: string
  }>
  return [
    [
      `concentrator ${state}: ${reason}`,
      `LTE ${String(facts['lte'])}, ${helps.length === 0 ? 'rests' : `helps ${helps.join(' and ')}`}`,
      verdict?.sentence ?? 'No verdict yet.',
    ].join('\n'),
    table(
      ['LEG', 'STATE', 'DOWN', 'UP', 'OF DOWN', 'OF UP', 'RTT MS', 'QUEUE MS', 'WHY'],
      Object.entries(legs).map(([name, leg]) => [
        name,
        leg.state,
        mbps(leg.load.down?.value),
        mbps(leg.load.up?.value),
        mbps(leg.capacity?.down),
        mbps(leg.capacity?.up),
        leg.rttMs?.value.toFixed(0),
        leg.queueMs?.toFixed(0),
        leg.reason,
      ]),
    ),
    table(
      ['CONNECTION', 'CLASS', 'UP', 'DOWN'],
      flows
        .slice(0, ROWS)
        .map((flow) => [
          flow['token'],
          flow['serviceClass'],
          bytes(flow['upBytes']),
          bytes(flow['downBytes']),
        ]),
    ),
    table(
      ['AT', 'DECISION'],
      reasons
        .slice(-ROWS)
        .map(({ unixMs, text }) => [new Date(unixMs).toISOString().slice(11, 19), text]),
    ),
  ]
}

/** Counters that are not 0, and what they have gained a second. */
function counted(facts: Facts, before: Before | undefined): string {
  const now = facts['counters'] as Readonly<Record<string, number>>
  const then = before?.facts['counters'] as Readonly<Record<string, number>> | undefined
  const rows = Object.entries(now).flatMap(([name, value]) => {
    if (value === 0 || name.endsWith('Ms')) return []
    const gained =
      before === undefined ? 0 : ((value - (then?.[name] ?? value)) * 1_000) / before.ms
    return [[name, Math.round(value), gained === 0 ? '' : `${gained.toFixed(1)}/s`]]
  })
  return table(['COUNTER', 'SINCE START', ''], rows)
}

function mbps(bytesPerMs: number | undefined): string | undefined {
  return bytesPerMs === undefined ? undefined : (bytesPerMs / BYTES_PER_MS_AND_MBPS).toFixed(1)
}

const BYTES_PER_MS_AND_MBPS = 125
const ROWS = 10
const EVERY_S_MIN = 0.2
/** The terminal's own words: to the corner, and nothing below. */
const CLEAR = '\u001B[H\u001B[J'
