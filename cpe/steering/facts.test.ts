import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factSheets } from './facts.ts'
import type { LinkSample } from './links.ts'
import { PathCounts } from './path-counts.ts'
import { reportsOf, watchLegs } from './watched-leg.ts'

const PROBES = { idleDslS: 30, idleLteS: 300, lteNatIdleS: 120, retries: 3 }

test('what is not known yet is not told', () => {
  const { dsl } = reportsOf(watchLegs(PROBES), 5_000)
  assert.deepEqual(dsl, {
    state: 'unknown',
    reason: 'not asked yet',
    sinceMs: 0,
    downs: 0,
    silentMs: undefined,
    load: { down: undefined, up: undefined },
    most: { down: undefined, up: undefined },
    rttMs: undefined,
    rttFloorMs: undefined,
    queueMs: undefined,
    lossShare: undefined,
    shapedDown: undefined,
  })
})

test('each fact has its age, and a queue is what a round trip is above the least', () => {
  const legs = watchLegs(PROBES)
  let nowMs = 0
  let rxBytes = 0
  const play = (forMs: number, bytesPerMs: number) => {
    for (const endMs = nowMs + forMs; nowMs < endMs; nowMs += 20) {
      rxBytes += 20 * bytesPerMs
      legs.dsl.observe(sample(rxBytes), nowMs)
    }
  }
  play(1_000, 0)
  for (const rttMs of [20, 60, 60, 60]) {
    legs.dsl.health.probeSent(rttMs, nowMs)
    legs.dsl.health.echo(rttMs, rttMs, nowMs)
  }
  play(3_000, 2_500)
  play(2_000, 0)
  const { dsl, lte } = reportsOf(legs, nowMs)
  assert.equal(dsl.state, 'up')
  assert.ok(dsl.sinceMs >= 4_980 && dsl.sinceMs <= 5_020, `${dsl.sinceMs}`)
  assert.equal(dsl.silentMs, 2_020)
  assert.equal(dsl.load.down?.value, 0)
  assert.ok(Math.abs((dsl.most.down?.value ?? 0) - 2_500) < 60, JSON.stringify(dsl.most))
  assert.ok((dsl.most.down?.ageMs ?? 0) >= 1_900, JSON.stringify(dsl.most))
  assert.equal(dsl.rttMs?.ageMs, 5_000)
  assert.equal(dsl.rttFloorMs, 20)
  assert.ok((dsl.queueMs ?? 0) > 5 && (dsl.queueMs ?? 0) < 40)
  assert.equal(dsl.lossShare, 0)
  assert.equal(lte.state, 'unknown')
})

test('the hostility of a leg is what its joins and its new connections met', () => {
  const counts = new PathCounts()
  counts.joins.lte.failed = 3
  const read = (name: string) => ({ fallbacksLte: 2, marksDsl: 1 })[name] ?? 0
  const capacity = { down: 6_250, up: undefined }
  const sheets = factSheets(reportsOf(watchLegs(PROBES), 0), capacity, counts, { read })
  const none = { stood: 0, failed: 0, fallbacks: 0, avoided: 0 }
  assert.deepEqual(sheets.dsl.hostility, { ...none, avoided: 1 })
  assert.deepEqual(sheets.lte.hostility, { ...none, failed: 3, fallbacks: 2 })
  assert.deepEqual([sheets.dsl.capacity, sheets.lte.capacity], [capacity, undefined])
})

function sample(rxBytes: number): LinkSample {
  const nothing = { address4: undefined, address6: undefined }
  const gateways = { gateway4: undefined, gateway6: undefined }
  return {
    facts: { missing: undefined, ifIndex: 3, ...nothing, ...gateways, path: 'ppp0' },
    counters: { rxBytes, rxPackets: Math.ceil(rxBytes / 1_400), txBytes: 0, txPackets: 0 },
  }
}
