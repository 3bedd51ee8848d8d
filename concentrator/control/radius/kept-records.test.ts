import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { AccountingRecord } from './accounting-record.ts'
import { KeptRecords } from './kept-records.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-radius-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const freshFile = () => join(folder, `${files++}.ndjson`)

test('what nobody has taken is there after a crash, in order, and what was taken is not', () => {
  const file = freshFile()
  const records = open(file)
  for (const session of ['a', 'b', 'c']) records.add(record('start', session))
  records.told(records.next()?.number ?? 0)
  records.next()
  // No farewell: the process was killed, and cut its last line short.
  appendFileSync(file, '[4,{"status":"sto')
  const again = open(file)
  assert.deepEqual(all(again), ['start b', 'start c'])
  again.add(record('stop', 'b'))
  assert.deepEqual(all(open(file)), ['start b', 'start c', 'stop b'])
})

test('of a session that waits only its last interim is told', () => {
  const file = freshFile()
  const records = open(file)
  records.add(record('start', 'a'))
  for (let i = 0; i < 9; i++) records.add(record('interimUpdate', 'a', i))
  assert.deepEqual(all(open(file)), ['start a', 'interimUpdate a 8'])
  records.add(record('stop', 'a', 9))
  assert.deepEqual(all(records), ['start a', 'stop a 9'])
})

test('what was said while the file could not be written is in it once it can be', () => {
  const place = join(folder, 'gone')
  const file = join(place, 'records.ndjson')
  const said: string[] = []
  const records = new KeptRecords(file, (why) => said.push(why))
  rmSync(place, { recursive: true })
  records.add(record('start', 'a'))
  records.add(record('start', 'b'))
  assert.equal(said.length, 1)
  mkdirSync(place)
  records.add(record('start', 'c'))
  assert.deepEqual(all(open(file)), ['start a', 'start b', 'start c'])
})

test('an interim that is being told is not replaced, and comes back when that fails', () => {
  const records = open(freshFile())
  records.add(record('interimUpdate', 'a', 1))
  const away = records.next()
  records.add(record('interimUpdate', 'a', 2))
  records.back(away?.number ?? 0)
  assert.deepEqual(all(records), ['interimUpdate a 1', 'interimUpdate a 2'])
})

test('a record that nobody takes lets the others go first', () => {
  const file = freshFile()
  const records = open(file)
  for (const session of ['a', 'b']) records.add(record('start', session))
  records.last(records.next()?.number ?? 0)
  assert.deepEqual(all(records), ['start b', 'start a'])
})

test('what is about the concentrator itself is told after all before it, and before all after it', () => {
  const records = open(freshFile())
  records.add(record('stop', 'a'))
  records.add(record('accountingOn', 'x'))
  records.add(record('start', 'b'))
  const stop = records.next()
  assert.equal(records.next(), undefined)
  records.told(stop?.number ?? 0)
  const on = records.next()
  assert.equal(on?.record.status, 'accountingOn')
  assert.equal(records.next(), undefined)
  records.last(on?.number ?? 0)
  assert.equal(records.next()?.record.status, 'accountingOn')
  records.told(on?.number ?? 0)
  assert.deepEqual(all(records), ['start b'])
})

test('a session that was open at a crash is known by its last record, also when all was told', () => {
  const file = freshFile()
  const records = open(file)
  records.add(record('accountingOn', 'x'))
  for (const session of ['a', 'b']) records.add(record('start', session))
  records.add(record('interimUpdate', 'a', 7))
  records.add(record('stop', 'b'))
  for (let one = records.next(); one !== undefined; one = records.next()) records.told(one.number)
  assert.equal(records.size, 0)
  const again = open(file)
  assert.deepEqual(again.lasting().map(spoken), ['interimUpdate a 7'])
  assert.equal(again.size, 0)
  again.add(record('stop', 'a', 7))
  assert.deepEqual(open(file).lasting(), [])
})

test('beyond its limit the oldest are thrown away, which is said once', () => {
  const complaints: string[] = []
  const records = new KeptRecords(freshFile(), (why) => complaints.push(why), 3)
  records.add(record('start', 'a'))
  const away = records.next()
  for (const session of ['b', 'c', 'd', 'e']) records.add(record('start', session))
  assert.deepEqual([records.size, records.dropped, complaints.length], [3, 2, 1])
  records.back(away?.number ?? 0)
  assert.deepEqual(all(records), ['start a', 'start d', 'start e'])
})

test('the file does not grow with what has been told', () => {
  const file = freshFile()
  const records = open(file)
  for (let i = 0; i < 30_000; i++) {
    records.add(record('interimUpdate', 'a', i))
    records.told(records.next()?.number ?? 0)
  }
  assert.ok(statSync(file).size < 5_000_000, `${statSync(file).size} bytes`)
  assert.deepEqual(open(file).lasting().map(spoken), ['interimUpdate a 29999'])
})

test('a file that cannot be written leaves them in memory, which is said once', () => {
  const complaints: string[] = []
  const file = freshFile()
  const records = new KeptRecords(file, (why) => complaints.push(why))
  rmSync(folder, { recursive: true })
  for (const session of ['a', 'b']) records.add(record('start', session))
  assert.deepEqual(all(records), ['start a', 'start b'])
  assert.equal(complaints.length, 1)
  assert.match(complaints.join(), /memory alone: ENOENT/)
})

test('its own user alone can read the file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'hybridge-radius-')), 'mode')
  open(file).add(record('start', 'a'))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.match(readFileSync(file, 'utf8'), /^\[1,/)
  rmSync(join(file, '..'), { recursive: true })
})

function open(file: string): KeptRecords {
  return new KeptRecords(file, (why) => assert.fail(why))
}

/** Takes none away. */
function all(records: KeptRecords): string[] {
  const taken = []
  for (let one = records.next(); one !== undefined; one = records.next()) taken.push(one)
  for (const { number } of taken) records.back(number)
  return taken.map((one) => spoken(one.record))
}

function record(status: AccountingRecord['status'], session: string, dslUp = 0): AccountingRecord {
  if (status === 'accountingOn') return { status, session, atMs: 1 }
  const octets = { dslUp, dslDown: 0, lteUp: 0, lteDown: 0 }
  return { status, session, atMs: 1, about: { user: 'u', from: '::1', startedMs: 0, octets } }
}

function spoken({ status, session, about }: AccountingRecord): string {
  const octets = about?.octets?.dslUp ?? 0
  return `${status} ${session}${octets === 0 ? '' : ` ${octets}`}`
}
