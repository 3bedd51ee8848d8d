import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ThreadWatch } from './thread-watch.ts'

test('a thread that is silent for three seconds has stalled, until it writes its time again', () => {
  const watch = new ThreadWatch()
  const told: string[] = []
  let before = false
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 20) {
    const turnedMs = nowMs > 5_000 && nowMs < 10_000 ? 5_000 : nowMs - (nowMs % 1_000)
    const stalled = watch.stalled(turnedMs, nowMs)
    if (stalled !== before) told.push(`${nowMs} ${stalled}`)
    before = stalled
  }
  assert.deepEqual(told, ['8000 true', '10000 false'])
})

test('threads have their time to start', () => {
  const watch = new ThreadWatch()
  const at = (nowMs: number) => watch.stalled(0, nowMs)
  assert.equal(at(1e9), false)
  for (let ms = 900; ms < 3_000; ms += 900) assert.equal(at(1e9 + ms), false)
  assert.equal(at(1e9 + 3_000), true)
})

test('who has slept with them accuses nobody', () => {
  const watch = new ThreadWatch()
  assert.equal(watch.stalled(10_000, 10_000), false)
  assert.equal(watch.stalled(10_000, 70_000), false)
  assert.equal(watch.stalled(70_500, 71_000), false)
  assert.equal(watch.stalled(70_500, 71_900), false)
  assert.equal(watch.stalled(70_500, 72_800), false)
  assert.equal(watch.stalled(70_500, 73_600), true)
})
