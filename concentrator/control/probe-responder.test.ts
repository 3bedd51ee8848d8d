import assert from 'node:assert/strict'
import { test } from 'node:test'
import { macOf, probeSecret } from '../../shared/tunnel/keys.ts'
import { decodeProbe, encodeProbe } from '../../shared/wire/probe.ts'
import { ProbeJudge } from './probe-responder.ts'

const cookie = Uint8Array.from({ length: 16 }, (_, i) => i)
const { sessionId, key } = probeSecret(cookie)
const frame = { type: 'probe', sessionId, legId: 2, packetNumber: 7, sentUs: 1_000_000 } as const
const probe = encodeProbe(frame, macOf(key))
const home = { address: '100.64.0.2' }

test('a genuine probe gets an echo of its own length, number and timestamp', () => {
  const judge = new ProbeJudge([cookie])
  const answer = judge.answer(probe, home, 0)
  assert.ok(answer !== undefined)
  const { echo, subscriber, leg } = answer
  assert.deepEqual({ subscriber, leg }, { subscriber: 0, leg: 2 })
  assert.equal(echo.length, probe.length)
  const decoded = decodeProbe(echo)
  assert.ok(decoded.kind === 'message')
  assert.deepEqual({ ...decoded.frame }, { ...frame, type: 'echo' })
  assert.deepEqual(macOf(key)(decoded.signed), Buffer.from(decoded.mac))
})

for (const [name, bytes, counter] of [
  ['a forged MAC', flipped(probe, 47), 'forged'],
  ['a changed number', flipped(probe, 23), 'forged'],
  ['an unknown session', flipped(probe, 4), 'unknown'],
  ['a datagram cut short', probe.subarray(0, 40), 'alien'],
  ['our own echo thrown back', encodeProbe({ ...frame, type: 'echo' }, macOf(key)), 'alien'],
  ['nothing', new Uint8Array(0), 'alien'],
] as const) {
  test(`${name} is counted and not answered`, () => {
    const judge = new ProbeJudge([cookie])
    assert.equal(judge.answer(bytes, home, 0), undefined)
    assert.equal(judge.counts[counter], 1)
    assert.equal(judge.counts.answered, 0)
  })
}

test('a source that floods is answered 2,000 times a second and does not silence others', () => {
  const judge = new ProbeJudge([cookie])
  for (let i = 0; i < 2_100; i++) judge.answer(probe, home, 500)
  assert.equal(judge.counts.answered, 2_000)
  assert.equal(judge.counts.limited, 100)
  assert.ok(judge.answer(probe, { address: '203.0.113.2' }, 500) !== undefined)
  assert.ok(judge.answer(probe, home, 1_000) !== undefined)
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = copy[at]! ^ 1
  return copy
}
