import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeeperUnavailable, type UsageBatch } from './keeper.ts'
import { UsageOut } from './usage-out.ts'

const ONE = { dslUp: 1, dslDown: 2, lteUp: 3, lteDown: 4 }

test('what was counted goes out once, in numbered batches', async () => {
  const keeper = new Keeper()
  const out = new UsageOut(keeper, 'street 1', new Journal(), () => undefined)
  out.add('home-1', ONE, 'tcp')
  out.add('home-1', ONE, 'tcp')
  out.add('home-2', ONE, 'tcp')
  out.add('home-1', ONE, 'tunnel')
  await out.send(5_000)
  await out.send(6_000)
  out.add('home-1', ONE, 'tcp')
  await out.send(7_000)
  const use = { carrier: 'tcp', atMs: 5_000 }
  assert.deepEqual(keeper.taken, [
    {
      source: 'street 1',
      number: 1,
      uses: [
        { subscriber: 'home-1', ...use, dslUp: 2, dslDown: 4, lteUp: 6, lteDown: 8 },
        { subscriber: 'home-2', ...use, ...ONE },
        { subscriber: 'home-1', ...use, carrier: 'tunnel', ...ONE },
      ],
    },
    {
      source: 'street 1',
      number: 2,
      uses: [{ subscriber: 'home-1', ...use, atMs: 7_000, ...ONE }],
    },
  ])
})

test('a keeper that is away is told the same batch again, and what was counted meanwhile after it', async () => {
  const keeper = new Keeper()
  const said: string[] = []
  const out = new UsageOut(keeper, 'street 1', new Journal(), (why) => said.push(why))
  keeper.away = true
  out.add('home-1', ONE, 'tcp')
  await out.send(5_000)
  out.add('home-1', ONE, 'tcp')
  await out.send(6_000)
  assert.deepEqual(said, ['the keeper is away'])
  keeper.away = false
  await out.send(7_000)
  assert.deepEqual(
    keeper.taken.map(({ number, uses }) => [number, uses[0]?.atMs]),
    [
      [1, 5_000],
      [2, 6_000],
    ],
  )
})

test('what a crash found waiting is said by the next start, before its own, and counted once', async () => {
  const keeper = new Keeper()
  const journal = new Journal()
  const before = new UsageOut(keeper, 'street 1', journal, () => undefined)
  keeper.away = true
  before.add('home-1', ONE, 'tcp')
  await before.send(5_000)
  before.add('home-2', ONE, 'tunnel')
  await before.send(6_000)

  const after = new UsageOut(keeper, 'street 2', journal, () => undefined)
  after.add('home-3', ONE, 'tcp')
  keeper.away = false
  await after.send(7_000)
  assert.deepEqual(
    keeper.taken.map(({ source, number, uses }) => [source, number, uses[0]?.subscriber]),
    [
      ['street 1', 1, 'home-1'],
      ['street 1', 2, 'home-2'],
      ['street 2', 1, 'home-3'],
    ],
  )
  assert.deepEqual(journal.read(), [])
})

test('hours without the keeper are told apart, up to 72 of them, and no byte is lost', async () => {
  const keeper = new Keeper()
  const out = new UsageOut(keeper, 'street 1', new Journal(), () => undefined)
  keeper.away = true
  const hours = 100
  for (let hour = 0; hour < hours; hour++) {
    for (const minute of [1, 31]) {
      out.add('home-1', ONE, 'tcp')
      await out.send(hour * HOUR_MS + minute * 60_000)
    }
  }
  keeper.away = false
  await out.send(hours * HOUR_MS)
  const uses = keeper.taken.flatMap((batch) => batch.uses)
  assert.equal(
    uses.reduce((sum, { dslUp }) => sum + dslUp, 0),
    2 * hours,
  )
  const told = new Set(uses.map(({ atMs }) => Math.floor(atMs / HOUR_MS)))
  // The first batch is what waited when the keeper was first found away.
  assert.ok(told.size >= 72 && told.size <= 73, `${told.size} hours`)
  const numbers = keeper.taken.map(({ number }) => number)
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i + 1),
  )
})

class Journal {
  #text = '[]'

  read(): UsageBatch[] {
    return JSON.parse(this.#text) as UsageBatch[]
  }

  write(batches: readonly UsageBatch[]): void {
    this.#text = JSON.stringify(batches)
  }
}

const HOUR_MS = 3_600_000

class Keeper {
  away = false
  readonly taken: UsageBatch[] = []

  addUsage(batch: UsageBatch): Promise<boolean> {
    if (this.away) return Promise.reject(new KeeperUnavailable('the keeper is away'))
    this.taken.push(batch)
    return Promise.resolve(true)
  }
}
