import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Identities } from './identities.ts'

test('what one thread has written another reads, of every token its own', () => {
  const written = Identities.create(1_024)
  const read = new Identities(written.memory)
  for (let i = 0; i < 100; i++) written.write(0xffff_ff00 + i * 8, { subscriber: i, leg: i % 3 })
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(read.of(0xffff_ff00 + i * 8), { subscriber: i, leg: i % 3 })
  }
  assert.equal(read.of(7), undefined)
})

test('a token that comes again is whose it is now', () => {
  const identities = Identities.create(64)
  identities.write(9, { subscriber: 1, leg: 1 })
  identities.write(9, { subscriber: 2, leg: 0 })
  assert.deepEqual(identities.of(9), { subscriber: 2, leg: 0 })
})

test('in a full window a newcomer takes the place of one, and only of one', () => {
  const identities = Identities.create(8)
  for (let token = 1; token <= 9; token++) identities.write(token, { subscriber: token, leg: 1 })
  const known = Array.from({ length: 9 }, (_, i) => identities.of(i + 1)?.subscriber)
  assert.equal(known.filter((subscriber) => subscriber !== undefined).length, 8)
  assert.equal(known[8], 9)
})

test('the largest subscriber number and leg are kept apart', () => {
  const identities = Identities.create(8)
  identities.write(5, { subscriber: 100_000, leg: 3 })
  assert.deepEqual(identities.of(5), { subscriber: 100_000, leg: 3 })
})
