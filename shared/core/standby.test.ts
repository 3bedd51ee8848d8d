import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isForgotten, keepaliveIdleS, standbyOf } from './standby.ts'

const NAT_MS = 120_000
const young = { lteUsed: false, silentMs: 5_000, rested: false }
const silent = { ...young, silentMs: 100_000 }
const none = { ...young, silentMs: undefined }

test('hot joins ahead, and ends what has been silent for so long that its mapping may die', () => {
  assert.equal(standbyOf('hot', none, NAT_MS), 'ahead')
  assert.equal(standbyOf('hot', young, NAT_MS), 'kept')
  assert.equal(standbyOf('hot', silent, NAT_MS), 'none')
  assert.equal(standbyOf('hot', { ...none, rested: true }, NAT_MS), 'none')
})

test('while LTE is of use all stand by, those that had been ended too', () => {
  for (const facts of [none, young, silent, { ...none, rested: true }]) {
    assert.equal(standbyOf('hot', { ...facts, lteUsed: true }, NAT_MS), 'ahead')
  }
})

test('cold never joins ahead, and keeps what has just helped', () => {
  for (const lteUsed of [false, true]) {
    assert.equal(standbyOf('cold', { ...none, lteUsed }, NAT_MS), 'none')
    assert.equal(standbyOf('cold', { ...young, lteUsed }, NAT_MS), 'kept')
    assert.equal(standbyOf('cold', { ...silent, lteUsed }, NAT_MS), 'none')
  }
})

test('a standby is ended, or asked for a sign of life, before its mapping may be gone', () => {
  for (const natIdleS of [10, 30, 120, 7_200]) {
    const endsMs = [...Array(natIdleS).keys()]
      .map((s) => s * 1_000)
      .find((silentMs) => standbyOf('hot', { ...young, silentMs }, natIdleS * 1_000) === 'none')
    assert.ok(endsMs !== undefined && !isForgotten(endsMs, natIdleS * 1_000), `${natIdleS} s`)
    assert.ok(keepaliveIdleS(natIdleS) * 1_000 < endsMs, `${natIdleS} s`)
  }
})
