import assert from 'node:assert/strict'
import { test } from 'node:test'
import { legClass } from '../../shared/core/shaping.ts'
import type { Classed } from '../../shared/linux/class-maps.ts'
import { TunnelLeg } from '../../shared/tunnel/leg.ts'
import { formatAddress, knownAddress } from '../../shared/wire/address.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { CappedLegs } from '../subscribers/capped-legs.ts'
import { renderShaping, ShapedHome, TunnelShaping } from './tunnel-shaping.ts'

test('frames are told from connections by protocol and port', () => {
  const table = renderShaping('core', 8_804)
  assert.match(
    table,
    /oifname "core" udp sport 8804 meta priority set ip daddr \. udp dport map @class4/,
  )
  assert.match(table, /ip6 daddr \. udp dport map @class6/)
})

test('a capped leg has its class where it is, and takes it along', () => {
  const street = opened()
  street.capped.cap(5, 1)
  const [dsl, lte] = [legAt(1, '203.0.113.2'), legAt(2, '198.51.100.129')]
  street.look([dsl, lte], 1)
  assert.deepEqual(street.map(), [`203.0.113.2 ${legClass(5, 1)}`])
  const writes = street.writes
  street.look([dsl, lte], 2)
  assert.equal(street.writes, writes)
  dsl.settle(at('2001:db8:d::2'))
  street.look([dsl, lte], 3)
  assert.deepEqual(street.map(), [`2001:db8:d::2 ${legClass(5, 1)}`])
  street.shaping.forget(street.home)
  assert.deepEqual(street.map(), [])
})

test('a cap that comes later holds within seconds, without the leg moving', () => {
  const street = opened()
  const lte = legAt(2, '198.51.100.129')
  street.look([lte], 0)
  street.capped.cap(5, 2)
  street.look([lte], 9_000_000)
  assert.deepEqual(street.map(), [])
  street.look([lte], 11_000_000)
  assert.deepEqual(street.map(), [`198.51.100.129 ${legClass(5, 2)}`])
})

test('what the kernel refuses is tried again', () => {
  const street = opened()
  street.capped.cap(5, 1)
  street.refuses = true
  const dsl = legAt(1, '203.0.113.2')
  street.look([dsl], 0)
  street.refuses = false
  street.look([dsl], 20_000_000)
  assert.deepEqual(street.map(), [`203.0.113.2 ${legClass(5, 1)}`])
})

function legAt(number: number, address: string): TunnelLeg {
  const leg = new TunnelLeg(number)
  leg.settle(at(address))
  return leg
}

function at(address: string): Uint8Array {
  return encodeSockaddr6(knownAddress(address), 40_000)
}

/** Number 5 of a street whose kernel is painted. */
function opened() {
  const capped = CappedLegs.create(8)
  const elements = new Map<string, number>()
  const street = {
    capped,
    home: new ShapedHome(),
    writes: 0,
    refuses: false,
    map: () => Array.from(elements, ([peer, handle]) => `${peer} ${handle}`),
    look: (legs: readonly TunnelLeg[], nowUs: number) =>
      street.shaping.look(5, street.home, legs, nowUs),
    shaping: new TunnelShaping(capped.memory, {
      change(remove: readonly Endpoint[], add: readonly Classed[]) {
        street.writes++
        if (street.refuses) return -1
        for (const { address } of remove) elements.delete(formatAddress(address))
        for (const { peer, handle } of add) elements.set(formatAddress(peer.address), handle)
        return 0
      },
      replace() {
        elements.clear()
        return 0
      },
      [Symbol.dispose]() {},
    }),
  }
  return street
}
