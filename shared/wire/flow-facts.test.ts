import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FlowFacts, readFlow } from './flow-facts.ts'
import { hex } from './hex.fake.ts'

const UDP4 = '45b8 001c 0000 4000 4011 0000 0a000002 c0000263 1388 01bb 0008 0000'
const UDP6 =
  '6b80 0000 0008 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002 1388 01bb 0008 0000'

test('readFlow() reads the traffic class of either version', () => {
  assert.deepEqual([factsOf(UDP4).version, factsOf(UDP4).trafficClass], [4, 0xb8])
  assert.deepEqual([factsOf(UDP6).version, factsOf(UDP6).trafficClass], [6, 0xb8])
})

for (const [name, one, other] of [
  ['another port', UDP4, UDP4.replace('1388', '1389')],
  ['another address', UDP4, UDP4.replace('0a000002', '0a000003')],
  ['another protocol', UDP4, UDP4.replace('4011', '4006')],
  ['another port in IPv6', UDP6, UDP6.replace('01bb', '01bc')],
  ['another address in IPv6', UDP6, UDP6.replace('0002 1388', '0003 1388')],
] as const) {
  test(`readFlow() gives ${name} another hash`, () => {
    assert.notEqual(factsOf(one).hash, factsOf(other).hash)
  })
}

test('readFlow() gives packets of a flow the same hash, whatever else is in them', () => {
  assert.equal(factsOf(UDP4).hash, factsOf(UDP4.replace('45b8', '4500')).hash)
})

for (const [name, out, back] of [
  ['IPv4', UDP4, UDP4.replace('0a000002 c0000263 1388 01bb', 'c0000263 0a000002 01bb 1388')],
  [
    'IPv6',
    UDP6,
    UDP6.replace(
      /(20010db8\w+1) (20010db8\w+2) 1388 01bb/,
      (_, source, destination) => `${destination} ${source} 01bb 1388`,
    ),
  ],
] as const) {
  test(`readFlow() gives what comes back the hash of what went: ${name}`, () => {
    assert.notEqual(out, back)
    assert.equal(factsOf(out).hash, factsOf(back).hash)
  })
}

test('readFlow() gives a packet whose ports change places another hash', () => {
  assert.notEqual(factsOf(UDP4).hash, factsOf(UDP4.replace('1388 01bb', '01bb 1388')).hash)
})

test('readFlow() gives all fragments of a datagram the same hash', () => {
  const first = UDP4.replace('4000', '2000')
  const later = UDP4.replace('4000', '00b9').replace('1388 01bb', 'dead beef')
  assert.equal(factsOf(first).hash, factsOf(later).hash)
})

test('readFlow() spreads the flows of one home over the slots', () => {
  const slots = new Set<number>()
  for (let port = 0; port < 1_000; port++) {
    const packet = UDP4.replace('1388', (40_000 + port).toString(16))
    slots.add(factsOf(packet).hash % 1_024)
  }
  // 1,000 balls into 1,024 urns leave 639 taken.
  assert.ok(slots.size > 580, `${slots.size} slots`)
})

for (const [name, wire] of [
  ['nothing', ''],
  ['a packet cut short', UDP4.slice(0, 38)],
  ['a header longer than the packet', UDP4.replace('45b8', '4fb8')],
  ['a header shorter than a header', UDP4.replace('45b8', '44b8')],
  ['a longer length than there is', UDP4.replace('001c', '001d')],
  ['an IPv6 packet cut short', UDP6.slice(0, 53)],
  ['version 5', UDP4.replace('45b8', '55b8')],
] as const) {
  test(`readFlow() takes ${name} for no packet`, () => {
    const packet = hex(wire)
    const facts: FlowFacts = { hash: 0, version: 4, trafficClass: 0 }
    assert.equal(readFlow(packet, 0, packet.length, facts), false)
  })
}

function factsOf(wire: string): FlowFacts {
  const packet = hex(`ffffff ${wire}`)
  const facts: FlowFacts = { hash: 0, version: 4, trafficClass: 0 }
  assert.ok(readFlow(packet, 3, packet.length - 3, facts))
  return facts
}
