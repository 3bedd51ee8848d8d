import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Content } from './content.ts'

const content = new Content()

test('Content is the same bytes in every process', async () => {
  assert.equal(content.slice(0, 4).toString('hex'), FIRST_BYTES)
  assert.equal(await content.sha256(0), createHash('sha256').digest('hex'))
})

test('Content gives the same byte wherever a slice began', () => {
  for (const at of [0, 1, 1_000, PERIOD_BYTES - 3, PERIOD_BYTES + 77]) {
    assert.deepEqual(content.slice(at + 1, 1), content.slice(at, 2).subarray(1, 2), `at ${at}`)
  }
})

test('Content never gives an empty slice, also at the end of its period', () => {
  assert.equal(content.slice(PERIOD_BYTES - 1, 100).length, 1)
  assert.deepEqual(content.slice(PERIOD_BYTES, 8), content.slice(0, 8))
})

test('sha256() is that of the bytes that slices give', async () => {
  const bytes = PERIOD_BYTES + 5_000
  const hash = createHash('sha256')
  for (let at = 0; at < bytes; ) {
    const piece = content.slice(at, Math.min(70_001, bytes - at))
    hash.update(piece)
    at += piece.length
  }
  assert.equal(await content.sha256(bytes), hash.digest('hex'))
})

const PERIOD_BYTES = 16_777_213
const FIRST_BYTES = '490dd7c2'
