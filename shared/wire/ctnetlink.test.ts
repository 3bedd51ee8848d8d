import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeDeleteByMark, TRANSLATED } from './ctnetlink.ts'
import { hex } from './hex.fake.ts'

test('encodeDeleteByMark() names mark, status and masks in network order, and no family', () => {
  const marked = '0800 0800 00200000   0800 1500 00f00000'
  const translated = '0800 0300 00000010   0800 1a00 00000010'
  // The kernel refuses a mask of no bits.
  assert.deepEqual(encodeDeleteByMark(0x0020_0000, 0x00f0_0000, 0), hex(`00 00 0000   ${marked}`))
  assert.deepEqual(
    encodeDeleteByMark(0x0020_0000, 0x00f0_0000, TRANSLATED),
    hex(`00 00 0000   ${marked}   ${translated}`),
  )
})

test('encodeDeleteByMark() does not delete every entry there is', () => {
  assert.throws(() => encodeDeleteByMark(0, 0, 0), RangeError)
})
