import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpeConfig } from '../../../shared/config/cpe.ts'
import { UNLIMITED } from '../../../shared/core/budget.ts'
import type { Starter } from '../../../shared/core/speed-turns.ts'
import { paintedLog } from '../../../shared/daemon/log.fake.ts'
import { SpeedTester, type TesterParts } from './speed-test.ts'

test('the household must pause, and the operator may test all the same', async () => {
  using tester = new SpeedTester(linesWithoutAddress())
  const { dsl, lte, both } = await whole(tester, 'household')
  assert.deepEqual([dsl, lte, both], ['unreachable', 'unreachable', 'unreachable'])
  const again = tester.start('household')
  assert.equal(again?.why, 'often')
  assert.ok(again.waitMs > 0 && again.waitMs <= 30_000, `${again.waitMs}`)
  await whole(tester, 'operator')
  assert.equal(tester.state.result?.by, 'operator')
  assert.equal(tester.start('operator')?.why, 'often')
})

test('one test runs at a time, and where LTE may not be used it is not', async () => {
  using tester = new SpeedTester(linesWithoutAddress({ lteMegabytes: 0 }))
  assert.equal(tester.start('household'), undefined)
  assert.equal(tester.start('operator')?.why, 'runs')
  assert.equal(tester.isMeasuring, true)
  const { lte, both } = await over(tester)
  assert.deepEqual([lte, both], ['lteNotTested', 'lteNotTested'])
})

test('one that is stopped while its paths are looked at opens no connection any more', async () => {
  using tester = new SpeedTester(linesWithoutAddress())
  assert.equal(tester.start('household'), undefined)
  tester.stop()
  assert.deepEqual(await over(tester), { dsl: 'stopped', lte: 'stopped', both: 'stopped' })
})

test('twelve tests a day use LTE: beyond them neither LTE alone is tested nor both together', async () => {
  let nowMs = 0
  using tester = new SpeedTester({ ...linesWithoutAddress(), nowMs: () => nowMs })
  for (let i = 0; i < 12; i++) {
    const { lte, both } = await whole(tester, 'household')
    assert.deepEqual([lte, both], ['unreachable', 'unreachable'], `test ${i}`)
    nowMs += 3_600_000
  }
  const { dsl, lte, both } = await whole(tester, 'household')
  assert.deepEqual([dsl, lte, both], ['unreachable', 'lteOften', 'lteOften'])
  assert.equal((await whole(tester, 'operator')).lte, 'unreachable')
})

test('what was not asked for is not tested', async () => {
  using tester = new SpeedTester(linesWithoutAddress())
  assert.equal(tester.start('operator', ['lte']), undefined)
  assert.deepEqual(await over(tester), { dsl: undefined, lte: 'unreachable', both: undefined })
})

/** Why each subject was not tested. */
function whole(tester: SpeedTester, by: Starter) {
  assert.equal(tester.start(by), undefined)
  return over(tester)
}

async function over(tester: SpeedTester) {
  const { promise, resolve } = Promise.withResolvers<void>()
  ends.push(resolve)
  await promise
  const { dsl, lte, both } = tester.state.result?.subjects ?? {}
  return { dsl: dsl?.why, lte: lte?.why, both: both?.why }
}

/** Who waits for the end of a test, which the log tells. */
const ends: Array<() => void> = []

/** Both lines stand, and neither has an address from which the concentrator could be asked. */
function linesWithoutAddress({ lteMegabytes = 20 } = {}): TesterParts {
  const line = { up: true, address4: undefined, address6: undefined }
  const lte = { barred: undefined, budget: UNLIMITED, roams: false, throttled: false }
  return {
    config: cpeConfig.parse({
      subscriber: { id: 'home-1', cookie: 'c00c1e42c00c1e42c00c1e42c00c1e42' },
      concentrator: { addresses: ['192.0.2.10'], port: 8_803 },
      legs: { dsl: { interface: 'dsl' }, lte: { interface: 'lte' } },
      lan: { interfaces: ['lan'] },
      speedTest: { lteMegabytes },
    }),
    board: { leg: () => line },
    congestion: undefined,
    steering: () => ({ lte: () => ({ ...lte, month: undefined }) }),
    nowMs: () => 0,
    unixMs: () => 0,
    log: { ...paintedLog(assert.fail), info: () => ends.shift()?.() },
  }
}
