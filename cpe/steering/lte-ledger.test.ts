import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { LteLedger } from './lte-ledger.ts'

let stateDirectory = ''
beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'hyb-ledger-'))
})
afterEach(() => rmSync(stateDirectory, { recursive: true }))

const GB = 1e9
const date = (text: string) => Date.parse(`${text}Z`)

test('what LTE carried before a restart counts after it, and a new month begins with nothing', () => {
  const now = date('2026-03-20T12:00')
  {
    using ledger = open(now)
    ledger.look(counters(7 * GB), now)
    assert.equal(ledger.look(counters(15 * GB), now + 2_000).spent, false)
  }
  {
    using ledger = open(now)
    // The counters of an interface that was made anew.
    ledger.look(counters(0), now + 10_000)
    assert.equal(ledger.look(counters(1 * GB), now + 12_000).spent, false)
    assert.equal(ledger.look(counters(2 * GB), now + 14_000).spent, true)
    assert.equal(ledger.look(counters(2 * GB), date('2026-04-01T00:00')).spent, false)
  }
  assert.deepEqual(readdirSync(stateDirectory), ['cpe-lte-ledger.json'])
})

test('a ledger that cannot be read is told of, and counted anew', () => {
  for (const text of ['', 'null', '{}', '{"startMs":"x","bytes":1}', '{"startMs":0,"bytes":-1}']) {
    writeFileSync(join(stateDirectory, 'cpe-lte-ledger.json'), text)
    const told: string[] = []
    using ledger = open(date('2026-03-20T12:00'), told)
    assert.equal(ledger.look(counters(0), date('2026-03-20T12:00')).spent, false)
    assert.match(told[0] ?? '', /is no ledger; counting anew/, text)
  }
})

test('without a budget nothing is counted and nothing is written', () => {
  {
    const budget = { resetDay: 1 }
    using ledger = new LteLedger({ budget, stateDirectory }, assert.fail, 0)
    ledger.look(counters(0), 0)
    assert.equal(ledger.look(counters(1e15), 5_000).spent, false)
  }
  assert.deepEqual(readdirSync(stateDirectory), [])
})

function open(dateMs: number, told: string[] = []): LteLedger {
  const budget = { monthlyGigabytes: 10, resetDay: 1 }
  return new LteLedger({ budget, stateDirectory }, (why) => told.push(why), dateMs)
}

function counters(rxBytes: number) {
  return { rxBytes, txBytes: 0, rxPackets: 0, txPackets: 0 }
}
