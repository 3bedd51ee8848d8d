import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextProbeNumber } from '../../shared/core/probe-number.ts'
import { macOf, probeSecret } from '../../shared/tunnel/keys.ts'
import { decodeProbe, encodeProbe } from '../../shared/wire/probe.ts'
import { FreshProbes } from '../subscribers/fresh-probes.ts'
import { type EchoSays, ProbeJudge } from './probe-responder.ts'

const cookie = Uint8Array.from({ length: 16 }, (_, i) => i)
const { sessionId, key } = probeSecret(cookie)
const TIE_S = 600
const UNIX_MS = Date.UTC(2026, 0, 1)
const packetNumber = nextProbeNumber(0, UNIX_MS)
const frame = {
  type: 'probe',
  sessionId,
  legId: 2,
  packetNumber,
  sentUs: 1_000_000,
  shapedKbps: 0,
  unsent: true,
} as const
const probe = encodeProbe(frame, macOf(key))
const home = { address: '100.64.0.2' }
const stranger = { address: '198.51.100.9' }

test('a genuine probe gets an echo of its own length, number and timestamp', () => {
  const judge = judgeAt()
  const answer = judge.answer(probe, home, at(0))
  assert.ok(answer !== undefined)
  const { echo, tie } = answer
  assert.deepEqual(tie, { subscriber: 0, leg: 2 })
  assert.equal(echo.length, probe.length)
  const decoded = decodeProbe(echo)
  assert.ok(decoded.kind === 'message')
  assert.deepEqual({ ...decoded.frame }, { ...frame, type: 'echo', unsent: false })
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
    const judge = judgeAt()
    assert.equal(judge.answer(bytes, home, at(0)), undefined)
    assert.equal(judge.counts[counter], 1)
    assert.equal(judge.counts.answered, 0)
  })
}

test('an echo says what its leg is shaped to, as far as the field can, and believes no probe', () => {
  for (const [kbps, told] of [
    [48_500, 48_500],
    [0, 0],
    [20_000_000, 2 ** 23 - 1],
  ] as const) {
    const judge = judgeAt(undefined, (subscriber, leg) => ({
      shapedKbps: subscriber + leg === 2 ? kbps : 1,
      unsent: false,
    }))
    const answer = judge.answer(encodeProbe({ ...frame, shapedKbps: 77 }, macOf(key)), home, at(0))
    assert.ok(answer !== undefined)
    const decoded = decodeProbe(answer.echo)
    assert.ok(decoded.kind === 'message')
    assert.equal(decoded.frame.shapedKbps, told)
  }
})

test('an echo says that its leg leaves more unsent than it takes to whoever knows the word', () => {
  for (const [legId, knows, told] of [
    [2, true, true],
    [2, false, false],
    [1, true, false],
  ] as const) {
    const says: EchoSays = (_, leg) => ({ shapedKbps: 48_500, unsent: leg === 2 })
    const asked = encodeProbe({ ...frame, legId, unsent: knows }, macOf(key))
    const answer = judgeAt(undefined, says).answer(asked, home, at(0))
    const decoded = decodeProbe(answer?.echo ?? asked)
    assert.ok(decoded.kind === 'message' && decoded.frame.type === 'echo')
    assert.deepEqual([decoded.frame.shapedKbps, decoded.frame.unsent], [48_500, told])
  }
})

test('who has gone is not answered any more, and who has its number is', () => {
  const judge = judgeAt()
  const other = probeSecret(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9))
  judge.know(0, other)
  assert.equal(judge.answer(probe, home, at(0)), undefined)
  const its = encodeProbe({ ...frame, sessionId: other.sessionId }, macOf(other.key))
  assert.deepEqual(judge.answer(its, home, at(0))?.tie, { subscriber: 0, leg: 2 })
  judge.know(0, undefined)
  assert.equal(judge.answer(its, home, at(0)), undefined)
  assert.equal(judge.counts.unknown, 2)
})

test('a source that floods is answered 2,000 times a second and does not silence others', () => {
  const judge = judgeAt()
  for (let i = 0; i < 2_100; i++) judge.answer(probe, home, at(500))
  assert.equal(judge.counts.answered, 2_000)
  assert.equal(judge.counts.limited, 100)
  assert.ok(judge.answer(probe, { address: '203.0.113.2' }, at(500)) !== undefined)
  assert.ok(judge.answer(probe, home, at(1_000)) !== undefined)
})

test('a probe that is said again from another address is answered and ties nothing', () => {
  const judge = judgeAt()
  assert.ok(judge.answer(probe, home, at(0))?.tie !== undefined)
  for (const ms of [0, 30, 60_000]) {
    const answer = judge.answer(probe, stranger, at(ms))
    assert.ok(answer !== undefined)
    assert.equal(answer.tie, undefined)
  }
})

test('of two probes that overtook each other the newer one ties, on each leg for itself', () => {
  const judge = judgeAt()
  const [first, second] = [made(0), made(20)]
  assert.ok(judge.answer(second, home, at(40))?.tie !== undefined)
  assert.equal(judge.answer(first, home, at(41))?.tie, undefined)
  assert.deepEqual(judge.answer(made(0, 1), home, at(42))?.tie, { subscriber: 0, leg: 1 })
})

test('a home that starts again goes on tying', () => {
  const judge = judgeAt()
  for (const ms of [0, 1, 5_000, 90_000]) {
    const again = encodeProbe(
      { ...frame, packetNumber: nextProbeNumber(0, UNIX_MS + ms) },
      macOf(key),
    )
    assert.ok(judge.answer(again, home, at(ms))?.tie !== undefined, `${ms} ms`)
  }
})

test('what was overheard before the concentrator started again ties nothing', () => {
  const judge = judgeAt(0)
  assert.equal(judge.answer(made(-1), stranger, at(10))?.tie, undefined)
  assert.equal(judge.answer(made(-500_000), stranger, at(10))?.tie, undefined)
  assert.ok(judge.answer(made(0), home, at(10))?.tie !== undefined)
})

test('a clock may be as far from ours as a tie lasts, and not further', () => {
  for (const [ms, ties] of [
    [-TIE_S * 1_000, true],
    [-TIE_S * 1_000 - 1, false],
    [TIE_S * 1_000, true],
    [TIE_S * 1_000 + 1, false],
    [-UNIX_MS + 5_000, false],
  ] as const) {
    const answer = judgeAt().answer(made(ms), home, at(0))
    assert.ok(answer !== undefined)
    assert.equal(answer.tie !== undefined, ties, `${ms} ms`)
  }
})

test('numbers that count from 0, and legs that nobody has, tie nothing', () => {
  const old = encodeProbe({ ...frame, packetNumber: 7 }, macOf(key))
  for (const bytes of [old, made(0, 3)]) {
    const answer = judgeAt().answer(bytes, home, at(0))
    assert.ok(answer !== undefined)
    assert.equal(answer.tie, undefined)
  }
})

/** A judge that has listened since then. */
function judgeAt(startedMs = -86_400_000, says: EchoSays = () => NOTHING) {
  const judge = new ProbeJudge(new FreshProbes(TIE_S, startedMs), says)
  judge.know(0, { sessionId, key })
  return judge
}

const NOTHING = { shapedKbps: 0, unsent: false }

function at(ms: number) {
  return { nowMs: ms, unixMs: UNIX_MS + ms }
}

/** A genuine probe of that time. */
function made(ms: number, legId = 2): Uint8Array {
  const number = nextProbeNumber(0, UNIX_MS + ms)
  return encodeProbe({ ...frame, legId, packetNumber: number }, macOf(key))
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = copy[at]! ^ 1
  return copy
}
