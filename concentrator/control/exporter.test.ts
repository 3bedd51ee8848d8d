import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Exposition } from '../../shared/daemon/exposition.ts'
import { STREET_COUNTERS, type StreetCounter } from '../data/room.ts'
import { STREET_TUNNEL_COUNTERS, type StreetTunnelCounter } from '../data/tunnel-room.ts'
import { type MeasuredStreet, sayStreet, shownHomes } from './exporter.ts'
import { concentratorMetrics } from './metrics.ts'

test('every metric of the list is said by a concentrator that has everything', async () => {
  const text = await new Street().text()
  for (const { name } of Object.values(concentratorMetrics)) {
    if (name === concentratorMetrics.homesUnshown.name) continue
    assert.match(text, new RegExp(`^${name}(\\{| )`, 'm'), `nobody says ${name}`)
  }
})

test('every counter of the data threads and of the tunnel is read by some metric', async () => {
  const street = new Street()
  await street.text()
  assert.deepEqual(
    [
      ...STREET_COUNTERS.filter((name) => !street.read.has(name)),
      ...STREET_TUNNEL_COUNTERS.filter((name) => !street.readOfTunnel.has(name)),
    ],
    [],
    'give them a metric in concentrator/control/exporter.ts, or they are counted for nobody',
  )
})

test('what is neither DSL nor LTE came from an address that nothing ties to a leg', async () => {
  const street = new Street()
  street.values = { accepted: 10, acceptedDsl: 5, acceptedLte: 2 }
  const text = await street.text()
  assert.match(text, /concentrator_connections_total\{access="unknown"\} 3\n/)
})

test('data threads that count on while they are read make no counter less than 0', async () => {
  const street = new Street()
  // A flow is idle before it is reset; and all that was refused was so without a word.
  street.values = { flowsReset: 3, flowsIdle: 4, refused: 7, refusedSilently: 7 }
  street.growing = ['refused', 'refusedSilently']
  const text = await street.text()
  assert.match(text, /concentrator_flows_ended_total\{how="reset"\} 0\n/)
  assert.match(text, /concentrator_refused_total\{how="error"\} \d+\n/)
})

test('a store that is away is told with for how long', async () => {
  const street = new Street()
  street.staleSinceMs = 40_000
  const text = await street.text()
  assert.match(text, /store_up 0\n/)
  assert.match(text, /store_stale_seconds 20\n/)
})

test('homes with something open or with a session are shown, as many as the operator wants', () => {
  const street = new Street()
  street.ids = ['a', undefined, 'b', 'c', 'd']
  street.open = new Map([
    [0, 3],
    [1, 9],
    [4, 1],
  ])
  street.present = new Set(['c'])
  const all = shownHomes(street.measured(), 20)
  assert.deepEqual(
    all.homes.map(({ id, connections }) => [id, connections]),
    [
      ['a', 3],
      ['c', 0],
      ['d', 1],
    ],
  )
  assert.equal(all.unshown, 0)
  const two = shownHomes(street.measured(), 2)
  assert.deepEqual([two.homes.length, two.unshown], [2, 1])
  assert.deepEqual(shownHomes(street.measured(), 0), { homes: [], unshown: 3 })
})

class Street {
  readonly read = new Set<StreetCounter>()
  readonly readOfTunnel = new Set<StreetTunnelCounter>()
  values: Partial<Record<StreetCounter, number>> = {}
  /** Together, at each look at one of them. */
  growing: readonly StreetCounter[] = []
  staleSinceMs: number | undefined
  ids: ReadonlyArray<string | undefined> = []
  open: ReadonlyMap<number, number> = new Map()
  present: ReadonlySet<string> = new Set()

  text(): Promise<string> {
    const limits = { control: { sessionsMax: 10_000 }, egress: { addresses: ['192.0.2.1'] } }
    return new Exposition(concentratorMetrics).render((say) => {
      sayStreet(say, this.measured(), limits, 60_000)
    })
  }

  measured(): MeasuredStreet {
    const note = (name: StreetCounter) => {
      this.read.add(name)
      const value = this.values[name] ?? 0
      if (this.growing.includes(name)) {
        for (const one of this.growing) this.values[one] = (this.values[one] ?? 0) + 1
      }
      return value
    }
    const noteOfTunnel = (name: StreetTunnelCounter) => {
      this.readOfTunnel.add(name)
      return 0
    }
    const told = { report: undefined, policyAppliedMs: undefined }
    return {
      counters: { read: note, max: note },
      tallies: { held: (row) => this.open.get(row) ?? 0 },
      roster: { numbers: this.ids.length, idOf: (number) => this.ids[number] },
      store: { staleSinceMs: this.staleSinceMs, homes: { ids: ['a'] } },
      door: { counts: { joins: 1, joinsRefused: 0, joinsStray: 0, resyncs: 0 } },
      probes: { counts: { answered: 1, alien: 0, unknown: 0, forged: 0, limited: 0 } },
      control: {
        verdictNow: () => undefined,
        speedTests: { answers: new Map([['begun', 1]]) },
        sessions: {
          size: this.present.size,
          counts: { opened: 1, refused: 1, replaced: 0, reports: 1, policiesApplied: 1 },
          refusals: new Map([['full', 1]]),
          of: (id) => (this.present.has(id) ? told : undefined),
        },
      },
      tunnel: { counters: { read: noteOfTunnel } },
      drain: { isDraining: () => false },
      settings: {
        descriptorsMax: 18_000,
        egress: { portsMax: 28_232, portsTaken: new SharedArrayBuffer(4) },
      },
    }
  }
}
