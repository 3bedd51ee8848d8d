import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeDeleteByMark } from './ctnetlink.ts'
import { hex } from './hex.fake.ts'

test('encodeDeleteByMark() names the mark and its mask in network order, and no family', () => {
  assert.deepEqual(
    encodeDeleteByMark(0x0020_0000, 0x00f0_0000),
    hex('00 00 0000   0800 0800 00200000   0800 1500 00f00000'),
  )
})

test('encodeDeleteByMark() does not delete every entry there is', () => {
  assert.throws(() => encodeDeleteByMark(0, 0), RangeError)
})
