import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { TranslationLog } from './translation-log.ts'
import { translationLine } from './translation-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-translations-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0
const START_MS = Date.parse('2026-11-26T05:00:00Z')

test('lines stand in the file in their order', async () => {
  const { log, directory } = opened()
  log.write(['{"a":1}', '{"a":2}'])
  log.write(['{"a":3}'])
  await log[Symbol.asyncDispose]()
  assert.deepEqual(contents(directory), ['{"a":1}\n{"a":2}\n{"a":3}\n'])
})

test('a file that is large enough, or old enough, is followed by another, and so many are kept', async () => {
  const { log, directory, clock } = opened()
  const line = `{"a":"${'x'.repeat(600_000)}"}`
  for (let i = 0; i < 5; i++) {
    clock.nowMs += 1_000
    log.write([line])
    await log.flush()
  }
  assert.equal(contents(directory).length, 3, 'two lines each, and one')
  clock.nowMs += 3_600_000
  log.write(['{"last":1}'])
  await log.flush()
  assert.deepEqual(
    contents(directory).map((text) => text.split('\n').length - 1),
    [2, 1, 1],
  )
  await log[Symbol.asyncDispose]()
})

test('files of others are left alone', async () => {
  const { log, directory, clock } = opened()
  writeFileSync(join(directory, 'translations-old.txt'), '')
  for (let i = 0; i < 6; i++) {
    clock.nowMs += 3_600_000
    log.write(['{}'])
    await log.flush()
  }
  assert.equal(readdirSync(directory).length, 4)
  await log[Symbol.asyncDispose]()
})

test('a clock that is put back begins another file', async () => {
  const { log, directory, clock } = opened()
  log.write(['{"a":1}'])
  await log.flush()
  clock.nowMs -= 86_400_000
  log.write(['{"a":2}'])
  await log[Symbol.asyncDispose]()
  assert.equal(contents(directory).length, 2)
})

test('a full disk is said once, and how many lines it cost is in the log when there is room', {
  skip: process.getuid?.() !== 0 && 'mounting a small disk needs root',
}, async () => {
  const { log, directory, complaints, clock } = opened((place) => {
    const argv = ['-t', 'tmpfs', '-o', 'size=64k', 'hybridge-test', place]
    assert.equal(spawnSync('mount', argv).status, 0)
  })
  try {
    const ballast = join(directory, 'ballast')
    const line = `{"a":"${'x'.repeat(3_000)}"}`
    writeFileSync(ballast, new Uint8Array(40_000))
    for (let i = 0; i < 40; i++) {
      log.write([line])
      await log.flush()
    }
    assert.equal(complaints.length, 1, complaints.join())
    assert.match(complaints.join(), /full|ENOSPC/)
    const { lost } = log
    assert.ok(lost > 20 && lost < 40, `${lost} lost`)
    rmSync(ballast)
    clock.nowMs += 1_000
    log.write(['{"after":1}'])
    await log.flush()
    const whole = contents(directory).join('')
    assert.match(whole, new RegExp(`"event":"lost","lines":${lost}}\\n{"after":1}\\n`))
    assert.equal(log.lost, lost)
    await log[Symbol.asyncDispose]()
  } finally {
    spawnSync('umount', [directory])
  }
})

test('a line says who, from where, and when; where to only if that is told', () => {
  const ids = new Map([[4, 'home-4']])
  const lineOf = translationLine((number) => ids.get(number))
  const begun = {
    event: 'begin',
    atMs: START_MS,
    subscriber: 4,
    address: '2001:db8::1',
    port: 7,
  } as const
  assert.equal(
    lineOf(begun),
    '{"at":"2026-11-26T05:00:00.000Z","event":"begin","subscriber":"home-4","carrier":"tcp","address":"2001:db8::1","port":7}',
  )
  ids.clear()
  const ended = {
    ...begun,
    event: 'end',
    destination: { address: '192.0.2.1', port: 443 },
  } as const
  assert.match(
    lineOf(ended),
    /"home-4".*"port":7,"destination":"192.0.2.1","destinationPort":443}$/,
  )
})

function opened(prepare: (directory: string) => void = () => undefined) {
  const directory = join(folder, String(folders++))
  mkdirSync(directory)
  prepare(directory)
  const clock = { nowMs: START_MS }
  const complaints: string[] = []
  const log = new TranslationLog(
    { directory, fileMegabytes: 1, fileHours: 1, filesMax: 3 },
    () => clock.nowMs,
    (why) => complaints.push(why),
  )
  return { log, directory, clock, complaints }
}

function contents(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.ndjson'))
    .toSorted()
    .map((name) => readFileSync(join(directory, name), 'utf8'))
}
