import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { keepThread } from './kept-thread.ts'

test('a thread that dies is born again with what holds then, and misses no letter', async () => {
  const events: string[] = []
  const heard = new EventEmitter()
  const deaths = new EventEmitter()
  let state = 'one'
  let birth = (): void => undefined
  await using thread = await keepThread<string, { readonly event: string }, string>(
    new URL('kept-thread.fake.ts', import.meta.url),
    () => {
      // Told after the settings were asked for, before the thread serves.
      queueMicrotask(() => birth())
      return state
    },
    ({ event }) => {
      events.push(event)
      heard.emit(event)
    },
    (why) => deaths.emit('death', why),
  )
  const first = once(heard, 'heard a')
  thread.tell('a')
  await first

  const death = once(deaths, 'death')
  thread.tell('die')
  assert.deepEqual(await death, ['as ordered'])
  state = 'two'
  thread.tell('to nobody')
  birth = () => thread.tell('while starting')
  await once(heard, 'heard while starting')
  const last = once(heard, 'heard b')
  thread.tell('b')
  await last
  assert.deepEqual(events, [
    'born with one',
    'serving',
    'heard a',
    'born with two',
    'serving',
    'heard while starting',
    'heard b',
  ])
})
