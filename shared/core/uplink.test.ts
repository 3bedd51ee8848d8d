/**
 * Uploads on painted uplinks (painted-uplink.fake.ts): LTE has what DSL lacks, and no more.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from './chance.fake.ts'
import { PaintedUplink } from './painted-uplink.fake.ts'
import { Uplink } from './uplink.ts'

/** 10 Mbit/s. */
const DSL = 1_250
/** 50 Mbit/s. */
const QUICK = 6_250

for (const shaped of [true, false]) {
  const how = shaped ? 'shaped' : 'unshaped'

  test(`an upload that DSL can carry leaves LTE alone, in blocks of 128 KiB, ${how}`, () => {
    // Unshaped, what waits stands in the modem, and probes find the pauses between blocks only now and then: from 90 %
    // on LTE helps, and nothing says for how much.
    const most = shaped ? { 0.5: 0, 0.8: 0.5, 0.9: 1 } : { 0.5: 0, 0.8: 1 }
    for (const [share, percent] of Object.entries(most)) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const uplink = home(seed, shaped)
        uplink.play(24_000, Number(share))
        assert.ok(ltePercent(uplink) <= percent, `seed ${seed} at ${share}: ${story(uplink)}`)
      }
    }
  })

  test(`an upload of more than DSL has LTE for what DSL lacks, ${how}`, () => {
    for (const share of [1.05, 1.2, 1.5, 1.8]) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const uplink = home(seed, shaped)
        uplink.play(4_000, share)
        const before = { ...uplink.carried }
        uplink.play(20_000, share)
        const dsl = uplink.carried.dsl - before.dsl
        const lte = uplink.carried.lte - before.lte
        const told = `seed ${seed} at ${share}: DSL ${dsl}, LTE ${lte}; ${story(uplink)}`
        assert.ok(Number.parseInt(uplink.decisions[0] ?? '', 10) <= 700, told)
        assert.ok(dsl + lte >= 0.97 * share * 20_000 * DSL, told)
        if (!shaped) continue
        assert.ok(dsl >= 0.92 * 20_000 * DSL, told)
        assert.ok(lte / (dsl + lte) <= 1 - 1 / share + 0.06, told)
        assert.equal(uplink.decisions.length, 1, told)
      }
    }
  })

  test(`an upload without end has both lines, ${how}`, () => {
    const uplink = home(7, shaped)
    uplink.play(4_000, Infinity)
    const before = { ...uplink.carried }
    uplink.play(20_000, Infinity)
    const carried = uplink.carried.dsl + uplink.carried.lte - before.dsl - before.lte
    assert.ok(carried >= 0.95 * 20_000 * 2 * DSL, `${carried}; ${story(uplink)}`)
  })
}

test('an upload that leaves no queue on a quick DSL has LTE within two seconds, and one that it can carry has not', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const uplink = home(seed, false, QUICK, false)
    for (const share of [0.5, 0.8, 0.9]) uplink.play(10_000, share)
    assert.equal(uplink.carried.lte, 0, `seed ${seed}: ${story(uplink)}`)
    uplink.play(4_000, Infinity)
    const [decision] = uplink.decisions
    const afterMs = Number.parseInt(decision ?? '', 10) - 30_000
    assert.ok(afterMs > 0 && afterMs <= 2_000, `seed ${seed}: ${story(uplink)}`)
    assert.match(decision ?? '', /up on dsl-full more unsent/)
  }
})

for (const [how, shaped] of Object.entries({ shaped: true, unshaped: false })) {
  test(`a slow uplink that an upload without end fills has LTE within two seconds, ${how}`, () => {
    for (const dslRate of [62.5, 125, 250, 375]) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const uplink = home(seed, shaped, dslRate)
        uplink.play(6_000, Infinity)
        const told = `seed ${seed} at ${dslRate}: ${story(uplink)}`
        assert.ok(Number.parseInt(uplink.decisions[0] ?? '', 10) <= 2_000, told)
        assert.ok(uplink.carried.lte >= 0.8 * 4_000 * DSL, told)
      }
    }
  })
}

test('a slow uplink is full for a second while it takes a block, and that is no reason', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const uplink = home(seed, true, 125)
    uplink.play(60_000, 0.8)
    assert.ok(ltePercent(uplink) <= 1, `seed ${seed}: ${story(uplink)}`)
  }
})

test('Uplink says nothing of what waits before it has looked for long enough', () => {
  const uplink = new Uplink()
  const look = (waiting: number | undefined, atMs: number): void => {
    uplink.observe(
      { txBytes: { dsl: atMs * DSL, lte: 0 }, waiting, unsentMs: undefined },
      DSL,
      atMs,
    )
  }
  assert.equal(uplink.waits, undefined)
  for (let atMs = 0; atMs <= 200; atMs += 20) look(3_000, atMs)
  assert.equal(uplink.waits, false)
  for (let atMs = 220; atMs <= 300; atMs += 20) look(3_000, atMs)
  assert.equal(uplink.waits, true)
  for (let atMs = 320; atMs <= 360; atMs += 20) look(0, atMs)
  assert.equal(uplink.waits, false)
  look(undefined, 380)
  assert.equal(uplink.waits, undefined)
})

function home(seed: number, shaped: boolean, dslRate = DSL, queues = true): PaintedUplink {
  return new PaintedUplink({ dslRate, lteRate: DSL, shaped, queues }, mulberry32(seed))
}

function ltePercent({ carried }: PaintedUplink): number {
  return (100 * carried.lte) / (carried.dsl + carried.lte)
}

function story({ decisions, carried }: PaintedUplink): string {
  return `${JSON.stringify(carried)} ${decisions.slice(0, 8).join('; ')}`
}

const SEEDS = 6
