import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeFrame, FRAME_BYTES_MAX, FrameReader, HELLO_BYTES_MAX } from './control-frame.ts'

const objects = [{ type: 'hello', id: 'häuschen' }, {}, { list: [1, 2, { deep: true }] }]
const stream = Buffer.concat(objects.map(encodeFrame))

test('frames come out as they went in, in one chunk, byte by byte and torn anywhere', () => {
  for (const size of [stream.length, 1, 2, 3, 5, 7, 11]) {
    const reader = new FrameReader(HELLO_BYTES_MAX)
    const heard: unknown[] = []
    for (let at = 0; at < stream.length; at += size) {
      const read = reader.read(stream.subarray(at, at + size))
      assert.ok(read.kind === 'frames')
      heard.push(...read.objects)
    }
    assert.deepEqual(heard, objects, `chunks of ${size}`)
  }
})

test('a frame is what the picture says', () => {
  assert.deepEqual([...encodeFrame({ a: 1 })], [0, 0, 0, 7, ...Buffer.from('{"a":1}')])
})

for (const [what, bytes] of [
  ['longer than allowed', [0, 0, 0x10, 1]],
  ['shorter than {}', [0, 0, 0, 1, 0x30]],
  ['of four gigabytes', [255, 255, 255, 255]],
  ['with a list in it', [0, 0, 0, 2, ...Buffer.from('[]')]],
  ['with null in it', [0, 0, 0, 4, ...Buffer.from('null')]],
  ['that is not JSON', [0, 0, 0, 2, ...Buffer.from('{]')]],
  ['that is not UTF-8', [0, 0, 0, 8, ...Buffer.from('{"a":"'), 0xff, 0x22]],
] as const) {
  test(`a frame ${what} breaks the session`, () => {
    const read = new FrameReader(HELLO_BYTES_MAX).read(Uint8Array.from(bytes))
    assert.equal(read.kind, 'broken')
  })
}

test('a reader that is allowed more takes more', () => {
  const long = encodeFrame({ text: 'x'.repeat(HELLO_BYTES_MAX) })
  const reader = new FrameReader(HELLO_BYTES_MAX)
  reader.bytesMax = FRAME_BYTES_MAX
  const read = reader.read(long)
  assert.ok(read.kind === 'frames')
  assert.equal(read.objects.length, 1)
})

test('a long frame that comes byte by byte costs no more than its bytes', () => {
  const long = encodeFrame({ text: 'x'.repeat(100_000) })
  const reader = new FrameReader(FRAME_BYTES_MAX)
  const beganMs = performance.now()
  for (let at = 0; at < long.length - 1; at++) reader.read(long.subarray(at, at + 1))
  const read = reader.read(long.subarray(-1))
  assert.ok(read.kind === 'frames' && read.objects.length === 1)
  // Copied anew with each byte it is 10 GB.
  assert.ok(performance.now() - beganMs < 1_000)
})

test('what is too long to be read is not written', () => {
  assert.throws(() => encodeFrame({ text: 'x'.repeat(FRAME_BYTES_MAX) }), RangeError)
})

test('noise never throws and is never kept beyond one frame', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
      const reader = new FrameReader(HELLO_BYTES_MAX)
      for (const chunk of chunks) if (reader.read(chunk).kind === 'broken') return
    }),
  )
})
