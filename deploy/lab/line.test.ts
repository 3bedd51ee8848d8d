import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../../shared/core/chance.fake.ts'
import { type DirectionParams, LineDirection } from './line.ts'

/** 1,000 bytes take 800 us. */
const slow: DirectionParams = { mbps: 10, delayMs: 5, jitterMs: 0, lossPercent: 0, queueMs: 40 }

test('LineDirection delivers a packet after its transmission and its flight, not before', () => {
  const line = new LineDirection(slow, 1)
  offer(line, 0, 1_000, 100)
  assert.deepEqual(takeAll(line, 5_899), [])
  assert.deepEqual(takeAll(line, 5_900), [0])
})

test('LineDirection transmits one packet at a time', () => {
  const line = new LineDirection(slow, 1)
  for (const id of [0, 1, 2]) offer(line, id, 1_000, 0)
  assert.deepEqual(takeAll(line, 5_800), [0])
  assert.deepEqual(takeAll(line, 6_599), [])
  assert.deepEqual(takeAll(line, 6_600), [1])
  assert.deepEqual(takeAll(line, 7_400), [2])
})

test('LineDirection carries its rate, whatever is offered above it', () => {
  const line = new LineDirection(slow, 1)
  let delivered = 0
  for (let nowUs = 0; nowUs < 10e6; nowUs += 700) {
    offer(line, 0, 1_000, nowUs)
    delivered += takeAll(line, nowUs).length
  }
  // The first packet arrives 5.8 ms after the start.
  assert.ok(Math.abs(delivered - (10e6 - 5_000) / 800) <= 1, `${delivered} packets`)
  assert.equal(line.idleUs, 0)
})

test('LineDirection catches up exactly after a sleep shorter than its queue', () => {
  const line = new LineDirection(slow, 1)
  for (let id = 0; id < 50; id++) offer(line, id, 1_000, 0)
  takeAll(line, 6_000)
  // Asleep until 36 ms: packets that left the transmitter by 31 ms are there, 38 in all.
  assert.equal(takeAll(line, 36_000).at(-1), 37)
  offer(line, 50, 1_000, 36_000)
  assert.deepEqual(takeAll(line, 45_800).at(-1), 50)
  assert.equal(line.idleUs, 0)
})

test('LineDirection drops what its queue cannot hold, and takes again what has drained', () => {
  const line = new LineDirection(slow, 1)
  const taken = Array.from({ length: 60 }, (_, id) => offer(line, id, 1_000, 0))
  // 40 ms at 10 Mbit/s.
  assert.equal(taken.filter(Boolean).length, 50)
  assert.equal(line.queuedBytes, 50_000)
  assert.equal(offer(line, 60, 1_000, 799), false)
  assert.equal(offer(line, 60, 1_000, 800), true)
})

test('LineDirection takes a packet larger than its queue when nothing waits', () => {
  const line = new LineDirection({ ...slow, mbps: 0.1, queueMs: 1 }, 1)
  assert.equal(offer(line, 0, 1_500, 0), true)
  assert.equal(offer(line, 1, 40, 1), false)
  assert.equal(offer(line, 1, 1_500, 120_000), true)
})

test('LineDirection loses the share it was told, and what it loses has used the rate', () => {
  const line = new LineDirection({ ...slow, lossPercent: 2 }, 7)
  let delivered = 0
  for (let nowUs = 0; nowUs < 80e6; nowUs += 700) {
    offer(line, 0, 1_000, nowUs)
    delivered += takeAll(line, nowUs).length
  }
  const transmitted = delivered + line.lost
  assert.ok(Math.abs(transmitted - 80e6 / 800) < 10, `${transmitted} transmitted`)
  assert.ok(Math.abs(line.lost / transmitted - 0.02) < 0.002, `${line.lost} lost`)
})

test('LineDirection loses the same packets with the same seed, and others with another', () => {
  assert.deepEqual(survivors(3), survivors(3))
  assert.notDeepEqual(survivors(3), survivors(4))
})

test('LineDirection never reorders, whatever the jitter and whoever changes it', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = mulberry32(seed)
    const line = new LineDirection({ ...slow, jitterMs: 5 }, seed)
    let nowUs = 0
    let next = 0
    for (let id = 0; id < 2_000; id++) {
      nowUs += random() * 1_500
      if (!offer(line, id, 100 + Math.floor(random() * 1_300), nowUs)) id--
      if (random() < 0.01) line.configure(anyLine(random), nowUs)
      for (const out of takeAll(line, nowUs)) assert.equal(out, next++, `seed ${seed}`)
    }
  }
})

test('LineDirection finishes at the new rate what it began at the old one', () => {
  const line = new LineDirection(slow, 1)
  for (const id of [0, 1]) offer(line, id, 1_000, 0)
  // Half of the first packet is out; the other half takes a tenth of the time.
  line.configure({ ...slow, mbps: 100 }, 400)
  assert.deepEqual(takeAll(line, 5_439), [])
  assert.deepEqual(takeAll(line, 5_440), [0])
  assert.deepEqual(takeAll(line, 5_520), [1])
})

test('LineDirection.clear() drops all that is under way, and the line goes on', () => {
  const line = new LineDirection(slow, 1)
  for (let id = 0; id < 20; id++) offer(line, id, 1_000, 0)
  assert.equal(line.clear(4_000), 20)
  assert.equal(line.queuedBytes, 0)
  assert.deepEqual(takeAll(line, 1e6), [])
  offer(line, 20, 1_000, 1e6)
  assert.deepEqual(takeAll(line, 1e6 + 5_800), [20])
})

test('LineDirection.wakeAtUs() is never late: who wakes then sees what one sees who looks always', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const params = { ...slow, jitterMs: 3, lossPercent: 5 }
    const [watched, woken] = [new LineDirection(params, seed), new LineDirection(params, seed)]
    const random = mulberry32(seed)
    let offerAtUs = 0
    const seenAt: number[][] = [[], []]
    for (let nowUs = 0; nowUs < 200_000; nowUs += 10) {
      if (nowUs >= offerAtUs) {
        for (const line of [watched, woken]) offer(line, 0, 500, nowUs)
        offerAtUs += random() * 2_000
      }
      for (const _ of takeAll(watched, nowUs)) seenAt[0]!.push(nowUs)
      if (nowUs < woken.wakeAtUs()) continue
      for (const _ of takeAll(woken, nowUs)) seenAt[1]!.push(nowUs)
    }
    assert.ok(seenAt[0]!.length > 100)
    assert.deepEqual(seenAt[1], seenAt[0], `seed ${seed}`)
  }
})

test('LineDirection says what a line says that keeps its packets in a list', () => {
  for (let seed = 1; seed <= 3; seed++) {
    const random = mulberry32(seed)
    // More than the ring holds goes through it, and a little more than the line carries.
    const params = { mbps: 300, delayMs: 200, jitterMs: 0, lossPercent: 0, queueMs: 20 }
    const line = new LineDirection(params, seed)
    const twin = new SlowLine(params)
    let nowUs = 0
    for (let id = 0; id < 60_000; id++) {
      nowUs += random() < 0.001 ? 100_000 : random() * 36
      const bytes = 40 + Math.floor(random() * 1_460)
      assert.equal(offer(line, id, bytes, nowUs), twin.offer(id, bytes, nowUs), `seed ${seed}`)
      if (id % 50 === 0) assert.deepEqual(takeAll(line, nowUs), twin.take(nowUs), `seed ${seed}`)
    }
  }
})

/** The slow twin: lists of packets with their times. Plainly right, no loss, no jitter, no change. */
class SlowLine {
  #waiting: Array<{ id: number; bytes: number; sentUs: number }> = []
  #flying: Array<{ id: number; sentUs: number }> = []
  readonly #params: DirectionParams
  #freeAtUs = 0

  constructor(params: DirectionParams) {
    this.#params = params
  }

  offer(id: number, bytes: number, nowUs: number): boolean {
    const { mbps, queueMs } = this.#params
    this.#waiting = this.#waiting.filter(({ sentUs }) => sentUs > nowUs)
    const waitingBytes = this.#waiting.reduce((sum, packet) => sum + packet.bytes, 0)
    if (waitingBytes > 0 && waitingBytes + bytes > queueMs * mbps * 125) return false
    this.#freeAtUs = Math.max(this.#freeAtUs, nowUs) + (bytes * 8) / mbps
    this.#waiting.push({ id, bytes, sentUs: this.#freeAtUs })
    this.#flying.push({ id, sentUs: this.#freeAtUs })
    return true
  }

  take(nowUs: number): number[] {
    const sentBy = nowUs - this.#params.delayMs * 1_000
    const due = this.#flying.filter(({ sentUs }) => sentUs <= sentBy)
    this.#flying = this.#flying.slice(due.length)
    return due.map(({ id }) => id)
  }
}

const packet = Buffer.alloc(1_500)
const out = Buffer.alloc(1_500)

function offer(line: LineDirection, id: number, bytes: number, nowUs: number): boolean {
  packet.writeUInt32LE(id)
  packet.writeUInt32LE(id, bytes - 4)
  return line.offer(packet, bytes, nowUs)
}

/** The packets that are due, by what was written into their first and last bytes. */
function takeAll(line: LineDirection, nowUs: number): number[] {
  const ids: number[] = []
  for (;;) {
    const bytes = line.take(out, nowUs)
    if (bytes === 0) return ids
    const id = out.readUInt32LE()
    assert.equal(out.readUInt32LE(bytes - 4), id)
    ids.push(id)
  }
}

function survivors(seed: number): number[] {
  const line = new LineDirection({ ...slow, lossPercent: 30, queueMs: 1_000 }, seed)
  for (let id = 0; id < 100; id++) offer(line, id, 1_000, 0)
  return takeAll(line, 1e6)
}

function anyLine(random: () => number): DirectionParams {
  const delayMs = random() * 50
  return { mbps: 1 + random() * 50, delayMs, jitterMs: delayMs / 2, lossPercent: 0, queueMs: 100 }
}
