import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex } from './hex.fake.ts'
import { readTcpOptions, tcpOptionBytes, tcpOptionsBytes, writeTcpOptions } from './tcp-option.ts'

test('readTcpOptions() lists what a server answered, without the filling', () => {
  assert.deepEqual(readTcpOptions(hex('0204 05b4   0402   01   0303 07   0000')), [
    { kind: 2, value: hex('05b4') },
    { kind: 4, value: hex('') },
    { kind: 3, value: hex('07') },
  ])
})

test('readTcpOptions() refuses an option that runs past the end, wherever it is cut', () => {
  const whole = hex('0402   220a 1122 3344 5566 7788')
  for (let seen = 3; seen < whole.length; seen++) {
    assert.equal(readTcpOptions(whole.subarray(0, seen)), undefined)
  }
})

for (const { name, wire, bytes } of [
  { name: 'the end of the list', wire: '00 05', bytes: 1 },
  { name: 'a filler', wire: '01', bytes: 1 },
  { name: 'a kind without a value', wire: '1e02', bytes: 2 },
  { name: 'a kind alone', wire: '1e', bytes: 0 },
  { name: 'length 0', wire: '1e00', bytes: 0 },
  { name: 'length 1', wire: '1e01', bytes: 0 },
  { name: 'a length past the end', wire: '1e03', bytes: 0 },
]) {
  test(`tcpOptionBytes() says ${bytes} for ${name}`, () => {
    assert.equal(tcpOptionBytes(hex(wire), 0, hex(wire).length), bytes)
  })
}

test('readTcpOptions() reads back every list that writeTcpOptions() writes', () => {
  const option = fc.record(
    { kind: fc.integer({ min: 2, max: 255 }), value: fc.uint8Array({ maxLength: 38 }) },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(option, { maxLength: 10 }), fc.nat({ max: 3 }), (options, padding) => {
      const block = new Uint8Array(tcpOptionsBytes(options) + padding)
      writeTcpOptions(options, block, 0)
      assert.deepEqual(readTcpOptions(block), options)
    }),
    { seed: 1, numRuns: 1_000 },
  )
})
