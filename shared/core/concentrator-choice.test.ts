import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from './chance.fake.ts'
import { bestOf, Leaving } from './concentrator-choice.ts'

const one = { name: 'one', priority: 10, weight: 10 }
const two = { name: 'two', priority: 10, weight: 30 }
const spare = { name: 'spare', priority: 20, weight: 255 }

test('the least priority is chosen, wherever it stands, and nobody where there is none', () => {
  assert.equal(
    bestOf([spare, one], () => 0.5),
    one,
  )
  assert.equal(
    bestOf([one, spare], () => 0.5),
    one,
  )
  assert.equal(
    bestOf([], () => 0.5),
    undefined,
  )
  assert.equal(
    bestOf([spare], () => 0),
    spare,
  )
})

test('homes are spread as weights say, and stay with theirs when another goes', () => {
  const random = mulberry32(1)
  let moved = 0
  const count = { one: 0, two: 0 }
  for (let home = 0; home < 4_000; home++) {
    const chances = new Map(['one', 'two', 'three'].map((name) => [name, random()]))
    const chanceOf = (name: string) => chances.get(name)!
    const before = bestOf([one, two], chanceOf)!
    count[before.name as 'one' | 'two'] += 1
    const third = { name: 'three', priority: 10, weight: 20 }
    const after = bestOf([one, two, third], chanceOf)!
    if (after !== before && after !== third) moved += 1
  }
  assert.ok(count.one > 900 && count.one < 1_100, `seed 1: ${count.one} of 4,000`)
  assert.equal(moved, 0)
})

test('a concentrator that serves is not left', () => {
  const leaving = new Leaving()
  for (let nowMs = 0; nowMs < 1e6; nowMs += 1_000) {
    assert.equal(leaving.judge({ reachable: true, open: 0 }, undefined, nowMs), undefined)
  }
})

test('one that is silent is left after half a minute, and one that answers in between is not', () => {
  const leaving = new Leaving()
  const silent = { reachable: false, open: 3 }
  assert.equal(leaving.judge(silent, undefined, 0), undefined)
  assert.equal(leaving.judge(silent, undefined, 29_000), undefined)
  assert.equal(leaving.judge({ ...silent, reachable: true }, undefined, 29_500), undefined)
  assert.equal(leaving.judge(silent, undefined, 30_000), undefined)
  assert.equal(leaving.judge(silent, undefined, 60_000), 'it is silent')
})

test('one that drains is left when nothing is open, but not between two connections', () => {
  const leaving = new Leaving()
  const drain = { sinceMs: 0, leaveMs: 300_000 }
  const judge = (open: number, nowMs: number) =>
    leaving.judge({ reachable: true, open }, drain, nowMs)
  assert.equal(judge(2, 0), undefined)
  assert.equal(judge(0, 1_000), undefined)
  assert.equal(judge(1, 2_000), undefined)
  assert.equal(judge(0, 3_000), undefined)
  assert.equal(judge(0, 5_000), 'it drains, and nothing is open')
})

test('one that drains is left when its patience is over, whatever is open', () => {
  const leaving = new Leaving()
  const drain = { sinceMs: 1_000, leaveMs: 300_000 }
  assert.equal(leaving.judge({ reachable: true, open: 9 }, drain, 300_999), undefined)
  assert.match(leaving.judge({ reachable: true, open: 9 }, drain, 301_000) ?? '', /patience/)
})
