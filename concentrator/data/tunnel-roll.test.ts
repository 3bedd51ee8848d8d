import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tunnelSecret } from '../../shared/tunnel/keys.ts'
import { SESSION_ID_AT, sessionAt } from '../../shared/wire/tunnel.ts'
import { verifierOf } from '../subscribers/records.ts'
import { TunnelRoll } from './tunnel-roll.ts'

const [a, b] = ['the cookie of a', 'the cookie of b'].map((text) => new TextEncoder().encode(text))

test('what is kept of a home makes the secret that the home makes of its cookie', () => {
  const roll = new TunnelRoll([undefined, verifierOf(a!)])
  assert.equal(roll.numberOf(sessionOf(a!)), 1)
  const { sessionId, handshakeKey, root } = roll.secretOf(1)!
  assert.deepEqual({ sessionId: new Uint8Array(sessionId), handshakeKey, root }, tunnelSecret(a!))
  assert.deepEqual([roll.secretOf(0), roll.secretOf(7)], [undefined, undefined])
})

test('who comes is known by its session, who goes is not', () => {
  const roll = new TunnelRoll([verifierOf(a!)])
  roll.change({ number: 3, identity: verifierOf(b!) })
  assert.deepEqual([roll.numberOf(sessionOf(a!)), roll.numberOf(sessionOf(b!))], [0, 3])
  roll.change({ number: 0, identity: undefined })
  assert.deepEqual([roll.numberOf(sessionOf(a!)), roll.secretOf(0)], [undefined, undefined])
  assert.equal(roll.numberOf(sessionOf(b!)), 3)
})

test('a session that another number has by now stays with it when the first goes', () => {
  const roll = new TunnelRoll([verifierOf(a!)])
  roll.change({ number: 1, identity: verifierOf(a!) })
  roll.change({ number: 0, identity: undefined })
  assert.equal(roll.numberOf(sessionOf(a!)), 1)
})

function sessionOf(cookie: Uint8Array): number {
  const { sessionId } = tunnelSecret(cookie)
  const frame = new Uint8Array(SESSION_ID_AT + sessionId.length)
  frame.set(sessionId, SESSION_ID_AT)
  return sessionAt(frame, 0)
}
