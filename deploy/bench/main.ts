/**
 * `npm run bench -- ...`: what the project claims about speed, measured side by side in one run. Nothing
 * here passes or fails; the tests do that, with margins.
 */
import { Command } from 'commander'
import { raiseStreet } from '../lab/lab.ts'
import { DEFAULT_PAIR, PAIRS } from '../lab/pairs.ts'
import { measureBond } from './bond.ts'
import { measureCalm } from './calm.ts'
import { CUTS, measureCut } from './cut.ts'
import { measureFirstByte } from './first-byte.ts'
import { measureGibibyte } from './gibibyte.ts'
import { measureIdle } from './idle.ts'
import { benchRelay } from './relay.ts'
import { measureLoaded, pings, raiseShapedStreet } from './shaping.ts'

const bench = new Command('npm run bench --').description(
  'Measure the street. Nothing else should load this machine meanwhile.',
)

bench
  .command('pairs')
  .description('the bond beside each line alone, on every pair, both directions')
  .argument('[pairs...]', `some of: ${Object.keys(PAIRS).join(', ')}`)
  .option('--seconds <n>', 'of each measurement', Number, 10)
  .action(async (names: string[], { seconds }: { seconds: number }) => {
    const pairs = names.length === 0 ? Object.keys(PAIRS) : names
    row('pair', 'way', 'DSL', 'LTE', 'bond', '% of sum', '% of best', 'stable')
    for (const pair of pairs) {
      await using street = await raiseStreet({ name: 'hyb-bench', pair })
      for (const direction of ['down', 'up'] as const) {
        const bond = await measureBond(street, direction, { seconds, omitS: 4 })
        row(
          pair,
          direction,
          bond.dslMbps.toFixed(2),
          bond.lteMbps.toFixed(2),
          bond.bondedMbps.toFixed(2),
          bond.percentOfSum.toFixed(1),
          bond.percentOfBest.toFixed(1),
          PAIRS[pair]?.stable === true ? 'yes' : 'no',
        )
      }
    }
  })

bench
  .command('relay')
  .description('both relays beside HAProxy under mptcpize: 8 flows, plain cables, Mbit/s')
  .option('--rounds <n>', 'alternating rounds; medians count', Number, 3)
  .option('--seconds <n>', 'of each measurement', Number, 5)
  .action(async ({ rounds, seconds }: { rounds: number; seconds: number }) => {
    row('contender', 'way', 'Mbit/s')
    const medians = await benchRelay({
      rounds,
      seconds,
      onRow: ({ contender, direction, mbps }) => row(contender, direction, mbps.toFixed(0)),
    })
    console.log('\nmedians')
    for (const { contender, direction, mbps } of medians) {
      row(contender, direction, mbps.toFixed(0))
    }
  })

bench
  .command('cut')
  .description('longest gap in delivery when a leg is cut, and how many of 200 connections live')
  .option('--pair <name>', 'the two lines', DEFAULT_PAIR)
  .option('--rounds <n>', 'of all four cuts', Number, 3)
  .action(async ({ pair, rounds }: { pair: string; rounds: number }) => {
    row('leg', 'how', 'gap ms', 'lived', 'opened')
    await using street = await raiseStreet({ name: 'hyb-bench', pair })
    for (let round = 0; round < rounds; round++) {
      for (const [leg, how] of CUTS) {
        const cut = await measureCut(street, leg, how)
        row(leg, how, cut.longestGapMs.toFixed(0), String(cut.lived), String(cut.opened))
      }
    }
  })

bench
  .command('calm')
  .description('mixed load on restless lines: no leg may be declared dead')
  .argument('[pairs...]', 'pairs', ['vdsl50-starlink', 'vdsl50-lossy-lte', 'vdsl50-far-lte'])
  .option('--minutes <n>', 'on each pair', Number, 10)
  .action(async (pairs: string[], { minutes }: { minutes: number }) => {
    row('pair', 'minutes', 'false alarms')
    for (const pair of pairs) {
      await using street = await raiseStreet({ name: 'hyb-bench', pair })
      const alarms = await measureCalm(street, minutes * 60)
      row(pair, String(minutes), String(alarms.length))
      for (const alarm of alarms) console.log(`  ${alarm}`)
    }
  })

bench
  .command('first-byte')
  .description('time to the first byte of new connections beside the ping')
  .option('--connections <n>', 'one after another', Number, 200)
  .action(async ({ connections }: { connections: number }) => {
    await using street = await raiseStreet({ name: 'hyb-bench' })
    row('ping ms', 'p50 ms', 'p99 ms')
    const found = await measureFirstByte(street, { connections, pauseMs: 20 })
    row(found.pingMs.toFixed(2), found.p50Ms.toFixed(2), found.p99Ms.toFixed(2))
  })

bench
  .command('gibibyte')
  .description('1 GiB each way on twins150 while DSL dies silently twice; hashes compared')
  .action(async () => {
    row('way', 'seconds', 'Mbit/s', 'gap ms', 'hash')
    await using street = await raiseStreet({ name: 'hyb-bench', pair: 'twins150' })
    for (const direction of ['down', 'up'] as const) {
      const found = await measureGibibyte(street, direction, 2 ** 30)
      row(
        direction,
        found.seconds.toFixed(1),
        found.mbps.toFixed(0),
        found.longestGapMs.toFixed(0),
        found.hashOk ? 'equal' : 'NOT EQUAL',
      )
    }
  })

bench
  .command('idle')
  .description('memory of each daemon for idle connections')
  .option('--connections <n>', 'held open', Number, 5_000)
  .action(async ({ connections }: { connections: number }) => {
    await using street = await raiseStreet({ name: 'hyb-bench' })
    row('daemon', 'connections', 'bytes each')
    for (const { daemon, bytesEach, held } of await measureIdle(street, connections)) {
      row(daemon, String(held), bytesEach.toFixed(0))
    }
  })

bench
  .command('shaping')
  .description(
    'the rate that shaping costs, pings over DSL beside a transfer, and how LTE keeps to its cap',
  )
  .argument('[pairs...]', 'pairs', [DEFAULT_PAIR, 'vdsl50-lte80', 'adsl16-lte30'])
  .option('--seconds <n>', 'of each measurement', Number, 8)
  .action(async (pairs: string[], { seconds }: { seconds: number }) => {
    row('pair, shaping', 'way', 'bond', '% of sum', 'idle p50', 'loaded p50', 'p95', 'LTE')
    const time = { seconds, omitS: 4 }
    for (const pair of pairs) {
      const sums = new Map<string, number>()
      for (const shaping of ['off', 'on', 'LTE capped 4 up, 10 down'] as const) {
        const caps = shaping.startsWith('LTE') ? { upMbps: 4, downMbps: 10 } : {}
        await using street = await (shaping === 'off'
          ? raiseStreet({ name: 'hyb-bench', pair })
          : raiseShapedStreet('hyb-bench', pair, caps))
        const idle = await pings(street, 2)
        for (const direction of ['down', 'up'] as const) {
          if (shaping === 'off') {
            const { dslMbps, lteMbps } = await measureBond(street, direction, time)
            sums.set(direction, dslMbps + lteMbps)
          }
          const { bondedMbps, lteMbps, loaded } = await measureLoaded(street, direction, time)
          row(
            `${pair}, ${shaping}`,
            direction,
            bondedMbps.toFixed(2),
            ((100 * bondedMbps) / (sums.get(direction) ?? NaN)).toFixed(1),
            idle.p50Ms.toFixed(1),
            loaded.p50Ms.toFixed(1),
            loaded.p95Ms.toFixed(1),
            lteMbps.toFixed(2),
          )
        }
      }
    }
  })

function row(...cells: string[]): void {
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(36) : cell.padStart(12))).join(''))
}

await bench.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
