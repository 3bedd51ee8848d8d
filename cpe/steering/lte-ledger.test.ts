import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

test('a router that starts in an earlier month neither loses the page nor begins a new budget', () => {
  const told: string[] = []
  writePage('2026-03-01T00:00', 9 * GB)
  for (let boot = 0; boot < 2; boot++) {
    using ledger = open(date('2025-06-10T12:00'), told)
    ledger.look(counters(0), date('2025-06-10T12:00'))
    ledger.look(counters(0.25 * GB), date('2025-06-10T12:05'))
  }
  assert.deepEqual(readPage(), { startMs: date('2026-03-01T00:00'), bytes: 9.5 * GB })
  assert.equal(told.length, 2)
  assert.match(told[0] ?? '', /^The clock stands before the month of 2026-03-01,/)
  using ledger = open(date('2025-06-10T12:00'))
  ledger.look(counters(0), date('2025-06-10T12:00'))
  ledger.look(counters(0.4 * GB), date('2025-06-10T12:01'))
  const now = date('2026-03-20T12:00')
  assert.equal(ledger.look(counters(0.4 * GB), now).spent, false)
  assert.equal(ledger.look(counters(0.5 * GB), now + 2_000).spent, true)
})

test('a clock that was set beyond the month of the page keeps what was counted before it was set', () => {
  writePage('2026-03-01T00:00', 9 * GB)
  {
    using ledger = open(date('2025-06-10T12:00'))
    ledger.look(counters(0), date('2025-06-10T12:00'))
    ledger.look(counters(2 * GB), date('2026-04-02T00:00'))
  }
  assert.deepEqual(readPage(), { startMs: date('2026-04-01T00:00'), bytes: 2 * GB })
})

test('a clock that goes back a month and returns loses nothing', () => {
  const now = date('2026-03-20T12:00')
  {
    using ledger = open(now)
    ledger.look(counters(0), now)
    ledger.look(counters(5 * GB), now + 2_000)
    ledger.look(counters(6 * GB), date('2026-01-05T00:00'))
    ledger.look(counters(7 * GB), date('2026-02-05T00:00'))
    assert.equal(readPage().startMs, date('2026-03-01T00:00'))
    ledger.look(counters(8 * GB), now + 4_000)
  }
  // The gigabyte between the two wrong dates is of none of them.
  assert.deepEqual(readPage(), { startMs: date('2026-03-01T00:00'), bytes: 7 * GB })
})

test('a budget whose ledger a reboot would forget is told of once', () => {
  const cases = { '/run/hybridge': 1, '/var/run/h': 1, '/run': 1, '/runtime/h': 0 }
  for (const [directory, times] of Object.entries(cases)) {
    const told: string[] = []
    const budget = { monthlyGigabytes: 10, resetDay: 1 }
    new LteLedger({ budget, stateDirectory: directory }, (why) => told.push(why), 0)
    assert.equal(told.filter((why) => why.includes(`is ${directory}`)).length, times, directory)
  }
})

test('a ledger that cannot be read is told of, and counted anew', () => {
  for (const text of [
    '',
    'null',
    '{}',
    '{"startMs":"x","bytes":1}',
    '{"startMs":0,"bytes":-1}',
    '{"startMs":9e15,"bytes":1}',
  ]) {
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

function writePage(month: string, bytes: number): void {
  const page = JSON.stringify({ startMs: date(month), bytes })
  writeFileSync(join(stateDirectory, 'cpe-lte-ledger.json'), page)
}

function readPage(): { startMs: number; bytes: number } {
  return JSON.parse(readFileSync(join(stateDirectory, 'cpe-lte-ledger.json'), 'utf8'))
}

function counters(rxBytes: number) {
  return { rxBytes, txBytes: 0, rxPackets: 0, txPackets: 0 }
}

test('another budget judges what was counted before it, and a budget let go loses no count', () => {
  const now = date('2026-03-20T12:00')
  using ledger = open(now)
  ledger.look(counters(0), now)
  assert.equal(ledger.look(counters(6 * GB), now + 2_000).spent, false)
  ledger.adopt({ monthlyGigabytes: 5, resetDay: 1 })
  assert.equal(ledger.look(counters(6 * GB), now + 2_100).spent, true)
  ledger.adopt({ resetDay: 1 })
  assert.equal(ledger.look(counters(9 * GB), now + 4_000).spent, false)
  assert.equal(readPage().bytes, 6 * GB)
  ledger.adopt({ monthlyGigabytes: 5, resetDay: 1 })
  assert.equal(ledger.look(counters(9 * GB), now + 6_000).spent, true)
})
