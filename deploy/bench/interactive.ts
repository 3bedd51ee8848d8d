/**
 * A small request every 100 ms while DSL has a bad evening: what class `interactive` makes of it, beside plain
 * TCP over DSL alone (a street without the daemons, by IPv6, which DSL's operator routes).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { INTERNET } from '../lab/addresses.ts'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { DEFAULT_PAIR, PAIRS } from '../lab/pairs.ts'
import { iperf } from './iperf.ts'
import { percentileOf } from './percentile.ts'
import { row } from './table.ts'

export const interactiveBench = new Command('interactive')
  .description('small requests while DSL is filled, degraded and cut, beside plain TCP over DSL')
  .option('--pair <name>', 'the two lines', DEFAULT_PAIR)
  .option('--rounds <n>', 'of all that happens to DSL', Number, 3)
  .action(async ({ pair, rounds }: { pair: string; rounds: number }) => {
    row('requests while DSL is', 'TCP p50', 'p95 ms', 'failed', 'class p50', 'p95 ms', 'failed')
    const plain = await measured(pair, 'plain', rounds)
    const classed = await measured(pair, 'interactive', rounds)
    for (const what of [...WEATHER.map(([name]) => name), 'all']) {
      const [one, other] = [plain, classed].map((asked) => summed(asked, what))
      row(what, ...(one ?? []), ...(other ?? []))
    }
    console.log(
      '\nwanted: p95 of all at least 3 times better, and a fifth of the failures, of which TCP has 100 or more',
    )
  })

/** What happens to DSL, one after the other, and for how many seconds. */
const WEATHER = [
  ['well', 2],
  ['filled', 8],
  ['slow', 8],
  ['cut', 8],
  ['healed', 2],
] as const
type Weather = (typeof WEATHER)[number][0]

interface Asked {
  readonly while: Weather
  /** null: no answer in time. */
  readonly tookMs: number | null
}

async function measured(
  pair: string,
  how: 'plain' | 'interactive',
  rounds: number,
): Promise<Asked[]> {
  const rules = [{ class: 'dsl-only', ports: [BULK_PORT] }]
  const classes = { default: 'interactive', rules }
  const name = 'hyb-bench'
  await using street = await (how === 'plain'
    ? raiseStreet({ name, pair, daemons: false })
    : raiseStreet({ name, pair, cpe: { classes } }))
  // The first second of a street is nobody's evening.
  await sleep(SETTLE_MS)
  const asked: Asked[] = []
  for (let round = 0; round < rounds; round++) asked.push(...(await evening(street, pair)))
  return asked
}

async function evening(street: Street, pair: string): Promise<Asked[]> {
  const seconds = WEATHER.reduce((sum, [, s]) => sum + s, 0)
  const url = `http://[${INTERNET.own.ipv6}]/bytes/1000`
  const argv = ['node', CLIENT, url, seconds, PAUSE_MS, PATIENCE_MS].map(String)
  const client = street.exec('home', argv, { timeoutMs: (seconds + 30) * 1_000 })
  const began: Array<readonly [Weather, number]> = []
  for (const [what, forS] of WEATHER) {
    began.push([what, Date.now()])
    await turn(street, pair, what, forS)
    const [, sinceMs] = began.at(-1)!
    await sleep(Math.max(0, sinceMs + forS * 1_000 - Date.now()))
  }
  const { status, stdout, stderr } = await client
  if (status !== 0) throw new Error(`Cannot measure small requests: ${stderr}`)
  const said = JSON.parse(stdout) as ReadonlyArray<readonly [number, number | null]>
  return said.map(([atMs, tookMs]) => ({
    while: began.findLast(([, sinceMs]) => sinceMs <= atMs)?.[0] ?? 'well',
    tookMs,
  }))
}

async function turn(street: Street, pair: string, what: Weather, forS: number): Promise<void> {
  switch (what) {
    case 'well':
      return
    case 'filled':
      await iperf(street, {
        direction: 'down',
        seconds: forS - 1,
        omitS: 0,
        flows: 4,
        server: INTERNET.own.ipv6,
        port: BULK_PORT,
      })
      return
    case 'slow':
      return street.line('dsl', { rttMs: SLOW_RTT_MS })
    case 'cut':
      return street.fail('dsl', 'silent')
    case 'healed':
      await street.line('dsl', { rttMs: PAIRS[pair]!.dsl.rttMs })
      return street.heal('dsl')
  }
}

function summed(asked: readonly Asked[], what: string): string[] {
  const some = asked.filter((one) => what === 'all' || one.while === what)
  const took = some.map(({ tookMs }) => tookMs ?? PATIENCE_MS)
  const failed = some.filter(({ tookMs }) => tookMs === null).length
  return [
    percentileOf(took, 50).toFixed(0),
    percentileOf(took, 95).toFixed(0),
    `${failed} of ${some.length}`,
  ]
}

const BULK_PORT = 5_201
const PAUSE_MS = 100
const PATIENCE_MS = 2_000
const SLOW_RTT_MS = 400
const SETTLE_MS = 3_000
const CLIENT = new URL('interactive-client.ts', import.meta.url).pathname
