/**
 * DSL first, measured: what each line carries under a demand that stays the same, when LTE comes and goes,
 * and how often. Bytes are counted on the lines, decisions are read from the agent's log.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Street } from '../lab/lab.ts'
import type { LineChange } from '../lab/legs.ts'
import { logOf } from '../lab/onlooker.ts'
import { download } from '../lab/transfer.ts'
import { type Direction, iperf } from './iperf.ts'

export interface Steered {
  /** What both lines carried while it was steady, in Mbit/s of IP packets. */
  readonly carriedMbps: number
  readonly ltePercent: number
  /** LTE's share if DSL were full; 0 for a demand below that. */
  readonly idealPercent: number
  /** Of DSL's rate. */
  readonly dslPercent: number
  /** How often LTE was engaged while it was steady, and before. */
  readonly engaged: number
  /** From DSL's being half full to LTE's being engaged; undefined when it was not. */
  readonly engageMs: number | undefined
  /** From the end of the demand to LTE's being let go; undefined when it was not engaged. */
  readonly restMs: number | undefined
  /** Of each decision in this direction. */
  readonly reasons: readonly string[]
}

export interface Run {
  /** Seconds until it is taken to be steady, and for how long it is then measured. */
  readonly settleS: number
  readonly steadyS: number
}

/** `percent` of DSL's rate are asked for, by one connection; Infinity: whatever there is. */
export async function measureDemand(
  street: Street,
  direction: Direction,
  percent: number,
  run: Run,
  flows = 1,
): Promise<Steered> {
  const { dsl } = (await street.status()).legs
  const dslMbps = direction === 'down' ? dsl.downMbps : dsl.upMbps
  const seconds = run.settleS + run.steadyS
  const rate = Number.isFinite(percent)
    ? { mbps: ((percent / 100) * dslMbps * PAYLOAD_SHARE) / flows }
    : {}
  return watch(street, direction, run, () =>
    iperf(street, { direction, seconds, omitS: 0, flows, ...rate }),
  )
}

/** A film of `mbps` in chunks of 4 s, each fetched as fast as it comes. */
export function measureFilm(street: Street, mbps: number, run: Run): Promise<Steered> {
  const bytes = (mbps * CHUNK_MS * 1_000) / 8
  return watch(street, 'down', run, async () => {
    const untilMs = Date.now() + (run.settleS + run.steadyS) * 1_000
    for (let nextMs = Date.now(); nextMs < untilMs; nextMs += CHUNK_MS) {
      await download(street, `/bytes/${bytes}`)
      await sleep(Math.max(0, nextMs + CHUNK_MS - Date.now()))
    }
  })
}

/** How LTE turns bad, one after the other. */
export const BAD_LTE: ReadonlyArray<readonly [string, LineChange]> = [
  ['LTE to 3 Mbit/s', { downMbps: 3, upMbps: 3 }],
  ['LTE to 600 ms', { rttMs: 600 }],
  ['LTE to 10 % loss', { lossPercent: 10 }],
  ['LTE to 3 Mbit/s and 600 ms', { downMbps: 3, upMbps: 3, rttMs: 600 }],
]

/** Goodput of a download in the ten seconds after LTE, which helps it, has become what `change` says. */
export async function measureBadLte(street: Street, change: LineChange): Promise<number> {
  const { lte } = (await street.status()).legs
  const { downMbps, upMbps, rttMs, lossPercent } = lte
  const over = iperf(street, { direction: 'down', seconds: BAD_S, omitS: GOOD_S })
  await sleep(GOOD_S * 1_000)
  await street.line('lte', change)
  const mbps = await over
  await street.line('lte', { downMbps, upMbps, rttMs, lossPercent })
  return mbps
}

async function watch(
  street: Street,
  direction: Direction,
  { settleS, steadyS }: Run,
  demand: () => Promise<unknown>,
): Promise<Steered> {
  const { dsl } = (await street.status()).legs
  const dslMbps = direction === 'down' ? dsl.downMbps : dsl.upMbps
  const saidBefore = logOf(street, 'cpe').length
  const samples: Sample[] = []
  const over = demand().finally(() => {
    ended = true
  })
  let ended = false
  while (!ended) {
    samples.push(await sample(street, direction))
    await sleep(SAMPLE_MS)
  }
  await over
  const beganMs = samples[0]?.atMs ?? 0
  const steady = between(samples, beganMs + settleS * 1_000, beganMs + (settleS + steadyS) * 1_000)
  await sleep(REST_MS)
  const decisions = decisionsIn(logOf(street, 'cpe').slice(saidBefore), direction)
  const helps = decisions.filter(({ engaged }) => engaged)
  const busyMs = risesTo(samples, dslMbps / 2)
  const endMs = fallsBelow(samples, (steady.dslMbps + steady.lteMbps) / 2)
  const carriedMbps = steady.dslMbps + steady.lteMbps
  const [first] = helps
  const last = decisions.at(-1)
  return {
    carriedMbps,
    ltePercent: (100 * steady.lteMbps) / carriedMbps,
    idealPercent: Math.max(0, 100 * (1 - dslMbps / carriedMbps)),
    dslPercent: (100 * steady.dslMbps) / dslMbps,
    engaged: helps.length,
    engageMs: first && first.atMs - busyMs,
    restMs: last?.engaged === false && last.atMs > endMs ? last.atMs - endMs : undefined,
    reasons: decisions.map(({ engaged, reason }) => `${engaged ? 'helps' : 'rests'}: ${reason}`),
  }
}

interface Sample {
  readonly atMs: number
  readonly dslBytes: number
  readonly lteBytes: number
}

async function sample(street: Street, direction: Direction): Promise<Sample> {
  const { dsl, lte } = (await street.status()).legs
  const atMs = Date.now()
  return direction === 'down'
    ? { atMs, dslBytes: dsl.downBytes, lteBytes: lte.downBytes }
    : { atMs, dslBytes: dsl.upBytes, lteBytes: lte.upBytes }
}

function between(samples: readonly Sample[], fromMs: number, untilMs: number) {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs)
  const [first] = within
  const last = within.at(-1)
  if (first === undefined || last === undefined || first === last) {
    throw new RangeError('Cannot tell a rate: the demand was over before it was steady')
  }
  return ratesOf(first, last)
}

function ratesOf(from: Sample, to: Sample): { readonly dslMbps: number; readonly lteMbps: number } {
  const mbps = (bytes: number) => (bytes * 8) / 1_000 / (to.atMs - from.atMs)
  return {
    dslMbps: mbps(to.dslBytes - from.dslBytes),
    lteMbps: mbps(to.lteBytes - from.lteBytes),
  }
}

/** When DSL first carried so much. */
function risesTo(samples: readonly Sample[], mbps: number): number {
  const at = samples.findIndex((to, i) => {
    const from = samples[i - 1]
    return from !== undefined && ratesOf(from, to).dslMbps >= mbps
  })
  return samples[Math.max(0, at)]?.atMs ?? 0
}

/** When both lines last carried so much. */
function fallsBelow(samples: readonly Sample[], mbps: number): number {
  const at = samples.findLastIndex((to, i) => {
    const from = samples[i - 1]
    if (from === undefined) return false
    const { dslMbps, lteMbps } = ratesOf(from, to)
    return dslMbps + lteMbps >= mbps
  })
  return samples[Math.max(0, at)]?.atMs ?? 0
}

interface Decision {
  readonly atMs: number
  readonly engaged: boolean
  readonly reason: string
}

function decisionsIn(log: string, direction: Direction): Decision[] {
  return log
    .split('\n')
    .filter((line) => /"msg":"lte (helps|rests)"/.test(line))
    .map((line) => JSON.parse(line) as LogLine)
    .filter((line) => line.direction === direction)
    .map(({ time, msg, reason }) => {
      return { atMs: new Date(time).getTime(), engaged: msg === 'lte helps', reason }
    })
}

interface LogLine {
  readonly time: string
  readonly msg: string
  readonly direction: Direction
  readonly reason: string
}

/** What is left of IP packets for iperf3 under TCP and MPTCP headers; measured at 20 and 40 Mbit/s. */
const PAYLOAD_SHARE = 0.945
const CHUNK_MS = 4_000
/** So long LTE helps before it turns bad, and is bad. */
const GOOD_S = 5
const BAD_S = 10
const SAMPLE_MS = 50
/** LTE must have been let go by then. */
const REST_MS = 2_500
