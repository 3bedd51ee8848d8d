import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { KeeperUnavailable, type UsageBatch, type Use } from './keeper.ts'
import { KeptUsage } from './kept-usage.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-usage-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const freshFile = () => join(folder, `${files++}.ndjson`)
const HOUR_MS = 3_600_000

test('what the keeper takes at once stands in no file', async () => {
  const keeper = new Keeper()
  const file = freshFile()
  const kept = open(keeper, file)
  assert.equal(await kept.addUsage(batch('s', 1), 0), true)
  assert.throws(() => statSync(file), /ENOENT/)
  assert.deepEqual(keeper.numbers(), ['s 1'])
})

test('what it cannot take waits over a crash, and is taken once, in order, with its number', async () => {
  const keeper = new Keeper()
  const file = freshFile()
  keeper.isAway = true
  const complaints: string[] = []
  const kept = new KeptUsage(keeper, file, (why) => complaints.push(why))
  for (let i = 1; i <= 3; i++) await kept.addUsage(batch('first', i), 0)
  assert.deepEqual([kept.size, complaints.length], [3, 1])
  assert.match(complaints.join(), /away/)
  // It died, and cut a line short.
  appendFileSync(file, '{"source":"first","num')
  const again = open(keeper, file)
  assert.equal(again.size, 3)
  await assert.doesNotReject(again.say(0))
  keeper.isAway = false
  await again.addUsage(batch('second', 1), 0)
  assert.deepEqual(keeper.numbers(), ['first 1', 'first 2', 'first 3', 'second 1'])
  assert.equal(readFileSync(file, 'utf8'), '')
  await again.addUsage(batch('second', 2), 0)
  assert.equal(keeper.numbers().at(-1), 'second 2')
})

test('a file that has grown holds each home’s hours once, and what may have been taken as it was', async () => {
  const keeper = new Keeper()
  const file = freshFile()
  keeper.isAway = true
  const kept = new KeptUsage(keeper, file, () => undefined, 5_000)
  for (let i = 1; i <= 1_000; i++) await kept.addUsage(batch('s', i, i * 10_000), 0)
  assert.ok(statSync(file).size <= 5_000, `${statSync(file).size} bytes`)
  keeper.isAway = false
  await kept.say(0)
  assert.equal(keeper.taken[0]?.uses.length, 1)
  assert.equal(keeper.numbers().at(-1), 's 1000')
  const hours = new Map<number, number>()
  for (const { uses } of keeper.taken) {
    for (const { atMs, dslUp } of uses) {
      const hour = Math.floor(atMs / HOUR_MS)
      hours.set(hour, (hours.get(hour) ?? 0) + dslUp)
    }
  }
  assert.deepEqual(
    [...hours],
    [
      [0, 359],
      [1, 360],
      [2, 281],
    ],
  )
})

test('a mistake of ours is none of the keeper’s', async () => {
  const kept = open({ addUsage: () => Promise.reject(new TypeError('ours')) }, freshFile())
  await assert.rejects(kept.addUsage(batch('s', 1), 0), TypeError)
})

class Keeper {
  isAway = false
  readonly taken: UsageBatch[] = []

  addUsage(one: UsageBatch): Promise<boolean> {
    if (this.isAway) return Promise.reject(new KeeperUnavailable('away'))
    this.taken.push(one)
    return Promise.resolve(true)
  }

  numbers(): string[] {
    return this.taken.map(({ source, number }) => `${source} ${number}`)
  }
}

function open(keeper: ConstructorParameters<typeof KeptUsage>[0], file: string): KeptUsage {
  return new KeptUsage(keeper, file, () => undefined)
}

function batch(source: string, number: number, atMs = 0): UsageBatch {
  const use: Use = {
    subscriber: 'a',
    carrier: 'tcp',
    atMs,
    dslUp: 1,
    dslDown: 0,
    lteUp: 0,
    lteDown: 0,
  }
  return { source, number, uses: [use] }
}
