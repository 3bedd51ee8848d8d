import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHARED } from '../../shared/core/tie.ts'
import { parseAddress, parsePrefix } from '../../shared/wire/address.ts'
import { whyNot } from './destination.ts'
import { COOKIES, type FakeRoom, fakeRoom, subscriber } from './room.fake.ts'
import { COUNT } from './room.ts'

const server = { address: parseAddress('203.0.113.9')!, port: 443 }

test('a probe from a server’s address, forged or not, does not close the server', () => {
  for (const owner of [{ subscriber: 1, leg: 1 }, SHARED] as const) {
    const room = fakeRoom()
    room.world.owner = owner
    assert.equal(whyNot(room, 0, server), undefined)
  }
})

test('an address in a subscriber’s prefixes is a home, unless homes may reach each other', () => {
  const room = fakeRoom({ subscribers: homes('203.0.113.8/30') })
  assert.match(whyNot(room, 0, server) ?? '', /203\.0\.113\.9 port 443, which is .* or a home/)
  assert.equal(room.count[COUNT.hairpins], 1)
  const open = fakeRoom({ hairpin: 'allow', subscribers: homes('203.0.113.8/30') })
  assert.equal(whyNot(open, 0, server), undefined)
  const other = fakeRoom({ subscribers: homes('203.0.113.12/30') })
  assert.equal(whyNot(other, 0, server), undefined)
})

function homes(prefix: string): FakeRoom['settings']['subscribers'] {
  const prefixes = [{ prefix: parsePrefix(prefix)!, leg: 1 }]
  return [subscriber(COOKIES[0]), subscriber(COOKIES[1], { prefixes })]
}
