import assert from 'node:assert/strict'
import { test } from 'node:test'
import { datagram, line, PaintedStreet } from '../../shared/tunnel/painted-street.fake.ts'
import { tunnelBoard, tunnelCounts } from './tunnel-board.ts'
import { publishSession } from './tunnel-counts.ts'

test('what a session has counted can be read by name', () => {
  const street = new PaintedStreet(
    new Map([
      [1, line({ oneWayUs: 10_000 })],
      [2, line({ oneWayUs: 20_000 })],
    ]),
    { home: () => {}, concentrator: () => {} },
  )
  const order = { priority: 3, spared: false, capacity: 1_000, beside: 0 }
  for (const leg of [1, 2]) street.sessions.home.order(leg, order, order)
  street.connect()
  street.run(street.nowUs + 200_000)
  street.inject('home', new Uint8Array(100), new Uint8Array(28))
  // A second of what DSL alone does not carry, and then it falls silent.
  for (let i = 0; i < 1_000; i++) {
    street.send('home', datagram(1_300, 1, i))
    if (i % 10 === 0) street.send('home', datagram(200, 2, i))
    street.run(street.nowUs + 500)
    if (i === 900) street.lines.get(1)!.cut = true
  }
  const board = tunnelBoard()
  publishSession(street.sessions.home, board.counters.row(0))
  const counts = tunnelCounts(board)
  assert.equal(counts.framesAlien, 1)
  assert.ok(counts.packetsWaitedTooLong > 50, `${counts.packetsWaitedTooLong}`)
  assert.ok(counts.framesCopied > 0, `${counts.framesCopied}`)
  assert.ok(Math.abs(counts.dslRttUs - 20_000) < 2_000, `${counts.dslRttUs}`)
  assert.ok(Math.abs(counts.lteRttUs - 40_000) < 2_000, `${counts.lteRttUs}`)
  assert.ok(counts.dslUpBytesPerMs > 500, `${counts.dslUpBytesPerMs}`)
})
