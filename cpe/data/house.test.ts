import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counters } from '../../shared/relay/counters.ts'
import { openHouse } from './house.ts'
import { COUNT, HOUSE_COUNTERS } from './room.ts'

test('a house with a data thread that has stopped turning has no room, and says so once', () => {
  const { house, thread, told, play } = home()
  play(5_000, () => true)
  assert.deepEqual([house.roomForFlows(), told], [true, []])
  play(10_000, (index) => index === 0)
  assert.equal(house.roomForFlows(), false)
  assert.deepEqual(told, ['one has stopped turning; new connections are forwarded unbonded'])
  play(2_000, () => true)
  assert.deepEqual([house.roomForFlows(), told[1]], [true, 'all turn again'])
  assert.equal(told.length, 2)
  thread(1)[COUNT.descriptors] = 100
  assert.equal(house.roomForFlows(), false)
})

/** Two data threads, painted in the memory that they would share. */
function home() {
  let nowMs = 1e9
  const told: string[] = []
  const house = openHouse(
    {
      workers: 2,
      pool: { sizeMax: 1, lifetimeS: 300 },
      classes: { default: 'overflow', appliesTo: 'new', lteCap: { atCap: 'back' }, rules: [] },
    },
    { flowsMax: 8, descriptorsPerWorker: 100 },
    () => nowMs,
    (sentence) => told.push(sentence),
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
