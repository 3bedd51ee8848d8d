import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeftUnsent } from '../../shared/core/send-queue.ts'
import type { Flow } from '../../shared/relay/flow.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { StreetWaits, type Waits, WaitsLook, waitsBetween } from './street-waits.ts'

const NOTHING: Waits = { held: 0, served: 0, server: 0, window: 0 }
const SOMETHING = () => 'something' as const

test('however many transfers of a home wait, the time counts once, and for that home alone', () => {
  const waits = StreetWaits.create(4)
  const look = new WaitsLook(waits, SOMETHING)
  look.look([flow(2, { downHeld: true }), flow(2, { downHeld: true }), flow(3, {})], 500)
  assert.deepEqual(waits.read(2), { ...NOTHING, held: 500 })
  assert.deepEqual(waits.read(3), NOTHING)
  look.look([flow(3, { upHeld: true, moved: 2_000_000 })], 500.4)
  assert.deepEqual(waits.read(3), { ...NOTHING, served: 500, server: 500 })
})

test('where one transfer waits for the home, another that does not says nothing', () => {
  const waits = StreetWaits.create(1)
  new WaitsLook(waits, SOMETHING).look([flow(0, { moved: 2e6 }), flow(0, { downHeld: true })], 500)
  assert.deepEqual(waits.read(0), { ...NOTHING, held: 500 })
})

test('what waits though the lines have sent all that they were given is held by the window of the home', () => {
  const waits = StreetWaits.create(2)
  const left = new Map<HalfFlow, LeftUnsent>()
  const look = new WaitsLook(waits, (half) => left.get(half))
  const [windowed, moves] = [flow(0, { downHeld: true }), flow(1, { moved: 2e6 })]
  left.set(windowed[0].b2a, 'hardly anything').set(moves[0].b2a, 'hardly anything')
  look.look([windowed, moves], 500)
  assert.deepEqual(waits.read(0), { ...NOTHING, held: 500, window: 500 })
  assert.deepEqual(waits.read(1), { ...NOTHING, served: 500 })
  left.set(windowed[0].b2a, 'something')
  look.look([windowed], 500)
  assert.deepEqual(waits.read(0), { ...NOTHING, held: 1_000, window: 500 })
})

test('shares are of the time between two readings, and survive a counter that begins again', () => {
  const before = { held: 2 ** 32 - 1_000, served: 0, server: 9_000, window: 1_000 }
  const now = { held: 4_000, served: 20_000, server: 9_000, window: 3_500 }
  assert.deepEqual(waitsBetween(before, now, 10_000), {
    down: { heldShare: 0.5, servedShare: 1, windowShare: 0.25 },
    serverHeldShare: 0,
  })
})

function flow(
  home: number,
  scene: { downHeld?: true; upHeld?: true; moved?: number },
): [Flow, number] {
  const [a2b, b2a] = [new HalfFlow(1, 2), new HalfFlow(2, 1)]
  b2a.bytes = scene.moved ?? 0
  if (scene.downHeld) holdFirst(b2a, new Uint8Array(1))
  if (scene.upHeld) holdFirst(a2b, new Uint8Array(1))
  return [{ a2b, b2a } as Flow, home]
}
