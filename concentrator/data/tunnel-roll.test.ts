import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tunnelSecret } from '../../shared/tunnel/keys.ts'
import { knownAddress, parsePrefix } from '../../shared/wire/address.ts'
import { prefixAt } from '../../shared/wire/prefix-pool.ts'
import { SESSION_ID_AT, sessionAt } from '../../shared/wire/tunnel.ts'
import { verifierOf } from '../subscribers/records.ts'
import { TunnelRoll } from './tunnel-roll.ts'

const [a, b] = ['the cookie of a', 'the cookie of b'].map((text) => new TextEncoder().encode(text))

test('what is kept of a home makes the secret that the home makes of its cookie', () => {
  const roll = new TunnelRoll([undefined, identityOf(a!)])
  assert.equal(roll.numberOf(sessionOf(a!)), 1)
  const { sessionId, handshakeKey, root } = roll.secretOf(1)!
  assert.deepEqual({ sessionId: new Uint8Array(sessionId), handshakeKey, root }, tunnelSecret(a!))
  assert.deepEqual([roll.secretOf(0), roll.secretOf(7)], [undefined, undefined])
})

test('who comes is known by its session, who goes is not', () => {
  const roll = new TunnelRoll([identityOf(a!)])
  roll.change({ number: 3, identity: identityOf(b!) })
  assert.deepEqual([roll.numberOf(sessionOf(a!)), roll.numberOf(sessionOf(b!))], [0, 3])
  roll.change({ number: 0, identity: undefined })
  assert.deepEqual([roll.numberOf(sessionOf(a!)), roll.secretOf(0)], [undefined, undefined])
  assert.equal(roll.numberOf(sessionOf(b!)), 3)
})

test('a session that another number has by now stays with it when the first goes', () => {
  const roll = new TunnelRoll([identityOf(a!)])
  roll.change({ number: 1, identity: identityOf(a!) })
  roll.change({ number: 0, identity: undefined })
  assert.equal(roll.numberOf(sessionOf(a!)), 1)
})

test('a packet is of the home whose prefix its address is in', () => {
  const pool = { pool: parsePrefix('2001:db8:f00::/40')!, bits: 64 }
  const own = (number: number) => ({ ...identityOf(a!), prefix6: prefixAt(pool, number) })
  const roll = new TunnelRoll([own(5), own(6)], pool)
  const ownerOf = (text: string) => roll.ownerOf(knownAddress(text), 0)
  assert.deepEqual(['2001:db8:f00:6::9', '2001:db8:f00:7::'].map(ownerOf), [1, -1])
  // One that has gone, and one that comes with the prefix of another that goes after it.
  roll.change({ number: 0, identity: undefined })
  roll.change({ number: 2, identity: own(6) })
  roll.change({ number: 1, identity: undefined })
  assert.deepEqual(['2001:db8:f00:5::1', '2001:db8:f00:6::1'].map(ownerOf), [-1, 2])
  assert.equal(new TunnelRoll([own(5)]).ownerOf(knownAddress('2001:db8:f00:5::1'), 0), -1)
})

function identityOf(cookie: Uint8Array) {
  return { ...verifierOf(cookie), prefix6: undefined }
}

function sessionOf(cookie: Uint8Array): number {
  const { sessionId } = tunnelSecret(cookie)
  const frame = new Uint8Array(SESSION_ID_AT + sessionId.length)
  frame.set(sessionId, SESSION_ID_AT)
  return sessionAt(frame, 0)
}
