import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MannerLegs } from '../core/manner.ts'
import { Fit, Legs } from './legs.ts'
import { sockaddr } from './painted-street.fake.ts'

test('a leg that loses much is out while another is well', () => {
  const { legs, lose } = twoLegs()
  lose(1)
  assert.equal(legs.paint(1_000, MannerLegs.ordered, NOW_US), Fit.some)
  assert.deepEqual(usable(legs), [2])
})

test('while all legs lose much none is out, and their rates go on to fill', () => {
  const { legs, lose } = twoLegs()
  lose(1)
  lose(2)
  assert.equal(legs.paint(1_000, MannerLegs.ordered, NOW_US), Fit.some)
  assert.deepEqual(usable(legs), [1, 2])
  for (const leg of legs.list) leg.spend(20_000, NOW_US)
  assert.equal(legs.paint(1_000, MannerLegs.ordered, NOW_US + 4_000), Fit.some)
  for (const { path } of legs.list) assert.ok(path.roomBytes > 10_000, `${path.roomBytes}`)
})

function twoLegs() {
  const legs = new Legs()
  for (const number of [1, 2]) {
    const leg = legs.make(number)!
    leg.far = sockaddr(number, 8_803)
    leg.priority = 3
  }
  const lose = (number: number): void => {
    for (let i = 0; i < 10; i++) {
      legs.of(number)?.quality.observe({ received: 50, lost: 50 }, 0, NOW_US - 1_000)
    }
  }
  return { legs, lose }
}

function usable(legs: Legs): number[] {
  return legs.list.filter(({ path }) => path.usable).map(({ number }) => number)
}

const NOW_US = 1_000_000
