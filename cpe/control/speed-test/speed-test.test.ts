import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpeConfig } from '../../../shared/config/cpe.ts'
import { UNLIMITED } from '../../../shared/core/budget.ts'
import { paintedLog } from '../../../shared/daemon/log.fake.ts'
import { SpeedTester, type TesterParts } from './speed-test.ts'

test('twelve tests a day use LTE: beyond them neither LTE alone is tested nor both together', async () => {
  using tester = new SpeedTester(linesWithoutAddress())
  for (let i = 0; i < 12; i++) {
    const { dsl, lte, both } = await whole(tester)
    assert.deepEqual([dsl, lte, both], ['unreachable', 'unreachable', 'unreachable'], `test ${i}`)
  }
  const { dsl, lte, both } = await whole(tester)
  assert.deepEqual([dsl, lte, both], ['unreachable', 'lteOften', 'lteOften'])
})

test('one test runs at a time, and where LTE may not be used it is not', async () => {
  using tester = new SpeedTester(linesWithoutAddress({ lteMegabytes: 0 }))
  assert.equal(tester.start(), true)
  assert.equal(tester.start(), false)
  assert.equal(tester.isMeasuring, true)
  const { lte, both } = await over(tester)
  assert.deepEqual([lte, both], ['lteNotTested', 'lteNotTested'])
})

/** Why each subject was not tested. */
function whole(tester: SpeedTester) {
  assert.equal(tester.start(), true)
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
    unixMs: () => 0,
    log: { ...paintedLog(assert.fail), info: () => ends.shift()?.() },
  }
}
