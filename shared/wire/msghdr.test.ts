/**
 * Control messages as the kernel writes them, whole and damaged.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex } from './hex.fake.ts'
import { controlBytesOf, MSGHDR_BYTES, readControl, writeMsghdr } from './msghdr.ts'

/** Two of them: level 41 type 25 with 5 bytes, then level 0 type 11 with 4. */
const TWO = hex(
  '15 00 00 00 00 00 00 00 29 00 00 00 19 00 00 00 61 62 63 64 65 00 00 00' +
    '14 00 00 00 00 00 00 00 00 00 00 00 0b 00 00 00 01 02 03 04',
)

test('a header names its control buffer and its size, and nothing else', () => {
  const header = new Uint8Array(MSGHDR_BYTES).fill(0xff)
  writeMsghdr(header, 0x0102_0304_0506_0708n, 256)
  assert.deepEqual(
    header,
    hex(`${'00'.repeat(32)} 08 07 06 05 04 03 02 01 00 01 ${'00'.repeat(14)}`),
  )
  assert.equal(controlBytesOf(header), 256)
})

test('control messages are found one behind the other, each on its boundary', () => {
  assert.deepEqual(readControl(TWO), [
    { level: 41, type: 25, data: hex('61 62 63 64 65') },
    { level: 0, type: 11, data: hex('01 02 03 04') },
  ])
  assert.deepEqual(readControl(new Uint8Array(0)), [])
})

test('a control message that is cut short, or longer than what is there, ends the list', () => {
  for (let length = 0; length < TWO.length; length++) {
    const expected = length < 21 ? 0 : 1
    assert.equal(readControl(TWO.subarray(0, length)).length, expected, `${length} bytes`)
  }
  const long = TWO.slice()
  long[7] = 0xff
  assert.deepEqual(readControl(long), [])
  const short = TWO.slice()
  short[0] = 15
  assert.deepEqual(readControl(short), [])
})
