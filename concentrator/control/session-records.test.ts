import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../../shared/wire/address.ts'
import type { JsonObject, KeptRecord } from '../subscribers/keeper.ts'
import { type PresentSession, SessionRecords } from './session-records.ts'

test('what stands in the store is made what is here, whatever a crash left there', async () => {
  const street = new Street()
  street.stored.set('home-9', { concentrator: 'one' })
  street.stored.set('home-8', { concentrator: 'two' })
  street.here = [session('home-1', 7), session(undefined, 8)]
  await street.records.look()
  assert.deepEqual(street.whereabouts(), { 'home-1': 'one', 'home-8': 'two' })
  assert.equal(street.stored.get('home-1')?.['from'], '203.0.113.2')
  assert.equal(street.stored.get('home-1')?.['multipath'], true)
})

test('a home that has gone to another concentrator is left to that one', async () => {
  const street = new Street()
  street.here = [session('home-1', 7), session('home-2', undefined)]
  await street.records.look()
  street.stored.set('home-1', { concentrator: 'two' })
  street.here = []
  await street.records.look()
  assert.deepEqual(street.whereabouts(), { 'home-1': 'two' })
})

test('a session that is another is written anew, one that is the same is not', async () => {
  const street = new Street()
  street.here = [session('home-1', 7)]
  await street.records.look()
  await street.records.look()
  assert.equal(street.puts, 1)
  street.here = [session('home-1', undefined)]
  await street.records.look()
  assert.deepEqual([street.puts, street.stored.get('home-1')?.['multipath']], [2, false])
  await street.records.forgetAll()
  assert.deepEqual(street.whereabouts(), {})
})

test('a store that is away is told so, and what is missing is written when it is back', async () => {
  const street = new Street()
  street.here = [session('home-1', 7)]
  street.away = true
  await assert.rejects(street.records.look())
  street.away = false
  await street.records.look()
  assert.deepEqual(street.whereabouts(), { 'home-1': 'one' })
})

class Street {
  readonly stored = new Map<string, JsonObject>()
  here: PresentSession[] = []
  away = false
  puts = 0
  readonly records = new SessionRecords(
    {
      all: () => this.#all(),
      read: (_kind, id) => this.#answer(() => this.#record(id)),
      put: (_kind, id, body) =>
        this.#answer(() => {
          this.puts++
          this.stored.set(id, body)
        }),
      drop: (_kind, id) => this.#answer(() => void this.stored.delete(id)),
    },
    'one',
    () => this.here,
  )

  whereabouts() {
    return Object.fromEntries([...this.stored].map(([id, body]) => [id, body['concentrator']]))
  }

  async *#all(): AsyncGenerator<readonly KeptRecord[]> {
    yield await this.#answer(() => [...this.stored.keys()].flatMap((id) => this.#record(id) ?? []))
  }

  #record(id: string): KeptRecord | undefined {
    const body = this.stored.get(id)
    return body && { id, version: 1, body }
  }

  #answer<Value>(work: () => Value): Promise<Value> {
    return this.away ? Promise.reject(new Error('away')) : Promise.resolve(work())
  }
}

function session(id: string | undefined, token: number | undefined): PresentSession {
  return {
    home: id === undefined ? undefined : { id },
    link: { from: knownAddress('203.0.113.2'), token },
  }
}
