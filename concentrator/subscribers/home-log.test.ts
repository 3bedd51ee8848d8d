import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HomeLog } from './home-log.ts'

const DAY_MS = 86_400_000
const nowMs = 10 * DAY_MS

test('what a home tells is kept under its own name, the last of it, in days that can be', () => {
  const log = new HomeLog()
  const told = [
    { atMs: 0, text: 'long ago' },
    { atMs: 99 * DAY_MS, text: 'to come' },
  ]
  log.hear('home-1', { reasons: told }, nowMs)
  assert.deepEqual(
    log.of('home-1').map(({ atMs }) => atMs),
    [nowMs - DAY_MS, nowMs],
  )
  assert.deepEqual(log.of('home-2'), [])
  const many = Array.from({ length: 600 }, (_, i) => ({ atMs: nowMs, text: `${i}` }))
  log.hear('home-1', { reasons: many }, nowMs)
  assert.equal(log.of('home-1').length, 512)
  assert.equal(log.of('home-1').at(-1)?.text, '599')
})

test('of a home that has gone nothing is told to who comes after it', () => {
  const log = new HomeLog()
  log.hear('home-1', { reasons: [{ atMs: nowMs, text: 'DSL is full' }] }, nowMs)
  log.forget('home-1')
  assert.deepEqual(log.of('home-1'), [])
})
