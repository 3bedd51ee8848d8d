import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counters } from '../../shared/relay/counters.ts'
import { FlowState, FlowTable } from '../../shared/relay/flow-table.ts'
import { noteUse } from './class-use.ts'
import { openHouse } from './house.ts'
import { COUNT, HOUSE_COUNTERS } from './room.ts'

test('a house with a data thread that has stopped turning has no room, and says so once', () => {
  const { house, thread, told, play } = home()
  play(5_000, () => true)
  assert.deepEqual([house.roomForFlows(), told], [true, []])
  play(10_000, (index) => index === 0)
  assert.equal(house.roomForFlows(), false)
  assert.deepEqual(told, [true])
  play(2_000, () => true)
  assert.deepEqual([house.roomForFlows(), told[1]], [true, false])
  assert.equal(told.length, 2)
  thread(1)[COUNT.descriptors] = 100
  assert.equal(house.roomForFlows(), false)
})

test('a class is in use for some seconds after a connection of it has carried something', () => {
  const { house, thread, play } = home()
  assert.deepEqual(house.classesInUse(), { interactive: false, handover: false })
  play(1_000, () => true)
  noteUse(thread(1), 'interactive', 1e9 + 1_000)
  noteUse(thread(0), 'overflow', 1e9 + 1_000)
  assert.deepEqual(house.classesInUse(), { interactive: true, handover: false })
  play(4_980, () => true)
  assert.equal(house.classesInUse().interactive, true)
  play(40, () => true)
  assert.equal(house.classesInUse().interactive, false)
})

test('a connection that steering orders a reset for is known to its thread, and no other', () => {
  const { house } = home()
  const [one, other] = house.memory.tables.map((memory) => new FlowTable(memory))
  const rows = [7, 8].map((token) => one!.claim(FlowState.open, token, 0, 0))
  const elsewhere = other!.claim(FlowState.open, 9, 0, 0)
  house.reset(8)
  assert.deepEqual(
    rows.map((row) => one!.isOrderedReset(row)),
    [false, true],
  )
  assert.equal(other!.isOrderedReset(elsewhere), false)
  one!.release(rows[1]!)
  assert.equal(one!.isOrderedReset(one!.claim(FlowState.open, 10, 0, 0)), false, 'the row is anew')
})

/** Two data threads, painted in the memory that they would share. */
function home() {
  let nowMs = 1e9
  const told: boolean[] = []
  const house = openHouse(
    {
      workers: 2,
      pool: { sizeMax: 1, lifetimeS: 300 },
      classes: {
        default: 'overflow',
        appliesTo: 'new',
        lteCap: { atCap: 'back' },
        schedulers: {
          overflow: 'cheapest-first',
          aggregate: 'weighted',
          interactive: 'lowest-rtt',
        },
        rules: [],
      },
    },
    { flowsMax: 8, descriptorsPerWorker: 100 },
    () => nowMs,
    (stalled) => told.push(stalled),
  )
  const table = new Counters(HOUSE_COUNTERS, 2, house.counters.memory)
  const thread = (index: number) => table.row(index)
  /** Steering looks all the time; a thread that turns says so once a second. */
  const play = (forMs: number, turns: (index: number) => boolean) => {
    for (const untilMs = nowMs + forMs; nowMs < untilMs; nowMs += 20) {
      for (const index of [0, 1]) {
        if (nowMs % 1_000 === 0 && turns(index)) thread(index)[COUNT.turnedMs] = nowMs
      }
      house.roomForFlows()
    }
  }
  return { house, thread, told, play }
}
