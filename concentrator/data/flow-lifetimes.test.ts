/**
 * Flows that carry nothing, on a clock that moves when told.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimerWheel } from '../../shared/core/timer-wheel.ts'
import { FlowLifetimes, type Mortal } from './flow-lifetimes.ts'

const IDLE_MS = 4_000

test('a flow that carries nothing is reset after its time, not before', () => {
  const clock = new Clock()
  const flow = clock.flow()
  clock.advance(IDLE_MS)
  assert.equal(flow.resets, 0)
  clock.advance(IDLE_MS / 4 + 100)
  assert.equal(flow.resets, 1)
  assert.equal(clock.idle, 1)
})

test('a byte in either direction gives a flow its whole time again', () => {
  const clock = new Clock()
  const [up, down, silent] = [clock.flow(), clock.flow(), clock.flow()]
  for (let second = 0; second < 20; second += 3) {
    clock.advance(3_000)
    up.a2b.bytes++
    down.b2a.bytes++
  }
  assert.deepEqual([up.resets, down.resets, silent.resets], [0, 0, 1])
  clock.advance(IDLE_MS)
  assert.deepEqual([up.resets, down.resets], [0, 0])
  clock.advance(IDLE_MS / 4 + 100)
  assert.deepEqual([up.resets, down.resets], [1, 1])
})

test('a flow that has ended is forgotten, and the next one is kept all the same', () => {
  const clock = new Clock()
  const gone = clock.flow()
  clock.lifetimes.forget(gone)
  clock.advance(10 * IDLE_MS)
  assert.equal(gone.resets, 0)
  const next = clock.flow()
  clock.advance(2 * IDLE_MS)
  assert.equal(next.resets, 1)
})

test('a crowd is looked at in turns, and nobody is forgotten', () => {
  const clock = new Clock()
  const flows = Array.from({ length: 5_001 }, () => clock.flow())
  clock.advance(IDLE_MS)
  assert.equal(clock.idle, 0)
  while (clock.idle === 0) clock.advance(10)
  assert.equal(clock.idle, 2_000)
  clock.advance(10)
  assert.equal(clock.idle, 4_000)
  clock.advance(10)
  assert.ok(flows.every(({ resets }) => resets === 1))
})

class Clock {
  #nowMs = 0
  readonly #wheel = new TimerWheel(0)
  idle = 0
  readonly lifetimes = new FlowLifetimes(
    { arm: (deadline, inMs) => this.#wheel.arm(deadline, this.#nowMs + inMs) },
    IDLE_MS,
    () => this.idle++,
  )

  flow() {
    const flow = {
      a2b: { bytes: 0 },
      b2a: { bytes: 0 },
      resets: 0,
      reset: () => {
        flow.resets++
        this.lifetimes.forget(flow)
      },
    } satisfies Mortal & { resets: number }
    this.lifetimes.keep(flow)
    return flow
  }

  advance(byMs: number): void {
    for (const untilMs = this.#nowMs + byMs; this.#nowMs < untilMs; ) {
      this.#nowMs += 10
      this.#wheel.advance(this.#nowMs)
    }
  }
}
