import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, knownAddress, parsePrefix } from '../../shared/wire/address.ts'
import { decodeInner } from '../../shared/wire/inner-address.ts'
import { prefixAt } from '../../shared/wire/prefix-pool.ts'
import { verifierOf } from '../subscribers/records.ts'
import { InnerPlaces } from './inner-places.ts'
import { TunnelRoll } from './tunnel-roll.ts'

const pool = { pool: parsePrefix('2001:db8:f00::/40')!, bits: 64 }
const identity = (name: string, prefix?: number) => ({
  ...verifierOf(new TextEncoder().encode(name)),
  prefix6: prefix === undefined ? undefined : prefixAt(pool, prefix),
})
const roll = new TunnelRoll([identity('the cookie of a'), identity('the cookie of b', 7)], pool)
const prefixes = {
  prefix4: parsePrefix('198.18.0.0/15')!,
  prefix6: parsePrefix('fd48:7962:7269::/64')!,
}
const places = new InnerPlaces(prefixes, roll)

test('a packet is of whom its source says, and for whom its destination says', () => {
  const ownerOf = (source: string, destination: string, cut = 0) => {
    const packet = packetOf(source, destination)
    return (['source', 'destination'] as const).map((whose) =>
      Math.max(-1, places.ownerOf(whose, packet, 3, packet.length - 3 - cut)),
    )
  }
  assert.deepEqual(ownerOf('198.18.0.2', '198.18.0.3'), [0, 1])
  assert.deepEqual(ownerOf('fd48:7962:7269::3', '2001:db8:f00:7::99'), [1, 1])
  assert.deepEqual(ownerOf('2001:db8:f00:7:1::', '2001:db8:f00:8::99'), [1, -1])
  // The concentrator itself, and the world.
  assert.deepEqual(ownerOf('198.18.0.1', '192.0.2.1'), [-1, -1])
  assert.deepEqual(ownerOf('2001:db8:f00:7::1', '2001:db8:f00:7::2', 1), [-1, -1])
})

test('a home is told its prefix, or the one address that it has', () => {
  const told = (number: number) => {
    const said = decodeInner(places.tellOf(number), 0, 68)
    assert.ok(said !== undefined && said !== 'ask')
    return `${formatAddress(said.ipv4)} ${formatAddress(said.ipv6)}/${said.bits6}`
  }
  assert.equal(told(0), '198.18.0.2 fd48:7962:7269::2/128')
  assert.equal(told(1), '198.18.0.3 2001:db8:f00:7::1/64')
})

function packetOf(source: string, destination: string): Uint8Array {
  const [from, to] = [knownAddress(source), knownAddress(destination)]
  const isIpv4 = !source.includes(':')
  const packet = new Uint8Array(3 + (isIpv4 ? 20 : 40))
  packet[3] = isIpv4 ? 0x45 : 0x60
  packet.set(isIpv4 ? from.subarray(12) : from, isIpv4 ? 15 : 11)
  packet.set(isIpv4 ? to.subarray(12) : to, isIpv4 ? 19 : 27)
  return packet
}
