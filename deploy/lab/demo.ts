#!/usr/bin/env node
/**
 * The main job, shown: a street is raised, a file is downloaded over DSL, over LTE, over both, and over
 * both while DSL is cut and healed.
 *
 *   npm run demo              with a live line and a table at the end
 *   npm run demo -- --json    the table as one object on stdout, progress on stderr
 */
import { Command } from 'commander'
import type { LegName } from '../../shared/core/leg.ts'
import { Screen } from './demo-screen.ts'
import { raiseStreet, type Street } from './lab.ts'
import { DEFAULT_PAIR, PAIRS } from './pairs.ts'
import { download, type Progress, steadyMbps, type Transfer } from './transfer.ts'

/** What the demo found. Rates are goodput of the download; the names are a promise to programs. */
export interface DemoResult {
  readonly dslMbps: number
  readonly lteMbps: number
  readonly bondedMbps: number
  /** The bond as a percentage of what the two lines carried alone. */
  readonly percentOfSum: number
  /** The longest time without a byte while DSL was cut and healed. */
  readonly longestGapMs: number
  readonly sha256Ok: boolean
  readonly ok: boolean
}

/** How long each rate is measured, and how much of the start is left to the lines to get going. */
const SECONDS = 8
const SETTLE_MS = 3_000
/** How long the story's file would take without the cut. */
const STORY_SECONDS = 9
const LIMITS = { percentOfSumMin: 90, longestGapMsMax: 500 } as const

const options = new Command('demo')
  .description('Show a download over DSL, over LTE, over both, and through the loss of DSL')
  .option('--json', 'one JSON object on stdout, progress on stderr')
  .option('--pair <name>', `the two lines: ${Object.keys(PAIRS).join(', ')}`, DEFAULT_PAIR)
  .option('--name <name>', 'name of the street, so that two can stand side by side', 'hyb-demo')
  .parse()
  .opts<{ json?: boolean; pair: string; name: string }>()

const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => abort.abort(new Error('Interrupted')))
}
const screen = new Screen(options.json === true ? process.stderr : process.stdout)
try {
  const result = await demo()
  screen.table(result, LIMITS)
  if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exitCode = result.ok ? 0 : 1
} catch (error) {
  screen.end()
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function demo(): Promise<DemoResult> {
  screen.say(`Raising a street on ${options.pair}: ${PAIRS[options.pair]?.about ?? 'unknown'}`)
  await using street = await raiseStreet({ name: options.name, pair: options.pair }, abort.signal)

  const dslMbps = await alone(street, 'dsl', 'lte')
  const lteMbps = await alone(street, 'lte', 'dsl')
  const bonded = await timed(street, 'DSL and LTE bonded')
  const bondedMbps = steadyMbps(bonded, SETTLE_MS)
  const story = await cutAndHeal(street, bondedMbps)

  const percentOfSum = (100 * bondedMbps) / (dslMbps + lteMbps)
  const longestGapMs = story.transfer.longestGapMs
  return {
    dslMbps: round(dslMbps),
    lteMbps: round(lteMbps),
    bondedMbps: round(bondedMbps),
    percentOfSum: round(percentOfSum),
    longestGapMs: Math.round(longestGapMs),
    sha256Ok: story.sha256Ok,
    ok:
      percentOfSum >= LIMITS.percentOfSumMin &&
      longestGapMs <= LIMITS.longestGapMsMax &&
      story.sha256Ok,
  }
}

/** What one line carries through the same street, the other being dead. */
async function alone(street: Street, leg: LegName, other: LegName): Promise<number> {
  await street.fail(other, 'link')
  const transfer = await timed(street, `${leg.toUpperCase()} alone`)
  await street.heal(other)
  return steadyMbps(transfer, SETTLE_MS)
}

async function timed(street: Street, title: string): Promise<Transfer> {
  const watch = screen.watch(street, title)
  const transfer = await download(street, '/bytes/4000000000', {
    seconds: SECONDS,
    onProgress: ({ atMs, bytes }) => watch.progress(bytes, atMs / (SECONDS * 1_000)),
  })
  await watch.done(`${round(steadyMbps(transfer, SETTLE_MS))} Mbit/s`)
  return transfer
}

/** A whole file; DSL is cut at a third of it and healed at two thirds. */
async function cutAndHeal(
  street: Street,
  mbps: number,
): Promise<{ transfer: Transfer; sha256Ok: boolean }> {
  const bytes = Math.round((mbps * 1_000_000 * STORY_SECONDS) / 8)
  const watch = screen.watch(street, 'bonded, DSL cut and healed')
  const weather: Array<{ readonly at: number; readonly what: string; act(): Promise<void> }> = [
    { at: 1 / 3, what: 'DSL is cut', act: () => street.fail('dsl', 'link') },
    { at: 2 / 3, what: 'DSL is back', act: () => street.heal('dsl') },
  ]
  const acts: Array<Promise<void>> = []
  const onProgress = (progress: Progress) => {
    const [next] = weather
    watch.progress(progress.bytes, progress.bytes / bytes)
    if (next === undefined || progress.bytes < next.at * bytes) return
    weather.shift()
    watch.event(next.what)
    acts.push(next.act())
  }
  const transfer = await download(street, `/bytes/${bytes}`, { onProgress })
  await Promise.all(acts)
  const { stdout } = await street.exec('internet', [
    'curl',
    '-sS',
    `http://127.0.0.1/sha256/${bytes}`,
  ])
  const sha256Ok = transfer.bytes === bytes && stdout.trim() === transfer.sha256
  await watch.done(`${(bytes / 1_000_000).toFixed(0)} MB ${sha256Ok ? 'whole' : 'NOT WHOLE'}`)
  return { transfer, sha256Ok }
}

function round(mbps: number): number {
  return Math.round(mbps * 10) / 10
}
