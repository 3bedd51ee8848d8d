import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHARED } from '../../shared/core/tie.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import { sourceOf } from './source.ts'
import { TieTable } from './tie-table.ts'
import { Ties } from './ties.ts'

const home = { subscriber: 3, leg: 1 }
const neighbour = { subscriber: 4, leg: 1 }
const TIE_S = 600

test('an address is a home’s for some minutes after a probe', () => {
  const { ties, ownerAt } = street()
  assert.equal(ownerAt('203.0.113.2', 1_000), undefined)
  ties.hear(home, parseAddress('203.0.113.2')!, 1_000)
  assert.deepEqual(ownerAt('203.0.113.2', 1_000), home)
  assert.deepEqual(ownerAt('203.0.113.2', 1_600), home)
  assert.equal(ownerAt('203.0.113.2', 1_601), undefined)
  assert.equal(ownerAt('203.0.113.3', 1_000), undefined)
})

test('every probe prolongs it', () => {
  const { ties, ownerAt } = street()
  for (let nowS = 0; nowS <= 3_000; nowS += 300) ties.hear(home, parseAddress('2001:db8::1')!, nowS)
  assert.deepEqual(ownerAt('2001:db8::ffff', 3_590), home)
})

test('two homes behind one address make it nobody’s, until one has been silent long enough', () => {
  const { ties, ownerAt } = street()
  const nat = parseAddress('198.51.100.129')!
  ties.hear(home, nat, 0)
  ties.hear(neighbour, nat, 100)
  assert.equal(ownerAt('198.51.100.129', 100), SHARED)
  ties.hear(home, nat, 400)
  assert.equal(ownerAt('198.51.100.129', 400), SHARED)
  ties.hear(home, nat, 701)
  assert.deepEqual(ownerAt('198.51.100.129', 701), home)
})

test('both legs of a home behind one address tell no leg', () => {
  const { ties, ownerAt } = street()
  ties.hear(home, parseAddress('203.0.113.2')!, 0)
  ties.hear({ ...home, leg: 2 }, parseAddress('203.0.113.2')!, 1)
  assert.equal(ownerAt('203.0.113.2', 1), SHARED)
})

test('a full table forgets who would end soonest', () => {
  const { ties, ownerAt } = street(16)
  for (let i = 0; i < 17; i++) ties.hear(home, parseAddress(`203.0.113.${i}`)!, i)
  assert.equal(ownerAt('203.0.113.0', 17), undefined)
  for (let i = 1; i < 17; i++) assert.deepEqual(ownerAt(`203.0.113.${i}`, 17), home)
})

function street(rows = 256) {
  const table = TieTable.create(rows)
  const thread = new TieTable(table.memory)
  return {
    ties: new Ties(table, TIE_S),
    ownerAt: (text: string, nowS: number) => thread.ownerOf(sourceOf(parseAddress(text)!), nowS),
  }
}
