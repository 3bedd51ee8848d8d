import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Homes } from './homes.ts'
import type { JsonObject } from './keeper.ts'
import { verifierOf } from './records.ts'
import { Roster } from './roster.ts'

test('each home has a number of its own, and keeps it', () => {
  const { add, roster } = street()
  assert.deepEqual([add('a')?.number, add('b')?.number], [0, 1])
  assert.equal(add('a', { plan: 'gold' }), undefined)
  const moved = add('a', { prefixes: { dsl: ['192.0.2.0/24'], lte: [] } })
  assert.deepEqual([moved?.number, moved?.home?.id], [0, 'a'])
  assert.deepEqual(
    [roster.idOf(0), roster.numberOf('b'), roster.numberOf('c')],
    ['a', 1, undefined],
  )
})

test('who is suspended or removed has gone, once', () => {
  const { add, remove } = street()
  add('a')
  assert.deepEqual(add('a', { state: 'suspended' }), { number: 0, home: undefined })
  assert.equal(remove('a'), undefined)
  assert.equal(add('b', { state: 'suspended' }), undefined)
})

test('homes of the file have the first numbers for ever, whether they may come or not', () => {
  const { add, roster, at } = street(['a', 'b'])
  assert.equal(add('c')?.number, 2)
  assert.equal(add('b', { state: 'suspended' }), undefined)
  assert.equal(add('b')?.number, 1)
  assert.deepEqual(add('b', { state: 'suspended' }), { number: 1, home: undefined })
  at(10_000)
  assert.equal(add('d')?.number, 3)
  assert.deepEqual(
    roster.all(10_000).map((home) => home?.id),
    [undefined, undefined, 'c', 'd'],
  )
})

test('a number is given again when nothing of its home is left, and its time of rest is over', () => {
  const { add, remove, at, busy } = street()
  add('a')
  busy.add(0)
  remove('a')
  at(599)
  assert.equal(add('b')?.number, 1)
  at(600)
  assert.equal(add('c')?.number, 2)
  busy.delete(0)
  assert.equal(add('d')?.number, 0)
  assert.equal(add('e')?.number, 3)
})

function street(ofFile: readonly string[] = []) {
  const homes = new Homes([])
  const busy = new Set<number>()
  const isIdle = (number: number) => !busy.has(number)
  let nowS = 0
  const roster = new Roster({ homes, isIdle, ofFile, restS: 600 })
  const verifiers = new Map<string, JsonObject>()
  return {
    roster,
    busy,
    at: (s: number) => {
      nowS = s
    },
    add: (id: string, patch: JsonObject = {}) => {
      const verifier = verifiers.get(id) ?? { ...verifierOf(randomBytes(16)) }
      verifiers.set(id, verifier)
      assert.equal(homes.setHome(id, 1, { verifier, ...patch }), undefined)
      return roster.look(id, nowS)
    },
    remove: (id: string) => {
      homes.setHome(id, 0, undefined)
      return roster.look(id, nowS)
    },
  }
}
