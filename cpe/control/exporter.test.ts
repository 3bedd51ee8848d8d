import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Exposition } from '../../shared/daemon/exposition.ts'
import { HOUSE_COUNTERS, type HouseCounter } from '../data/room.ts'
import { TUNNEL_COUNTERS, type TunnelCounter } from '../data/tunnel-board.ts'
import { factSheets } from '../steering/facts.ts'
import { PathCounts } from '../steering/path-counts.ts'
import type { LegReport } from '../steering/watched-leg.ts'
import { type MeasuredHome, sayHome } from './exporter.ts'
import { cpeMetrics } from './metrics.ts'

test('every metric of the list is said in a home that knows everything', async () => {
  const text = await new Home().text()
  for (const { name } of Object.values(cpeMetrics)) {
    assert.match(text, new RegExp(`^${name}(\\{| )`, 'm'), `nobody says ${name}`)
  }
})

test('every counter of the data threads and of the tunnel is read by some metric', async () => {
  const home = new Home()
  await home.text()
  const unread = [
    ...HOUSE_COUNTERS.filter((name) => !home.read.has(name)),
    ...TUNNEL_COUNTERS.filter((name) => !home.readOfTunnel.has(name)),
  ]
  assert.deepEqual(
    unread.filter((name) => !FOR_STEERING.includes(name)),
    [],
    'give them a metric in cpe/control/exporter.ts, or they are counted for nobody',
  )
})

test('a rate is in bytes a second, a time in seconds', async () => {
  const text = await new Home().text()
  assert.match(text, /leg_load_bytes_per_second\{leg="dsl",direction="down"\} 6250000\n/)
  assert.match(text, /leg_rtt_seconds\{leg="dsl"\} 0.0215\n/)
  assert.match(text, /lte_helped_seconds_total\{direction="down"\} 61.5\n/)
})

test('a home that knows nothing yet says no round trip, no capacity, no budget and no tunnel', async () => {
  const home = new Home()
  home.knows = false
  const text = await home.text()
  for (const name of [
    'limited_by',
    'leg_rtt_seconds',
    'dsl_capacity',
    'budget_',
    'tunnel_',
    'session_up',
  ]) {
    assert.doesNotMatch(text, new RegExp(`^hybridge_cpe_${name}`, 'm'))
  }
  assert.match(text, /^hybridge_cpe_leg_up\{leg="lte"\} 1\n/m)
})

/** Cells by which steering and the threads tell each other the time. */
const FOR_STEERING: readonly string[] = ['interactiveMs', 'handoverMs', 'turnedMs'] satisfies Array<
  HouseCounter | TunnelCounter
>

class Home {
  knows = true
  readonly read = new Set<HouseCounter>()
  readonly readOfTunnel = new Set<TunnelCounter>()

  text(): Promise<string> {
    const carried = { txBytes: 1, rxBytes: 2, txPackets: 0, rxPackets: 0 }
    return new Exposition(cpeMetrics).render((say) => {
      sayHome(say, this.#measured(), () => (this.knows ? carried : undefined), 60_000)
    })
  }

  #measured(): MeasuredHome {
    const note = (name: HouseCounter) => {
      this.read.add(name)
      return 1
    }
    const leg = { ifIndex: 1, srttUs: 0, address4: undefined, address6: undefined, up: true }
    const helped = { dslBytesPerMs: 0, lteBytesPerMs: 0, dslCapacity: undefined, helpedMs: 61_500 }
    const help = { ...helped, engaged: false, keptOut: false }
    const noteOfTunnel = (name: TunnelCounter) => {
      this.readOfTunnel.add(name)
      return 1
    }
    const paths = new PathCounts()
    paths.refusedBy(-1)
    return {
      house: {
        board: { leg: () => leg, reachable: true },
        counters: { read: note, max: note, min: note },
        flows: () => [
          { ...FLOW, pooled: true },
          { ...FLOW, pooled: false },
        ],
      },
      steering: {
        facts: () => {
          const legs = { dsl: this.#report(), lte: this.#report() }
          const capacity = this.knows ? 6_250 : undefined
          return factSheets(legs, { down: capacity, up: capacity }, paths, { read: note })
        },
        status: () => ({
          concentrator: { state: 'reachable', reason: 'echo' },
          active: 'dsl',
          help: { up: help, down: help },
          counts: new Map([['dsl-full', 3]]),
        }),
        guard: { resets: 0 },
        lte: () => ({
          month: this.knows ? { usedBytes: 1e9, monthlyBytes: 20e9, endMs: 1e12 } : undefined,
          budget: { pressure: 0, aheadPercent: -3, spent: false },
          roams: false,
          barred: undefined,
          throttled: false,
        }),
        paths,
        probes: { sent: 1, answered: 1, unsent: 0, forged: 0, foreign: 0, alien: 0 },
      },
      tunnel: this.knows ? { board: { counters: { read: noteOfTunnel } } } : undefined,
      verdicts: {
        now: this.knows ? { verdict: VERDICT } : undefined,
      },
      session: this.knows ? { standing: true } : undefined,
      host: { descriptorsPerWorker: 18_000 },
    }
  }

  #report(): LegReport {
    const aged = this.knows ? { value: 6_250, ageMs: 10 } : undefined
    const both = { down: aged, up: aged }
    return {
      state: 'up',
      reason: 'echo',
      sinceMs: 1_000,
      downs: 0,
      shapedDown: undefined,
      silentMs: this.knows ? 20 : undefined,
      load: both,
      most: both,
      rttMs: this.knows ? { value: 21.5, ageMs: 10 } : undefined,
      rttFloorMs: this.knows ? 20 : undefined,
      queueMs: this.knows ? 1.5 : undefined,
      lossShare: this.knows ? 0 : undefined,
    }
  }
}

const VERDICT = {
  limit: 'dsl-sync/full',
  direction: 'down',
  carried: 6_250,
  allowed: 10_000,
  efficiency: 0.625,
} as const
const FLOW = { token: 1, bulk: false, serviceClass: 'overflow', upBytes: 0, downBytes: 0 } as const
