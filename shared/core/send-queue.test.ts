import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDue, leftUnsent, rateOf, type SubflowLoad, sendBufferBytes } from './send-queue.ts'

/** 50 Mbit/s and 30 Mbit/s, as the kernel showed them under a download. */
const dsl: SubflowLoad = {
  rttMs: 44,
  windowBytes: 310_000,
  unsentBytes: 1_733_232,
  bytesPerMs: 6_250,
  silentMs: 0,
}
const lte: SubflowLoad = {
  rttMs: 95,
  windowBytes: 373_000,
  unsentBytes: 842_408,
  bytesPerMs: 3_750,
  silentMs: 0,
}

/** At the look before it was as fast. */
function steady(subflows: readonly SubflowLoad[], nowBytes: number | undefined) {
  return sendBufferBytes(subflows, nowBytes, rateOf(subflows))
}

test('a deep queue is cut to what the lines hold and a little more', () => {
  const bytes = steady([dsl, lte], undefined)
  assert.ok(bytes !== undefined)
  assert.ok(bytes >= 10_000 * 95, `${bytes} would leave the lines idle`)
  assert.ok(bytes <= 10_000 * 95 * 2, `${bytes} waits too long`)
})

test('a slow line beside a fast one is waited for, burst and all', () => {
  const oldDsl = { ...dsl, rttMs: 115, windowBytes: 14_480, unsentBytes: 27_116, bytesPerMs: 72 }
  const fastLte = { ...lte, unsentBytes: 500_000, bytesPerMs: 4_500 }
  const bytes = steady([oldDsl, fastLte], undefined)
  assert.ok(
    bytes !== undefined && bytes >= 4_572 * (115 + 900),
    `${bytes} would stall the fast line`,
  )
})

test('a queue that drains at once is left to the kernel', () => {
  const shallow = { ...dsl, unsentBytes: 100_000 }
  assert.equal(steady([shallow], undefined), undefined)
})

test('a subflow with nothing left to send makes the buffer grow', () => {
  const starved = { ...lte, unsentBytes: 0 }
  assert.equal(steady([dsl, starved], 1_000_000), 1_500_000)
  const fast = { ...dsl, rttMs: 300, bytesPerMs: 125_000 }
  assert.equal(steady([fast, starved], 33_000_000), 33_554_432)
})

test('a subflow that stands by does not make the buffer grow for ever', () => {
  // An uplink of 10 Mbit/s, and an LTE that has carried as much a moment ago.
  const uplink = { ...dsl, rttMs: 60, windowBytes: 88_000, unsentBytes: 500_000, bytesPerMs: 1_200 }
  const standby = { ...lte, rttMs: 90, windowBytes: 156_000, unsentBytes: 0, bytesPerMs: 1_200 }
  let bytes = steady([uplink, { ...standby, unsentBytes: 90_000 }], undefined)
  for (let look = 0; look < 100; look++) bytes = steady([uplink, standby], bytes)
  assert.ok(bytes !== undefined && bytes <= 1_200_000, `${bytes}: more than a second of the line`)
})

test('a subflow that has carried only its hello is not waited for', () => {
  const uplink = { ...dsl, rttMs: 60, windowBytes: 88_000, unsentBytes: 500_000, bytesPerMs: 1_200 }
  const hello = { ...lte, rttMs: 50, windowBytes: 14_480, unsentBytes: 0, bytesPerMs: 0.5 }
  assert.equal(steady([uplink, hello], undefined), steady([uplink], undefined))
})

test('what stands by on LTE makes no room that a slow uplink alone would have to fill', () => {
  const uplink = { ...dsl, rttMs: 150, windowBytes: 17_376, unsentBytes: 80_000, bytesPerMs: 125 }
  const carried = { ...lte, windowBytes: 90_000, bytesPerMs: 1_200, unsentBytes: 0 }
  let bytes = steady([uplink, carried], 1_300_000)
  assert.ok(bytes !== undefined && bytes >= 1_200_000, `${bytes}: it only waits for DSL's burst`)
  bytes = steady([uplink, { ...carried, silentMs: 5_000 }], bytes)
  assert.ok(bytes !== undefined && bytes <= 65_536, `${bytes}: more than half a second of the line`)
})

test('a buffer that was right for a slow uplink alone is soon what it needs beside a quick LTE', () => {
  // As measured on 1 + 10 Mbit/s: 131,072 bytes are 2 Mbit/s there, and never 64 KiB in a look.
  const uplink = { ...dsl, rttMs: 150, windowBytes: 17_376, unsentBytes: 40_000, bytesPerMs: 125 }
  let bytes: number | undefined = 131_072
  for (let look = 0; look < 20; look++) {
    const lteBytesPerMs = Math.min(1_250, (bytes ?? 0) / 530 - 125)
    const movedBytes = (125 + lteBytesPerMs) * 100
    if (!isDue(movedBytes, bytes)) continue
    const given = { ...lte, windowBytes: 90_000, bytesPerMs: lteBytesPerMs, unsentBytes: 0 }
    bytes = steady([uplink, given], bytes)
  }
  assert.ok(bytes !== undefined && bytes >= 1_375 * 530, `${bytes} would stall LTE`)
})

test('what moves little is left to the kernel', () => {
  assert.equal(isDue(65_535, undefined), false)
  assert.equal(isDue(65_536, undefined), true)
  assert.equal(isDue(0, 131_072), false)
})

test('what trickles has a look for every 4 KiB, however many such connections somebody opens', () => {
  let [moved, looks] = [0, 0]
  for (let look = 0; look < 1_000; look++) {
    moved += 100
    if (!isDue(moved, 131_072)) continue
    looks += 1
    moved = 0
  }
  assert.ok(looks > 0 && looks <= 25, `${looks} looks for 100,000 bytes`)
})

test('a steady line keeps its buffer', () => {
  const first = steady([dsl, lte], undefined)
  const slightly = { ...dsl, bytesPerMs: 6_400 }
  assert.equal(steady([slightly, lte], first), first)
})

test('a connection that rests keeps what it has', () => {
  const resting = { ...dsl, bytesPerMs: 0, unsentBytes: 0 }
  assert.equal(steady([resting], 700_000), 700_000)
  assert.equal(steady([resting], undefined), undefined)
})

test('a line is given less than there is to send where one subflow keeps more unsent than a block', () => {
  // 50 Mbit/s upwards with bbr and no queue, as measured in the 8 s that LTE never came.
  const alone = { ...dsl, rttMs: 29, windowBytes: 394_000, unsentBytes: 441_540, bytesPerMs: 5_060 }
  const standby = { ...lte, windowBytes: 14_480, unsentBytes: 0, bytesPerMs: 0, silentMs: 1_500 }
  assert.equal(leftUnsent([alone, standby]), 'more than a block')
  assert.equal(leftUnsent([{ ...alone, unsentBytes: 131_071 }, standby]), 'something')
  // It has gone over to the other line, and how that one is called is not known here.
  assert.equal(leftUnsent([standby, alone]), 'something')
  // LTE helps already.
  assert.equal(leftUnsent([alone, { ...lte, unsentBytes: 8_193 }]), 'something')
  assert.equal(leftUnsent([{ ...alone, unsentBytes: 8_192 }, standby]), 'hardly anything')
  assert.equal(leftUnsent([standby]), undefined)
  assert.equal(leftUnsent([]), undefined)
})

test('who still finds out what the line carries is left to the kernel until his rate has come up to it', () => {
  // An upload on 50 Mbit/s in its first 100 ms: a buffer for this would have been the end of bbr's start.
  const starts = { ...dsl, rttMs: 30, windowBytes: 92_672, unsentBytes: 71_080, bytesPerMs: 1_118 }
  assert.equal(sendBufferBytes([starts], undefined, undefined), undefined)
  assert.equal(sendBufferBytes([dsl], undefined, rateOf([starts])), undefined)
  assert.ok(sendBufferBytes([dsl], undefined, 0.9 * dsl.bytesPerMs) !== undefined)
  // What was set is set anew, however fast it has become.
  assert.ok((sendBufferBytes([dsl], 161_202, rateOf([starts])) ?? 0) > 300_000)
  // What stands by was not what carried it.
  const standby = { ...lte, unsentBytes: 0, silentMs: 5_000 }
  assert.equal(rateOf([dsl, standby]), dsl.bytesPerMs)
})
