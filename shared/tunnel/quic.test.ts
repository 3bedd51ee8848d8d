import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PACKET_BYTES, PaintedQuic } from './painted-quic.fake.ts'
import { type Line, line, PaintedStreet } from './painted-street.fake.ts'

const MBIT = 125
/** What a line of 1 Mbit/s carries of these packets: the rest is headers. */
const PAYLOAD = PACKET_BYTES / (PACKET_BYTES + 80)

test('a QUIC-like flow gets at least 85 % of the sum of two legs of equal round trips', () => {
  const half = { rate: 30 * MBIT, oneWayUs: 10_000 }
  const both = download([half, half], 4)
  assert.ok(both >= 0.85 * 60 * PAYLOAD, `${both} of ${60 * PAYLOAD} Mbit/s`)
})

for (const [name, dsl, lte] of [
  ['LTE quicker and farther', { rate: 50, oneWayUs: 10_000 }, { rate: 80, oneWayUs: 22_500 }],
  ['LTE slower and farther', { rate: 50, oneWayUs: 5_000 }, { rate: 20, oneWayUs: 25_000 }],
  [
    'LTE with some loss',
    { rate: 50, oneWayUs: 10_000 },
    { rate: 20, oneWayUs: 20_000, loss: 0.0005 },
  ],
] as const) {
  test(`a QUIC-like flow is never slower than by the best leg, less 2 %: ${name}`, () => {
    const lines = [
      { ...dsl, rate: dsl.rate * MBIT },
      { ...lte, rate: lte.rate * MBIT },
    ]
    const both = download(lines, 3)
    const best = Math.max(...lines.map((one) => download([one], 3)))
    assert.ok(both >= 0.98 * best, `${both} by both, ${best} by the best`)
  })
}

/** Mbit/s of a download of some seconds. */
function download(lines: ReadonlyArray<Partial<Line>>, seconds: number): number {
  const street: PaintedStreet = new PaintedStreet(
    new Map(lines.map((of, i) => [i + 1, line(of)])),
    { home: (packet) => quic.hear(packet), concentrator: (packet) => quic.hearAck(packet) },
  )
  const quic = new PaintedQuic(street)
  for (const [leg, { rate }] of street.lines) {
    const order = { priority: leg === 1 ? 3 : 2, spared: false, capacity: rate, beside: 0 }
    street.sessions.home.order(leg, order, order)
  }
  street.connect()
  street.run(street.nowUs + 700_000)
  const endUs = street.nowUs + seconds * 1_000_000
  while (street.nowUs < endUs) {
    quic.fill()
    street.run(street.nowUs + 1_000)
  }
  return (quic.acked * PACKET_BYTES * 8) / (seconds * 1_000_000)
}
