import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LegQuality } from './leg-quality.ts'

const S = 1_000_000

test('a clean leg, and one with the loss of a radio, are fed in full', () => {
  assert.equal(play(new LegQuality(), { loss: 0.02, seconds: 10 }), 1)
})

test('a leg that loses a tenth is fed less, one that loses a third not at all', () => {
  const some = play(new LegQuality(), { loss: 0.1, seconds: 10 })
  assert.ok(some > 0.4 && some < 0.9, `${some}`)
  assert.equal(play(new LegQuality(), { loss: 0.33, seconds: 1 }), 0)
})

test('what is lost at the end of a full queue does not count', () => {
  assert.equal(play(new LegQuality(), { loss: 0.33, seconds: 10, queueUs: 50_000 }), 1)
})

test('a leg whose queue stands for long is fed less, then not at all', () => {
  const some = play(new LegQuality(), { loss: 0, seconds: 1, queueUs: 500_000 })
  assert.ok(some > 0.3 && some < 0.7, `${some}`)
  assert.equal(play(new LegQuality(), { loss: 0, seconds: 1, queueUs: 900_000 }), 0)
})

test('a leg that is out is tried again after 2 s, and fed again when it has become good', () => {
  const leg = new LegQuality()
  play(leg, { loss: 0.5, seconds: 0.5 })
  assert.equal(leg.share(1.9 * S), 0)
  assert.ok(leg.share(3 * S) > 0 && leg.share(3 * S) < 0.1)
  assert.equal(play(leg, { loss: 0, seconds: 2, fromUs: 3 * S }), 1)
})

test('a leg that stays bad is tried less and less often, up to a minute', () => {
  const leg = new LegQuality()
  const trials: number[] = []
  let out = false
  for (let nowUs = 0; nowUs < 400 * S; nowUs += 20_000) {
    const share = leg.share(nowUs)
    if (share > 0 && out) trials.push(nowUs)
    out = share === 0
    if (share > 0) leg.observe({ received: 10, lost: 10 }, 0, nowUs)
  }
  const pauses = trials.slice(1).map((atUs, i) => Math.round((atUs - trials[i]!) / S))
  assert.deepEqual(pauses.slice(0, 4), [4, 8, 16, 32])
  assert.ok(
    pauses.slice(4).every((pause) => pause === 60),
    pauses.join(', '),
  )
})

/** Reports of 20 packets every 20 ms; the share at the end. */
function play(
  leg: LegQuality,
  {
    loss,
    seconds,
    queueUs = 0,
    fromUs = 0,
  }: {
    readonly loss: number
    readonly seconds: number
    readonly queueUs?: number
    readonly fromUs?: number
  },
): number {
  let owed = 0
  const endUs = fromUs + seconds * S
  for (let nowUs = fromUs; nowUs < endUs; nowUs += 20_000) {
    if (leg.share(nowUs) === 0) continue
    owed += 20 * loss
    const lost = Math.floor(owed)
    owed -= lost
    leg.observe({ received: 20 - lost, lost }, queueUs, nowUs)
  }
  return leg.share(endUs)
}
