import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeeperUnavailable, type UsageBatch } from './keeper.ts'
import { UsageOut } from './usage-out.ts'

const ONE = { dslUp: 1, dslDown: 2, lteUp: 3, lteDown: 4 }

test('what was counted goes out once, in numbered batches', async () => {
  const keeper = new Keeper()
  const out = new UsageOut(keeper, 'street 1', () => undefined)
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
  const out = new UsageOut(keeper, 'street 1', (why) => said.push(why))
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
      [2, 7_000],
    ],
  )
})

class Keeper {
  away = false
  readonly taken: UsageBatch[] = []

  addUsage(batch: UsageBatch): Promise<boolean> {
    if (this.away) return Promise.reject(new KeeperUnavailable('the keeper is away'))
    this.taken.push(batch)
    return Promise.resolve(true)
  }
}
