import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UsageJournal } from './usage-journal.ts'

const BATCH = {
  source: 'street 1',
  number: 3,
  uses: [
    { subscriber: 'home-1', carrier: 'tcp', atMs: 5, dslUp: 1, dslDown: 2, lteUp: 3, lteDown: 4 },
  ],
} as const

test('what waits is there after a start, and no file is while nothing waits', () => {
  using room = new Room()
  const journal = room.journal()
  assert.deepEqual(journal.read(), [])
  journal.write([])
  assert.ok(!existsSync(room.file))
  journal.write([BATCH])
  assert.deepEqual(room.journal().read(), [BATCH])
  const next = room.journal()
  next.read()
  next.write([])
  assert.ok(!existsSync(room.file))
  assert.deepEqual(room.told, [])
})

test('a journal that cannot be read is told of, and counting goes on', () => {
  using room = new Room()
  for (const text of ['', '{', '{}', '[{}]', '[{"source":"a","number":0,"uses":[]}]']) {
    writeFileSync(room.file, text)
    assert.deepEqual(room.journal().read(), [])
  }
  assert.equal(room.told.length, 5)
  assert.match(
    room.told[0] ?? '',
    /^Cannot read .*usage-waiting\.json, and its usage is not counted: /,
  )
})

test('a journal that cannot be written is told of once', () => {
  using room = new Room()
  const journal = new UsageJournal(join(room.file, 'below'), (why) => room.told.push(why))
  writeFileSync(room.file, '[]')
  journal.write([BATCH])
  journal.write([BATCH])
  assert.equal(room.told.length, 1)
})

class Room {
  readonly told: string[] = []
  readonly #directory = mkdtempSync(join(tmpdir(), 'hyb-usage-'))
  readonly file = join(this.#directory, 'usage-waiting.json')

  journal(): UsageJournal {
    return new UsageJournal(this.file, (why) => this.told.push(why))
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true })
  }
}
