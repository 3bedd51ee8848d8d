import assert from 'node:assert/strict'
import { test } from 'node:test'
import { houseLines, type SeenInterface } from './house-lines.ts'

const LAN = seen('br-lan', { isPrivate: true })
const DSL = seen('pppoe-wan', { metric: 10, isEthernet: false })
const LTE = seen('wwan0', { isModem: true, metric: 5, isEthernet: false })

test('a modem is LTE, whatever its metric and whether it is up', () => {
  const house = { dsl: 'pppoe-wan', lte: 'wwan0', lan: ['br-lan'] }
  assert.deepEqual(houseLines([LAN, DSL, LTE]), house)
  assert.deepEqual(houseLines([LTE, LAN, { ...DSL, metric: 0 }]), house)
  assert.deepEqual(houseLines([LAN, DSL, { ...LTE, metric: undefined }]), house)
})

test('without a modem the line that the OS prefers is DSL', () => {
  const house = houseLines([LAN, seen('eth2', { metric: 700 }), seen('eth1', { metric: 100 })])
  assert.deepEqual(house, { dsl: 'eth1', lte: 'eth2', lan: ['br-lan'] })
})

test('br-lan is the LAN beside others, and one alone whatever its name', () => {
  const guest = seen('guest', { isPrivate: true })
  assert.deepEqual(lanOf([guest, LAN, DSL, LTE]), ['br-lan'])
  assert.deepEqual(lanOf([guest, DSL, LTE, seen('docker0', { isPrivate: true })]), ['guest'])
})

for (const [what, interfaces, why] of [
  ['two modems', [LAN, DSL, LTE, seen('wwan1', { isModem: true })], /several modems: wwan0, wwan1/],
  ['no line but the modem', [LAN, LTE], /no default route/],
  ['one line', [LAN, DSL], /only default route is by pppoe-wan/],
  [
    'two lines alike',
    [LAN, DSL, seen('eth1', { metric: 10 })],
    /pppoe-wan and eth1 have the same metric/,
  ],
  [
    'three lines',
    [LAN, DSL, seen('eth1', { metric: 11 }), seen('eth2', { metric: 12 })],
    /pppoe-wan, eth1, eth2/,
  ],
  ['no LAN', [DSL, LTE], /no interface has a private address/],
  [
    'two LANs',
    [DSL, LTE, seen('lan1', { isPrivate: true }), seen('lan2', { isPrivate: true })],
    /any of lan1, lan2/,
  ],
] as const) {
  test(`nothing is guessed where there is ${what}`, () => {
    assert.match(JSON.stringify(houseLines(interfaces)), why)
  })
}

test('a modem with a private address of its own is no LAN, nor is a line behind a NAT', () => {
  const house = houseLines([
    LAN,
    { ...DSL, isPrivate: true, isEthernet: true },
    { ...LTE, isPrivate: true, isEthernet: true, metric: undefined },
  ])
  assert.deepEqual(house, { dsl: 'pppoe-wan', lte: 'wwan0', lan: ['br-lan'] })
})

function lanOf(interfaces: readonly SeenInterface[]): unknown {
  const house = houseLines(interfaces)
  return typeof house === 'string' ? house : house.lan
}

function seen(name: string, said: Partial<SeenInterface>): SeenInterface {
  return {
    name,
    isModem: false,
    isEthernet: true,
    isPrivate: false,
    metric: undefined,
    ...said,
  }
}
