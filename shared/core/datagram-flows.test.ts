import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatagramFlows, FLOWS, FlowKind } from './datagram-flows.ts'

const EF = 46
const S = 1_000_000

test('a call is sparse for as long as it lasts', () => {
  assert.equal(kindAfter({ seconds: 60, perSecond: 50, bytes: 200 }), FlowKind.sparse)
})

test('a download is bulk after its first burst', () => {
  assert.equal(kindAfter({ seconds: 0.01, perSecond: 1_000, bytes: 1_350 }), FlowKind.sparse)
  assert.equal(kindAfter({ seconds: 0.1, perSecond: 1_000, bytes: 1_350 }), FlowKind.bulk)
})

test('a video call is sparse if it says so, and bulk if it does not', () => {
  const video = { seconds: 5, perSecond: 200, bytes: 1_200 }
  assert.equal(kindAfter(video), FlowKind.bulk)
  assert.equal(kindAfter({ ...video, dscp: 34 }), FlowKind.sparse)
})

test('what says that it is a call but has a download in it is bulk', () => {
  assert.equal(kindAfter({ seconds: 1, perSecond: 1_000, bytes: 1_350, dscp: EF }), FlowKind.bulk)
})

test('a flow is sparse again when it has been calm for two seconds', () => {
  const flows = new DatagramFlows()
  let nowUs = S
  for (; nowUs < S + 100_000; nowUs += 1_000) flows.observe(flows.find(1, nowUs), 1_350, 0, nowUs)
  assert.equal(flows.observe(1, 100, 0, nowUs + 1_900_000), FlowKind.bulk)
  assert.equal(flows.observe(1, 100, 0, nowUs + 2_100_000), FlowKind.sparse)
})

test('a slot that nobody has used for long is a new flow, but its numbers go on', () => {
  const flows = new DatagramFlows()
  const flow = flows.find(5, 100 * S)
  flows.observe(flow, 100, 0, 100 * S)
  flows.say(flow, 5, 3)
  assert.deepEqual([flows.nextSequence(flow), flows.nextSequence(flow)], [0, 1])
  assert.equal(flows.isUnsaid(flows.find(5, 120 * S), 5), false)
  assert.equal(flows.isUnsaid(flows.find(5, 131 * S), 5), true)
  assert.equal(flows.nextSequence(flow), 2)
})

test('two flows of one slot are asked about in turn', () => {
  const flows = new DatagramFlows()
  const flow = flows.find(5, S)
  assert.equal(flows.find(5 + FLOWS, S), flow)
  assert.equal(flows.isUnsaid(flow, 5), true)
  flows.say(flow, 5, 3)
  assert.equal(flows.isUnsaid(flow, 5), false)
  assert.equal(flows.isUnsaid(flow, 5 + FLOWS), true)
  flows.unsayAll()
  assert.equal(flows.isUnsaid(flow, 5), true)
})

test('what the far end has said of a flow holds before and after it has packets', () => {
  const flows = new DatagramFlows()
  flows.hear(5, 4, 100 * S)
  assert.ok(!flows.isIdle(101 * S))
  assert.equal(flows.manner(flows.find(5, 101 * S)), 4)
})

test('usedLegs() remembers the legs of the last moments, and forgets older ones', () => {
  const flows = new DatagramFlows()
  assert.equal(flows.usedLegs(1, 1, S), 1)
  assert.equal(flows.usedLegs(1, 2, S + 150_000), 3)
  assert.equal(flows.usedLegs(1, 1, S + 250_000), 3)
  assert.equal(flows.usedLegs(1, 1, S + 480_000), 1)
  assert.equal(flows.usedLegs(1, 2, S + 5_000_000), 2)
})

test('the table is idle when nothing was sent for long', () => {
  const flows = new DatagramFlows()
  flows.observe(1, 100, 0, S)
  assert.ok(!flows.isIdle(30 * S))
  assert.ok(flows.isIdle(32 * S))
})

function kindAfter({
  seconds,
  perSecond,
  bytes,
  dscp = 0,
}: {
  readonly seconds: number
  readonly perSecond: number
  readonly bytes: number
  readonly dscp?: number
}): FlowKind {
  const flows = new DatagramFlows()
  let kind: FlowKind = FlowKind.sparse
  for (let i = 0; i < seconds * perSecond; i++) {
    const nowUs = S + (i * S) / perSecond
    kind = flows.observe(flows.find(1, nowUs), bytes, dscp, nowUs)
  }
  return kind
}
