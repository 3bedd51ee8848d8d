/**
 * What is measured on emulated lines: how much they carry together, and who carries it.
 */
import { Command } from 'commander'
import { LEGS } from '../../shared/core/leg.ts'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { DEFAULT_PAIR, PAIRS } from '../lab/pairs.ts'
import { measureBond } from './bond.ts'
import { measureCalm } from './calm.ts'
import { CUTS, measureCut } from './cut.ts'
import { measureGibibyte } from './gibibyte.ts'
import { iperf } from './iperf.ts'
import { measureJoined } from './joined.ts'
import { measureLoaded, pings, raiseShapedStreet } from './shaping.ts'
import { BAD_LTE, measureBadLte, measureDemand, measureFilm, type Steered } from './steering.ts'
import { row } from './table.ts'
import { measureBulk } from './tunnel-pairs.ts'

export const lineBenches = [
  new Command('pairs')
    .description('the bond beside each line alone, on every pair, both directions')
    .argument('[pairs...]', `some of: ${Object.keys(PAIRS).join(', ')}`)
    .option('--seconds <n>', 'of each measurement', Number, 10)
    .action(async (names: string[], { seconds }: { seconds: number }) => {
      const pairs = names.length === 0 ? Object.keys(PAIRS) : names
      row('pair', 'way', 'DSL', 'LTE', 'bond', '% of sum', '% of best', 'stable')
      for (const pair of pairs) {
        await using street = await raiseStreet({ name: 'hyb-bench', pair })
        for (const bond of await measureBond(street, { seconds, omitS: 4 })) {
          row(
            pair,
            bond.direction,
            bond.dslMbps.toFixed(2),
            bond.lteMbps.toFixed(2),
            bond.bondedMbps.toFixed(2),
            bond.percentOfSum.toFixed(1),
            bond.percentOfBest.toFixed(1),
            PAIRS[pair]?.stable === true ? 'yes' : 'no',
          )
        }
      }
    }),

  new Command('bulk')
    .description('bulk datagrams through the tunnel, on every pair, both directions')
    .argument('[pairs...]', `some of: ${Object.keys(PAIRS).join(', ')}`)
    .option('--seconds <n>', 'of each measurement', Number, 6)
    .option('--load <share>', 'offered, of what the lines carry', Number, 0.92)
    .action(async (names: string[], asked: { seconds: number; load: number }) => {
      row('pair', 'way', 'Mbit/s', '% of sum', 'lost %', 'late %')
      for (const pair of names.length === 0 ? Object.keys(PAIRS) : names) {
        for await (const found of measureBulk(pair, asked)) {
          const { direction, mbps, percentOfSum, lostPercent, latePercent } = found
          const percents = [percentOfSum.toFixed(1), lostPercent.toFixed(2), latePercent.toFixed(3)]
          row(pair, direction, mbps.toFixed(2), ...percents)
        }
      }
    }),

  new Command('cut')
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
    }),

  new Command('calm')
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
    }),

  new Command('joined')
    .description('how many connections are MPTCP with both lines, while both lose packets')
    .option('--connections <n>', 'of 100 kB each way, 20 at a time', Number, 500)
    .option('--loss <percent>', 'of the packets of each line and direction', Number, 1)
    .action(async ({ connections, loss }: { connections: number; loss: number }) => {
      await using street = await raiseStreet({ name: 'hyb-bench' })
      for (const leg of LEGS) await street.line(leg, { lossPercent: loss })
      row('loss %', 'opened', 'echoed', 'MPTCP', 'both lines', '% both')
      const found = await measureJoined(street, connections)
      const counts = [found.opened, found.echoed, found.bonded, found.joined]
      const percent = ((100 * found.joined) / found.opened).toFixed(1)
      row(String(loss), ...counts.map(String), percent)
    }),

  new Command('gibibyte')
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
    }),

  new Command('shaping')
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
          if (shaping === 'off') {
            for (const { direction, dslMbps, lteMbps } of await measureBond(street, time)) {
              sums.set(direction, dslMbps + lteMbps)
            }
          }
          for (const direction of ['down', 'up'] as const) {
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
    }),

  new Command('steering')
    .description('DSL first: who carries what when DSL is asked for a part of its rate, or more')
    .argument('[pairs...]', `some of: ${Object.keys(PAIRS).join(', ')}`, [DEFAULT_PAIR])
    .option('--seconds <n>', 'of each steady demand', Number, 12)
    .option(
      '--configured <percent>',
      "what the agent is told of DSL's rate; 0: nothing",
      Number,
      100,
    )
    .option('--percents <list>', 'demands, in percent of DSL', '40,80,90,120,200,Infinity')
    .option('--flows <n>', 'connections that share the demand', Number, 1)
    .option('--bad', 'goodput of a download while LTE turns bad, beside that of DSL alone')
    .option('--films', 'a film of 20 Mbit/s too, steady and in chunks')
    .action(async (pairs: string[], options: SteeringOptions) => {
      row(
        'pair',
        'way',
        'demand %',
        'Mbit/s',
        'DSL %',
        'LTE %',
        'ideal %',
        'engaged',
        'on ms',
        'off ms',
      )
      const run = { settleS: 5, steadyS: options.seconds }
      for (const pair of pairs) {
        await using street = await raiseStreet({
          name: 'hyb-bench',
          pair,
          ...toldOf(pair, options),
        })
        const tell = (way: string, demand: string, found: Steered) => {
          const ms = (value: number | undefined) => value?.toFixed(0) ?? '-'
          const [mbps, ...shares] = [
            found.carriedMbps,
            found.dslPercent,
            found.ltePercent,
            found.idealPercent,
          ].map((value) => value.toFixed(1))
          const { engaged, engageMs, restMs } = found
          row(pair, way, demand, mbps ?? '', ...shares, String(engaged), ms(engageMs), ms(restMs))
          for (const reason of found.reasons) console.log(`  lte ${reason}`)
        }
        for (const direction of ['down', 'up'] as const) {
          for (const percent of options.percents.split(',').map(Number)) {
            const found = await measureDemand(street, direction, percent, run, options.flows)
            tell(direction, Number.isFinite(percent) ? String(percent) : 'all', found)
          }
        }
        if (options.bad === true) await tellBad(street, pair)
        if (options.films !== true) continue
        const steady = { settleS: 10, steadyS: 2 * options.seconds }
        const { downMbps } = (await street.status()).legs.dsl
        tell('down', 'film', await measureDemand(street, 'down', 2_000 / downMbps, steady))
        tell('down', 'chunks', await measureFilm(street, 20, steady))
      }
      console.log(TARGETS)
    }),
] as const

interface SteeringOptions {
  readonly seconds: number
  readonly configured: number
  readonly percents: string
  readonly flows: number
  readonly bad?: boolean
  readonly films?: boolean
}

/** Each on its own: LTE that was bad is kept out for a while. */
async function tellBad(street: Street, pair: string): Promise<void> {
  await street.fail('lte')
  const alone = await iperf(street, { direction: 'down', seconds: 10, omitS: 5 })
  await street.heal('lte')
  row(pair, 'down', 'DSL alone', alone.toFixed(1))
  for (const [how, change] of BAD_LTE) {
    await street.restart('cpe')
    const mbps = await measureBadLte(street, change)
    row(pair, 'down', how, mbps.toFixed(1), `${((100 * mbps) / alone).toFixed(1)} % of DSL alone`)
  }
}

function toldOf(pair: string, { configured }: SteeringOptions) {
  const dsl = PAIRS[pair]?.dsl
  if (dsl === undefined || configured === 0) return {}
  const told = (mbps: number) => (mbps * configured) / 100
  return { cpe: { legs: { dsl: { downMbps: told(dsl.downMbps), upMbps: told(dsl.upMbps) } } } }
}

const TARGETS = `
wanted: LTE at most 1 % up to a demand of 90 % (3 % at 80 % where DSL is configured 20 % wrong); above 100 %
LTE engaged within 500 ms, DSL at 95 % or more, LTE at most 6 points above the ideal, off within 1500 ms;
one engagement in 10 s, three between 93 and 110 %; all: 95 % of the sum; films: LTE at most 1 %; an LTE that turns bad:
at least 95 % of DSL alone`
