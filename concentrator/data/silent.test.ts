import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Silent } from './silent.ts'

test('of each source the oldest that is still silent is closed', () => {
  const silent = new Silent()
  const closed: string[] = []
  const add = (source: number, name: string) => {
    const close = () => {
      closed.push(name)
      silent.remove(source, close)
    }
    silent.add(source, close)
    return close
  }
  const spoke = add(1, 'A1')
  add(1, 'A2')
  add(2, 'B1')
  silent.remove(1, spoke)
  assert.equal(silent.closeOldest(1), true)
  assert.equal(silent.closeOldest(1), false)
  assert.equal(silent.closeOldest(2), true)
  assert.deepEqual(closed, ['A2', 'B1'])
})

test('of all sources the oldest is closed first, whoever went before', () => {
  const silent = new Silent()
  const closed: string[] = []
  const add = (source: number, name: string) => {
    const close = () => {
      closed.push(name)
      silent.remove(source, close)
    }
    silent.add(source, close)
    return close
  }
  add(1, 'A1')
  const left = add(2, 'B1')
  add(3, 'C1')
  silent.remove(2, left)
  silent.remove(2, left)
  assert.equal(silent.size, 2)
  assert.equal(silent.closeOldestOfAll(), true)
  add(1, 'A2')
  assert.equal(silent.closeOldestOfAll(), true)
  assert.equal(silent.closeOldestOfAll(), true)
  assert.equal(silent.closeOldestOfAll(), false)
  assert.deepEqual(closed, ['A1', 'C1', 'A2'])
  assert.equal(silent.size, 0)
})
