import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LegCookie } from './leg-cookie.ts'

const HOME = '203.0.113.2'
const ELSEWHERE = '203.0.113.6'
const COOKIE = Uint8Array.of(1, 2, 3, 4)

test('a cookie is asked for once, shown, and renewed after half an hour', () => {
  const leg = new LegCookie()
  assert.equal(leg.wantsNew(HOME, 0), true)
  leg.asking(HOME, 0)
  assert.equal(leg.wantsNew(HOME, 3_000), false)
  leg.issue(COOKIE, HOME, 3_000)
  assert.equal(leg.issuedFor(HOME), COOKIE)
  assert.equal(leg.wantsNew(HOME, 1_802_999), false)
  assert.equal(leg.wantsNew(HOME, 1_803_000), true)
  leg.asking(HOME, 1_803_000)
  // While the new one is on its way the old one is shown.
  assert.equal(leg.issuedFor(HOME), COOKIE)
})

test('a concentrator that issues none is asked again after ten minutes', () => {
  const leg = new LegCookie()
  leg.asking(HOME, 0)
  leg.notIssued(100)
  assert.equal(leg.wantsNew(HOME, 600_099), false)
  assert.equal(leg.wantsNew(HOME, 600_100), true)
})

test('a renewal that is not granted leaves the old cookie where it is', () => {
  const leg = new LegCookie()
  leg.issue(COOKIE, HOME, 0)
  leg.asking(HOME, 1_800_000)
  leg.notIssued(1_800_100)
  assert.equal(leg.issuedFor(HOME), COOKIE)
})

test('a cookie is no good from another address, which may ask at once', () => {
  const leg = new LegCookie()
  leg.issue(COOKIE, HOME, 0)
  assert.equal(leg.issuedFor(ELSEWHERE), undefined)
  assert.equal(leg.wantsNew(ELSEWHERE, 1), true)
  leg.asking(ELSEWHERE, 1)
  leg.notIssued(2)
  assert.equal(leg.wantsNew(ELSEWHERE, 3), false)
})

test('a refused cookie is forgotten, and its like is not asked for at once', () => {
  const leg = new LegCookie()
  leg.issue(COOKIE, HOME, 0)
  leg.refused(COOKIE, 1_000)
  assert.equal(leg.issuedFor(HOME), undefined)
  assert.equal(leg.wantsNew(HOME, 600_999), false)
  assert.equal(leg.wantsNew(HOME, 601_000), true)
})

test('a late refusal of an old cookie does not take the new one', () => {
  const leg = new LegCookie()
  const renewed = Uint8Array.of(5, 6, 7, 8)
  leg.issue(COOKIE, HOME, 0)
  leg.issue(renewed, HOME, 1_000)
  leg.refused(COOKIE, 1_100)
  assert.equal(leg.issuedFor(HOME), renewed)
})

test('an answer that never comes is not waited for: after ten seconds it may be asked again', () => {
  const leg = new LegCookie()
  leg.asking(HOME, 0)
  assert.equal(leg.wantsNew(HOME, 9_999), false)
  assert.equal(leg.wantsNew(HOME, 10_000), true)
})
