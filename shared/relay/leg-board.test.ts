import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../wire/address.ts'
import { type BoardFacts, LegBoard } from './leg-board.ts'

const facts: BoardFacts = {
  reachable: true,
  legs: {
    dsl: {
      up: true,
      ifIndex: 7,
      srttUs: 20_400,
      address4: parseAddress('203.0.113.2')!,
      address6: undefined,
    },
    lte: {
      up: false,
      ifIndex: 9,
      srttUs: 0,
      address4: parseAddress('100.64.0.2')!,
      address6: parseAddress('2001:db8:e::2')!,
    },
  },
}

test('a new board says that everything is down', () => {
  const board = new LegBoard()
  assert.equal(board.reachable, false)
  assert.equal(board.leg('dsl').up, false)
  assert.equal(board.leg('lte').address4, undefined)
})

test('what one thread writes, another reads whole', () => {
  const writer = new LegBoard()
  const reader = new LegBoard(writer.memory)
  writer.write(facts)
  assert.deepEqual(reader.facts(), facts)
})

test('a reader sees a change at its next look, and the same object while nothing changes', () => {
  const board = new LegBoard()
  board.write(facts)
  const before = board.facts()
  assert.equal(board.facts(), before)
  board.write({ ...facts, reachable: false })
  assert.equal(board.reachable, false)
})
