import assert from 'node:assert/strict'
import { test } from 'node:test'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import {
  bfifoLimit,
  bfifoOptions,
  decodeClassBacklog,
  decodeHtbClass,
  decodeQdisc,
  encodeClassDelete,
  encodeClassesQuery,
  encodeClassQuery,
  encodeHtb,
  encodeHtbClass,
  encodeQdisc,
  encodeQdiscsQuery,
  encodeRootDelete,
  encodeRootQuery,
  formatHandle,
  handleOf,
  TC_ROOT,
} from './tc.ts'

// Linux 6.18.44 about what `tc` 6.1 made: tc qdisc add dev v0 root handle 8810: htb default 20; and so on.
const HTB = hex(`
  00000000 03000000 00001088 ffffffff 03000000 08000100 68746200 24000200
  18000200 11000300 0a000000 20000000 00000000 00000000 08000500 e8030000 05000c00 00000000`)
const BFIFO = hex(`
  00000000 03000000 00001480 20001088 01000000 0a000100 62666966 6f000000 08000200 d1ec0000`)
const LINE = hex(`
  00000000 03000000 01001088 ffffffff 00000000 08000100 68746200 34000200 30000100
  00010000 00000000 54801200 00010000 00000000 54801200 24f40000 24f40000 d40b0000 07000000 00000000`)
const BULK = hex(`
  00000000 03000000 20001088 01001088 00001480 08000100 68746200 34000200 30000100
  00010000 00000000 d1ec0000 00010000 00000000 54801200 d0121300 24f40000 d40b0000 00000000 01000000`)

/** A class of 10 kbit/s in which seven pings wait, with all that the kernel says of it. */
const WAITING = hex(`
  00000000 03000000 20001088 01001088 00004fce 08000100 68746200 34000200 30000100 00010000
  00000000 e2040000 00010000 00000000 e2040000 00a08601 002d3101 e8030000 00000000 01000000
  48000700 14000100 bc120000 00000000 06000000 00000000 18000300 07000000 5e0c0000 00000000
  00000000 05000000 18000400 06000000 00000000 00000000 77c9a1ff 77564cff 2c000300 bc120000
  00000000 06000000 00000000 05000000 00000000 00000000 07000000 5e0c0000 00000000 18000400
  06000000 00000000 00000000 77c9a1ff 77564cff`)

const line = {
  handle: handleOf(0x8810, 1),
  parent: TC_ROOT,
  rateBytesPerS: 1_212_500,
  ceilBytesPerS: 1_212_500,
  burstBytes: 4_850,
  priority: 0,
}
const bulk = {
  ...line,
  handle: handleOf(0x8810, 0x20),
  parent: line.handle,
  rateBytesPerS: 60_625,
  priority: 1,
}

test('decodeClassBacklog() reads how many bytes wait, where it is said', () => {
  assert.equal(decodeClassBacklog(WAITING), 3_166)
  assert.equal(decodeClassBacklog(BULK), undefined)
  for (let bytes = 0; bytes < WAITING.length; bytes++) {
    const backlog = decodeClassBacklog(WAITING.subarray(0, bytes))
    assert.ok(backlog === undefined || backlog === 3_166, `${bytes} bytes`)
  }
})

test('encodeClassQuery() asks for one class of one interface', () => {
  assert.deepEqual(
    encodeClassQuery(3, bulk.handle),
    hex('00000000 03000000 20001088 00000000 00000000'),
  )
})

test('decodeQdisc() reads where a discipline stands and what it is', () => {
  const { options, ...htb } = decodeQdisc(HTB)!
  assert.deepEqual(htb, { ifIndex: 3, handle: 0x8810_0000, parent: TC_ROOT, kind: 'htb' })
  assert.equal(options.length, 32)
  const fifo = decodeQdisc(BFIFO)!
  assert.equal(fifo.parent, bulk.handle)
  assert.equal(bfifoLimit(fifo.options), 60_625)
})

test('decodeHtbClass() reads rates in bytes and bursts out of ticks', () => {
  assert.deepEqual(decodeHtbClass(LINE), line)
  assert.deepEqual(decodeHtbClass(BULK), bulk)
})

test('decodeHtbClass() leaves the classes of others to them', () => {
  const other = BULK.slice()
  other.set(hex('68667363'), 24) // hfsc
  assert.equal(decodeHtbClass(other), undefined)
})

test('encodeHtbClass() says what tc says, but for the level, which is the kernel’s to know', () => {
  const said = LINE.slice()
  said[said.length - 8] = 0
  assert.deepEqual(encodeHtbClass(3, line), said)
  const bulkSaid = BULK.slice()
  bulkSaid.fill(0, 16, 20) // The queue in it: the kernel tells, nobody asks for it.
  assert.deepEqual(encodeHtbClass(3, bulk), bulkSaid)
})

test('encodeHtbClass() says a burst that is too long for its field as the longest there is', () => {
  const slow = encodeHtbClass(3, { ...line, rateBytesPerS: 1, burstBytes: 1_000_000 })
  assert.deepEqual(slow.subarray(60, 64), hex('ffffffff'))
})

test('encodeHtb() names the class of what has none', () => {
  assert.deepEqual(
    encodeHtb(3, handleOf(0x8810, 0), bulk.handle),
    hex(`
      00000000 03000000 00001088 ffffffff 00000000 08000100 68746200 1c000200
      18000200 03000000 0a000000 20000000 00000000 00000000`),
  )
})

test('encodeQdisc() puts a queue into a class', () => {
  const fifo = { ifIndex: 3, handle: 0, parent: bulk.handle, kind: 'bfifo' }
  const head = '00000000 03000000 00000000 20001088 00000000'
  assert.deepEqual(
    encodeQdisc({ ...fifo, options: bfifoOptions(60_625) }),
    hex(`${head} 0a000100 62666966 6f000000 08000200 d1ec0000`),
  )
  assert.deepEqual(
    encodeQdisc({ ...fifo, kind: 'fq_codel', options: new Uint8Array(0) }),
    hex(`${head} 0d000100 66715f63 6f64656c 00000000`),
  )
})

test('queries and deletions are a tcmsg alone', () => {
  assert.deepEqual(encodeQdiscsQuery(), new Uint8Array(20))
  assert.deepEqual(encodeClassesQuery(3), hex('00000000 03000000 00000000 00000000 00000000'))
  assert.deepEqual(encodeRootQuery(3), encodeRootDelete(3))
  assert.deepEqual(encodeRootDelete(3), hex('00000000 03000000 00000000 ffffffff 00000000'))
  assert.deepEqual(
    encodeClassDelete(3, bulk.handle),
    hex('00000000 03000000 20001088 00000000 00000000'),
  )
})

test('a handle reads as tc and nft write it', () => {
  assert.equal(formatHandle(handleOf(0x8810, 0x4e4f)), '8810:4e4f')
})

test('decoding never throws, whatever the bytes', () => {
  for (const bytes of damaged(HTB, 3_000, 1)) decodeQdisc(bytes)
  for (const bytes of damaged(BULK, 3_000, 2)) decodeHtbClass(bytes)
})
