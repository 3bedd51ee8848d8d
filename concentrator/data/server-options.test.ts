/**
 * Which options a home may ask for, and how the server's are told.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex } from '../../shared/wire/hex.fake.ts'
import { writeTcpOptions } from '../../shared/wire/tcp-option.ts'
import { listed, refusedKinds, type SynAck } from './server-options.ts'

const HONOURED = [4, 8, 30]

test('what the kernel puts into a SYN may be asked for, without a value', () => {
  assert.deepEqual(refusedKinds([], HONOURED), [])
  assert.deepEqual(refusedKinds(kinds(4, 8, 30), HONOURED), [])
})

test('other kinds, and values that nobody could copy into the SYN, are refused each once', () => {
  assert.deepEqual(refusedKinds(kinds(29, 4, 34, 29), HONOURED), [29, 34])
  const cookie = { kind: 34, value: hex('0102 0304 0506 0708') }
  assert.deepEqual(refusedKinds([cookie, { kind: 8, value: new Uint8Array(8) }], HONOURED), [34, 8])
  assert.deepEqual(refusedKinds([{ kind: 30, value: hex('01') }], HONOURED), [30])
})

test('the authentication option is refused whatever the kernel can do', () => {
  assert.deepEqual(refusedKinds(kinds(29), HONOURED), [29])
})

const rows: ReadonlyArray<[name: string, bytes: string, SynAck]> = [
  [
    'a server of today',
    '0204 05b4 0402 0802 0303 0a',
    synAck({ segmentBytes: 1_460, sackPermitted: true, timestamps: true, windowScale: 10 }),
  ],
  ['a server of 1981', '0204 0218', synAck({ segmentBytes: 536 })],
  [
    'a server that speaks MPTCP',
    '0402 0802 0303 07 1e02',
    synAck({ sackPermitted: true, timestamps: true, windowScale: 7, multipath: true }),
  ],
  ['a window scale of 0 is a window scale', '0303 00', synAck({ windowScale: 0 })],
  ['nothing known', '', synAck({})],
]

for (const [name, bytes, told] of rows) {
  test(`the header of ${name}`, () => {
    const into = new Uint8Array(hex(bytes).length)
    writeTcpOptions(listed(told), into, 0)
    assert.deepEqual(into, hex(bytes))
  })
}

function synAck(told: Partial<SynAck>): SynAck {
  return {
    segmentBytes: undefined,
    sackPermitted: false,
    timestamps: false,
    windowScale: undefined,
    multipath: false,
    ...told,
  }
}

function kinds(...list: number[]) {
  return list.map((kind) => ({ kind, value: new Uint8Array(0) }))
}
