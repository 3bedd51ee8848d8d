import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { parseAddress } from '../wire/address.ts'
import { type BoardLeg, LegBoard } from './leg-board.ts'

const dsl: BoardLeg = {
  up: true,
  ifIndex: 7,
  address4: parseAddress('203.0.113.2'),
  address6: parseAddress('2001:db8:d::2'),
  srttUs: 20_500,
}

test('LegBoard shows what was written, on every thread, and no leg before that', () => {
  const writer = LegBoard.create()
  const reader = new LegBoard(writer.memory)
  assert.deepEqual([reader.leg('dsl').up, reader.reachable, reader.lteKept], [false, false, false])
  assert.ok(writer.writeLeg('dsl', dsl))
  assert.ok(writer.writeHouse(true, false))
  assert.deepEqual(reader.leg('dsl'), dsl)
  assert.deepEqual([reader.leg('lte').up, reader.reachable, reader.lteKept], [false, true, false])

  writer.writeLeg('dsl', { ...dsl, address4: undefined })
  assert.deepEqual(reader.leg('dsl'), { ...dsl, address4: undefined })
})

test('LegBoard says when the data threads should look', () => {
  const board = LegBoard.create()
  board.writeLeg('dsl', dsl)
  assert.equal(board.writeLeg('dsl', dsl), false)
  assert.equal(board.writeLeg('dsl', { ...dsl, srttUs: 21_000 }), false)
  assert.equal(board.leg('dsl').srttUs, 21_000)
  assert.equal(board.writeLeg('dsl', { ...dsl, up: false }), true)
  assert.equal(board.writeHouse(false, false), false)
  assert.equal(board.writeHouse(true, false), true)
  assert.equal(board.writeHouse(true, true), true)
})

test('LegBoard answers the same object while nothing changes, so that readers may ask per flow', () => {
  const board = LegBoard.create()
  board.writeLeg('lte', dsl)
  assert.equal(board.leg('lte'), board.leg('lte'))
})

test('LegBoard never shows half a write to another thread', async () => {
  const board = LegBoard.create()
  const module = new URL('./leg-board.ts', import.meta.url).href
  // The writer keeps interface, round trip and every byte of the address the same number.
  const writer = new Worker(
    `import(${JSON.stringify(module)}).then(({ LegBoard }) => {
      const { workerData, parentPort } = require('node:worker_threads')
      const board = new LegBoard(workerData)
      for (let i = 1; i <= 100_000; i++) {
        const n = 1 + (i % 255)
        const address4 = new Uint8Array(16).fill(n)
        board.writeLeg('dsl', { up: true, ifIndex: n, srttUs: n, address4, address6: undefined })
      }
    })`,
    { eval: true, workerData: board.memory },
  )
  let ended = false
  writer.once('exit', () => {
    ended = true
  })
  let seen = 0
  while (!ended) {
    for (let i = 0; i < 5_000; i++) {
      const { ifIndex, srttUs, address4 } = board.leg('dsl')
      if (address4 === undefined) continue
      seen++
      assert.ok(ifIndex === srttUs && address4.every((byte) => byte === ifIndex))
    }
    await new Promise(setImmediate)
  }
  assert.ok(seen > 0)
})
