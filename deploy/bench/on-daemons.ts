/**
 * What is measured of the daemons: what a connection costs, and what a byte does.
 */
import { Command } from 'commander'
import { raiseStreet } from '../lab/lab.ts'
import { measureControl } from './control.ts'
import { measureFirstByte } from './first-byte.ts'
import { measureIdle } from './idle.ts'
import { measureNeighbour, NEIGHBOURS } from './neighbour.ts'
import { percentileOf } from './percentile.ts'
import { benchRelay } from './relay.ts'
import { manyHomes, measureSessions } from './sessions.ts'
import { measureRate, measureSetup } from './setup.ts'
import { row } from './table.ts'
import { measureTunnels } from './tunnel.ts'

export const daemonBenches = [
  new Command('relay')
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
    }),

  new Command('tunnel')
    .description('the datagram tunnel beside wireguard-go and OpenVPN, plain cables, one run')
    .option('--rounds <n>', 'of all contenders', Number, 1)
    .option('--seconds <n>', 'of each measurement', Number, 4)
    .option('--only <names...>', 'contenders whose names begin so', [])
    .action(async (options: { rounds: number; seconds: number; only: string[] }) => {
      row('contender', 'TCP Mbit/s', 'CPU s/GB', '1400 B pps', '160 B pps')
      for await (const found of measureTunnels(options.rounds, options.seconds, options.only)) {
        row(
          found.contender,
          found.tcpMbps.toFixed(0),
          found.cpuSecondsPerGB.toFixed(1),
          found.large.toFixed(0),
          found.small.toFixed(0),
        )
      }
    }),

  new Command('first-byte')
    .description('time to the first byte of new connections beside the ping')
    .option('--connections <n>', 'one after another', Number, 200)
    .action(async ({ connections }: { connections: number }) => {
      await using street = await raiseStreet({ name: 'hyb-bench' })
      row('ping ms', 'p50 ms', 'p99 ms')
      const found = await measureFirstByte(street, { connections, pauseMs: 20 })
      row(found.pingMs.toFixed(2), found.p50Ms.toFixed(2), found.p99Ms.toFixed(2))
    }),

  new Command('setup')
    .description('first byte of new connections: truthful, eager, direct; connections a second')
    .option('--connections <n>', 'of each way in each round', Number, 200)
    .option('--rounds <n>', 'alternating rounds', Number, 3)
    .option('--seconds <n>', 'of each rate', Number, 4)
    .action(async (options: { connections: number; rounds: number; seconds: number }) => {
      row('first byte', 'loss %', 'ping ms', 'p50 ms', 'p99 ms')
      for await (const found of measureSetup(options.connections, options.rounds)) {
        row(
          found.way,
          String(found.lossPercent),
          found.pingMs.toFixed(2),
          found.p50Ms.toFixed(2),
          found.p99Ms.toFixed(2),
        )
      }
      row('\nboth relays', 'conn/s', 'failed')
      for await (const found of measureRate(options.rounds, options.seconds)) {
        row(found.contender, found.perSecond.toFixed(0), String(found.failed))
      }
    }),

  new Command('idle')
    .description('memory of each daemon for idle connections, and what of a core they cost at rest')
    .option('--connections <n>', 'held open', Number, 5_000)
    .action(async ({ connections }: { connections: number }) => {
      await using street = await raiseStreet({
        name: 'hyb-bench',
        // So many at once are more than one home may ask for.
        concentrator: { limits: { perSubscriber: { requestsPerS: 10_000 } } },
      })
      row('daemon', 'connections', 'bytes each', 'core %', 'main %')
      for (const cost of await measureIdle(street, connections)) {
        const { daemon, held, bytesEach, corePercent, mainPercent } = cost
        const percents = [corePercent, mainPercent].map((percent) => percent.toFixed(1))
        row(daemon, String(held), bytesEach.toFixed(0), ...percents)
      }
    }),

  new Command('sessions')
    .description(
      'control sessions: memory of each, load with a report every 10 s, policy to applied',
    )
    .option('--homes <n>', 'sessions', Number, 5_000)
    .option('--rest-s <n>', 'seconds of rest that are measured', Number, 30)
    .option('--changes <n>', 'of the plan of all homes', Number, 3)
    .action(async (options: { homes: number; restS: number; changes: number }) => {
      await using street = await raiseStreet({
        name: 'hyb-sessions',
        daemons: false,
        concentrator: manyHomes(options.homes),
      })
      await street.restart('concentrator')
      const found = await measureSessions(street, options)
      row('sessions', 'bytes each', 'of a core', 'applied p50 ms', 'p99 ms')
      row(
        String(found.sessions),
        found.bytesEach.toFixed(0),
        `${(100 * found.coreShare).toFixed(1)} %`,
        percentileOf(found.appliedMs, 50).toFixed(0),
        percentileOf(found.appliedMs, 99).toFixed(0),
      )
    }),

  new Command('control')
    .description('an import of homes, and reads while policies change, on SQLite and on Redis')
    .option('--homes <n>', 'imported', Number, 20_000)
    .option('--changes <n>', 'policies a second', Number, 500)
    .option('--seconds <n>', 'of changes and reads', Number, 10)
    .action(async (options: { homes: number; changes: number; seconds: number }) => {
      row('store', 'import s', 'changes/s', 'p99 ms', 'reads', 'p50 ms', 'p99 ms')
      const asked = { ...options, changesPerS: options.changes }
      for await (const found of measureControl(asked)) {
        row(
          found.keeper,
          found.importS.toFixed(1),
          found.changes.toFixed(0),
          found.changeP99Ms.toFixed(1),
          String(found.reads),
          found.readP50Ms.toFixed(2),
          found.readP99Ms.toFixed(2),
        )
      }
    }),

  new Command('neighbour')
    .description('connect times of a home while another is quiet, and while it is at every limit')
    .option('--rounds <n>', 'of quiet and noise', Number, 3)
    .option('--seconds <n>', 'of each', Number, 8)
    .action(async ({ rounds, seconds }: { rounds: number; seconds: number }) => {
      await using street = await raiseStreet({
        name: 'hyb-neighbour',
        daemons: false,
        concentrator: { subscribers: NEIGHBOURS },
      })
      await street.restart('concentrator')
      const { quietMs, noisyMs, noise } = await measureNeighbour(street, { rounds, seconds })
      row('neighbour', 'connects', 'p50 ms', 'p99 ms')
      for (const [name, ms] of Object.entries({ quiet: quietMs, noisy: noisyMs })) {
        const [p50, p99] = [percentileOf(ms, 50), percentileOf(ms, 99)]
        row(name, String(ms.length), p50.toFixed(1), p99.toFixed(1))
      }
      const ratio = percentileOf(noisyMs, 99) / percentileOf(quietMs, 99)
      row('p99, noisy to quiet', '', '', ratio.toFixed(3))
      for (const [what, times] of Object.entries(noise)) row(`noisy home: ${what}`, String(times))
    }),
] as const
