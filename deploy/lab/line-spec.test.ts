import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LineState } from './line-cells.ts'
import { changed, parseRequest, parseSpec } from './line-spec.ts'

const params = {
  downMbps: 50,
  upMbps: 10,
  rttMs: 20,
  jitterMs: 1,
  lossPercent: 0,
  queueMs: 80,
}
const dsl = {
  near: { netns: 'hyb-cpe', device: 'dsl' },
  far: { netns: 'hyb-access', device: 'dsl' },
  mtu: 1500,
  params,
  seed: 1,
}
const running: LineState = { ...params, carrier: true, silent: false, strip: 'off' }

test('parseSpec() reads the lines of a street', () => {
  const spec = { socket: '/run/lines.sock', lines: { dsl } }
  assert.deepEqual(parseSpec(JSON.stringify(spec)), spec)
})

const badSpecs: ReadonlyArray<{ line: object; sentence: RegExp }> = [
  { line: { ...dsl, mtu: '1500' }, sentence: /^Cannot read the lines: lines: dsl: mtu: / },
  { line: { ...dsl, colour: 'red' }, sentence: /^Cannot read the lines: lines: dsl: .*"colour"/ },
  {
    line: { ...dsl, params: { ...params, jitterMs: 30 } },
    sentence: /^Cannot read the lines: lines: dsl: params: jitterMs: more than rttMs$/,
  },
  {
    line: { ...dsl, near: { netns: 'hyb-cpe', device: 'a-name-of-16-byte' } },
    sentence: /^Cannot read the lines: lines: dsl: near: device: /,
  },
]

for (const { line, sentence } of badSpecs) {
  test(`parseSpec() says ${sentence.source}`, () => {
    const text = JSON.stringify({ socket: '/run/lines.sock', lines: { dsl: line } })
    assert.throws(() => parseSpec(text), { message: sentence })
  })
}

const badRequests: ReadonlyArray<{ text: string; sentence: RegExp }> = [
  { text: 'hello', sentence: /^Cannot read the request: not JSON: / },
  { text: '{"op":"dance"}', sentence: /^Cannot read the request: op: / },
  { text: '{"op":"set","line":"dsl"}', sentence: /^Cannot read the request: params: / },
  {
    text: '{"op":"set","line":"dsl","params":{"downMbps":0}}',
    sentence: /^Cannot read the request: params: downMbps: /,
  },
  {
    text: '{"op":"set","line":"dsl","params":{"strip":"all"}}',
    sentence: /^Cannot read the request: params: strip: /,
  },
]

for (const { text, sentence } of badRequests) {
  test(`parseRequest() of ${text} says ${sentence.source}`, () => {
    assert.throws(() => parseRequest(text), { message: sentence })
  })
}

test('changed() leaves what is not named as it was', () => {
  assert.deepEqual(changed(running, { rttMs: 60, silent: true }), {
    ...running,
    rttMs: 60,
    silent: true,
  })
})

test('changed() refuses a line that would have to hold more than its ring', () => {
  assert.throws(() => changed(running, { downMbps: 1_000, queueMs: 1_000 }), {
    message: /^Cannot change the line: downMbps: .* more than 33554432 bytes/,
  })
})
