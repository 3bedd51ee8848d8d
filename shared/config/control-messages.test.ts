import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  spoken,
  understandConcentrator,
  understandHome,
  versionOfBoth,
} from './control-messages.ts'

const proof = new Uint8Array(32).fill(5)
const hello = {
  type: 'hello',
  versions: { min: 1, max: 1 },
  id: 'home-1',
  proof: spoken(proof),
  software: 'hybridge 0.1.0',
  leg: 'dsl',
}

test('a message is understood, and its bytes are bytes', () => {
  const understood = understandHome(hello)
  assert.ok(understood.kind === 'message' && understood.message.type === 'hello')
  assert.deepEqual(understood.message.proof, proof)
})

test('fields of a later version are ignored', () => {
  const understood = understandHome({
    ...hello,
    colour: 'green',
    versions: { min: 1, max: 9, x: 1 },
  })
  assert.equal(understood.kind, 'message')
})

test('a message of a later version is unknown by its name, and only what the other end may say is known', () => {
  for (const [type, understand] of [
    ['dance', understandHome],
    ['welcome', understandHome],
    ['hello', understandConcentrator],
    ['constructor', understandHome],
  ] as const) {
    assert.deepEqual(understand({ type }), { kind: 'unknown', of: type })
  }
})

for (const [what, object] of [
  ['no type', {}],
  ['a type that is a number', { type: 7 }],
  ['a type of 65 characters', { type: 'x'.repeat(65) }],
  ['a hello without a proof', { ...hello, proof: undefined }],
  ['a proof that is no base64', { ...hello, proof: '%%%%' }],
  ['a proof that is too long', { ...hello, proof: spoken(new Uint8Array(64)) }],
  ['a leg that nobody has', { ...hello, leg: 'cable' }],
  ['a name of 65 characters', { ...hello, id: 'x'.repeat(65) }],
  ['a negative sum', { ...report(), usage: { epoch: 'a', dsl: sums(-1), lte: sums(0) } }],
  [
    'a sum that is not exact any more',
    { ...report(), usage: { epoch: 'a', dsl: sums(2 ** 60), lte: sums(0) } },
  ],
  ['257 reasons', { ...report(), reasons: Array(257).fill({ atMs: 1, text: 'dsl-full' }) }],
] as const) {
  test(`${what} is wrong`, () => {
    assert.equal(understandHome(object).kind, 'wrong')
  })
}

test('a report at its limits is understood', () => {
  const whole = { ...report(), reasons: Array(256).fill({ atMs: 1, text: 'x'.repeat(300) }) }
  assert.equal(understandHome(whole).kind, 'message')
})

test('of a speed test a later home may give reasons of its own, and figures beyond any line are wrong', () => {
  const news = (dsl: object) => ({
    type: 'speedTest',
    order: 'a',
    result: { atMs: 1, by: 'operator', subjects: { dsl }, usedBytes: 1, lteUsedBytes: 0 },
  })
  const later = understandHome(news({ why: 'asleep', paths: { ipv9: {} }, jitterMs: 3 }))
  assert.ok(later.kind === 'message' && later.message.type === 'speedTest')
  assert.deepEqual(later.message.result?.subjects.dsl, { why: 'asleep', paths: {} })
  for (const wrong of [{ downBitsPerS: 1e13 }, { why: 'x'.repeat(65) }, { mtuBytes: -1 }]) {
    assert.equal(understandHome(news(wrong)).kind, 'wrong', JSON.stringify(wrong))
  }
  const order = { type: 'speedTest', order: 'a', wish: 'dance' }
  assert.equal(understandConcentrator(order).kind, 'wrong')
})

test('ends whose versions overlap speak the highest that both know', () => {
  assert.equal(versionOfBoth({ min: 1, max: 1 }), 1)
  assert.equal(versionOfBoth({ min: 0, max: 7 }), 1)
  assert.equal(versionOfBoth({ min: 2, max: 3 }), undefined)
  assert.equal(versionOfBoth({ min: 0, max: 0 }), undefined)
})

test('whatever JSON says, nothing throws', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom('hello', 'report', 'applied', 'policy', 'goodbye', 'speedTest'),
      (object, type) => {
        understandHome({ ...object, type })
        understandConcentrator({ ...object, type })
        understandHome(object)
      },
    ),
  )
})

function report() {
  const leg = { state: 'up', reason: 'echo', rttMs: 12.5 }
  return {
    type: 'report',
    atMs: 1,
    legs: { dsl: leg, lte: leg },
    concentrator: { state: 'reachable', reason: 'dsl answers' },
    usage: { epoch: 'a', dsl: sums(1), lte: sums(0) },
    reasons: [] as unknown[],
  }
}

function sums(bytes: number) {
  return { upBytes: bytes, downBytes: 0 }
}
