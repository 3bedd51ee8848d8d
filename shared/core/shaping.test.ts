import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHandle, handleOf, TC_ROOT } from '../wire/tc.ts'
import { BULK_CLASS, cappedLeg, SHAPER, STRICT_CLASS, shapedLine } from './shaping.ts'

test('the classes of a line share its rate and no more, and each may have all of it', () => {
  for (const mbps of [0.1, 0.6, 9.7, 48.5, 10_000]) {
    const [line, strict, bulk] = shapedLine(mbps)
    assert.ok(line !== undefined && strict !== undefined && bulk !== undefined)
    assert.equal(line.rateBytesPerS, Math.round(mbps * 125_000))
    assert.equal(strict.rateBytesPerS + bulk.rateBytesPerS, line.rateBytesPerS)
    for (const one of [line, strict, bulk]) assert.equal(one.ceilBytesPerS, line.rateBytesPerS)
    assert.ok(bulk.rateBytesPerS > 0 && strict.priority < bulk.priority)
    assert.ok(line.rateBytesPerS < 2 ** 32, 'the kernel’s field has 32 bits')
  }
})

test('parents come first, and only what has none below it has a queue', () => {
  const [line, strict, bulk] = shapedLine(10)
  assert.deepEqual(
    [line?.parent, strict?.parent, bulk?.parent],
    [TC_ROOT, line?.handle, line?.handle],
  )
  assert.deepEqual([strict?.handle, bulk?.handle], [STRICT_CLASS, BULK_CLASS])
  assert.equal(line?.queueBytes, undefined)
})

test('a queue is so many milliseconds long, but on a slow line it holds 16 packets', () => {
  assert.equal(shapedLine(100)[2]?.queueBytes, 625_000)
  assert.equal(shapedLine(0.6)[2]?.queueBytes, 16 * 1_514)
})

test('no two legs of any subscribers have the same class, and none has one of a line', () => {
  const handles = new Set(shapedLine(1).map(({ handle }) => handle))
  for (let subscriber = 0; subscriber < 10_000; subscriber++) {
    for (const leg of [1, 2]) handles.add(cappedLeg(subscriber, leg, 1).handle)
  }
  assert.equal(handles.size, 20_003)
  assert.ok([...handles].every((handle) => handle >>> 16 === SHAPER && (handle & 0xffff) > 0))
  assert.equal(formatHandle(handleOf(SHAPER, 0)), '8810:0')
})
