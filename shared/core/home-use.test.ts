import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HomeUse } from './home-use.ts'

const rest = { opened: 0, lteBytes: 0, lteAlone: false }

test('a home is active for ten minutes after it has opened a connection', () => {
  const use = new HomeUse()
  use.observe(rest, 0)
  assert.equal(use.active(0), false)
  use.observe({ ...rest, opened: 1 }, 1_000)
  assert.ok(use.active(600_999))
  assert.equal(use.active(601_000), false)
})

test('what LTE needs to stand by is not use, a film is, for an hour', () => {
  const use = new HomeUse()
  let lteBytes = 0
  let nowMs = 0
  const play = (bytesPerS: number, forMs: number) => {
    for (const endMs = nowMs + forMs; nowMs < endMs; nowMs += 20) {
      lteBytes += bytesPerS / 50
      use.observe({ ...rest, lteBytes }, nowMs)
    }
  }
  play(20_000, 600_000)
  assert.equal(use.lteUsed(nowMs), false)
  play(1_000_000, 1_000)
  assert.ok(use.lteUsed(nowMs))
  play(0, 3_590_000)
  assert.ok(use.lteUsed(nowMs))
  play(0, 20_000)
  assert.equal(use.lteUsed(nowMs), false)
})

test('while DSL is dead LTE is of use, whatever it carries, and an hour longer', () => {
  const use = new HomeUse()
  use.observe({ ...rest, lteAlone: true }, 10_000)
  use.observe(rest, 20_000)
  assert.ok(use.lteUsed(3_609_999))
  assert.equal(use.lteUsed(3_610_000), false)
})

test('an interface that goes, and comes back with other counters, is no use', () => {
  const use = new HomeUse()
  use.observe({ ...rest, lteBytes: 5e9 }, 0)
  use.observe({ ...rest, lteBytes: undefined }, 20)
  use.observe({ ...rest, lteBytes: 10 }, 40)
  use.observe({ ...rest, lteBytes: undefined }, 60)
  use.observe({ ...rest, lteBytes: 5e9 }, 80)
  use.observe({ ...rest, lteBytes: 5e9 + 1_000 }, 100)
  assert.equal(use.lteUsed(100), false)
})
