import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../shared/wire/address.ts'
import { scatter, sourceOf } from './source.ts'
import { Sources } from './sources.ts'
import { Held } from './tallies.ts'

const SEED = 0x1234_5678

test('a source finds its row again, and two have one each', () => {
  const sources = Sources.create(64, SEED)
  const row = sources.enter(at('203.0.113.2'), 9, 0)
  assert.equal(sources.enter(at('203.0.113.2'), 9, 0), row)
  assert.notEqual(sources.enter(at('203.0.113.3'), 9, 0), row)
  assert.equal(sources.tallies.held(row!, Held.waiting), 2)
})

test('a /64 is one source, an IPv4 address another', () => {
  assert.deepEqual(at('2001:db8::1'), at('2001:db8::ffff:1'))
  assert.notDeepEqual(at('2001:db8::1'), at('2001:db8:0:1::1'))
  assert.notDeepEqual(at('203.0.113.2'), at('203.0.113.3'))
  assert.notDeepEqual(at('0.0.0.1'), at('::1'))
})

test('no more than the limit come in without a message', () => {
  const sources = Sources.create(64, SEED)
  const row = sources.enter(at('203.0.113.2'), 2, 0)
  assert.ok(row !== undefined)
  sources.enter(at('203.0.113.2'), 2, 0)
  assert.equal(sources.enter(at('203.0.113.2'), 2, 0), undefined)
  sources.tallies.give(row, Held.waiting)
  assert.equal(sources.enter(at('203.0.113.2'), 2, 0), row)
})

test('a full table gives a newcomer the row that was idle for longest', () => {
  const sources = Sources.create(8, SEED)
  const rows = Array.from({ length: 8 }, (_, i) => {
    const row = sources.enter(at(`203.0.113.${i}`), 9, 100 + i)
    sources.tallies.give(row!, Held.waiting)
    return row
  })
  assert.equal(new Set(rows).size, 8)
  // The first is back, so the second was idle for longest.
  sources.tallies.give(sources.enter(at('203.0.113.0'), 9, 200)!, Held.waiting)
  assert.equal(sources.enter(at('198.51.100.1'), 9, 201), rows[1])
  assert.equal(sources.enter(at('203.0.113.0'), 9, 202), rows[0])
})

test('when every row is in use, those who come share one, and its limit', () => {
  const sources = Sources.create(8, SEED)
  const rows = Array.from({ length: 8 }, (_, i) => sources.enter(at(`203.0.113.${i}`), 2, 0))
  assert.ok(!rows.includes(0))
  assert.equal(sources.enter(at('198.51.100.1'), 2, 0), 0)
  assert.equal(sources.enter(at('198.51.100.2'), 2, 0), 0)
  assert.equal(sources.enter(at('198.51.100.3'), 2, 0), undefined)
  assert.equal(sources.enter(at('203.0.113.3'), 2, 0), rows[3])
})

test('another thread sees the same rows', () => {
  const sources = Sources.create(64, SEED)
  const row = sources.enter(at('203.0.113.2'), 9, 0)
  assert.equal(new Sources(sources.tallies.memory).enter(at('203.0.113.2'), 9, 0), row)
})

test('scatter() is one to one, and depends on its seed', () => {
  const seen = new Set<string>()
  for (let low = 0; low < 4_096; low++) {
    const { high, low: place } = scatter({ high: 0xffff, low }, SEED)
    seen.add(`${high} ${place}`)
  }
  assert.equal(seen.size, 4_096)
  assert.notDeepEqual(scatter({ high: 1, low: 2 }, 1), scatter({ high: 1, low: 2 }, 2))
})

function at(text: string) {
  return sourceOf(parseAddress(text)!)
}
