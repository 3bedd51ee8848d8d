import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from './chance.fake.ts'
import { ReplayWindow, WINDOW } from './replay-window.ts'

test('a window takes every number once, in any order within it', () => {
  const window = new ReplayWindow()
  for (const number of [0, 3, 1, 2, WINDOW, 4]) {
    assert.ok(window.isNew(number), `${number}`)
    window.see(number)
    assert.ok(!window.isNew(number), `${number} again`)
  }
})

test('a window refuses what is too old to tell', () => {
  const window = new ReplayWindow()
  window.see(10_000)
  assert.ok(window.isNew(10_001 - WINDOW))
  assert.ok(!window.isNew(10_000 - WINDOW))
  assert.ok(!window.isNew(0))
})

test('judging a number does not make it seen', () => {
  const window = new ReplayWindow()
  assert.ok(window.isNew(5) && window.isNew(5))
})

test('a window at rest takes what is higher, and nothing of before', () => {
  const window = new ReplayWindow()
  for (const number of [0, 1, 5]) window.see(number)
  window.rest()
  for (const number of [0, 3, 4, 5]) assert.ok(!window.isNew(number), `${number}`)
  assert.ok(window.isNew(8))
  window.see(8)
  assert.ok(window.isNew(7) && window.isNew(6) && !window.isNew(8) && !window.isNew(4))
})

test('a window says what one that remembers everything says', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = mulberry32(seed)
    const window = new ReplayWindow()
    const seen = new Set<number>()
    let highest = -1
    for (let i = 0; i < 3_000; i++) {
      const back = Math.floor(random() * (i % 7 === 0 ? 3 * WINDOW : 50))
      const ahead = Math.floor(random() * (i % 97 === 0 ? 2 * WINDOW : 4))
      const number = Math.max(0, highest + ahead - back * (i % 2))
      const isNew = !seen.has(number) && number > highest - WINDOW
      assert.equal(window.isNew(number), isNew, `seed ${seed}, step ${i}, ${number}`)
      if (!isNew || random() < 0.1) continue
      window.see(number)
      seen.add(number)
      highest = Math.max(highest, number)
    }
  }
})
