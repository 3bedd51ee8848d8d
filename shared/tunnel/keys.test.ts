import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  controlSecret,
  macOf,
  probeSecret,
  sessionKeys,
  tunnelSecret,
  tunnelSecretFrom,
} from './keys.ts'

const cookie = Buffer.from('c00c1e42c00c1e42', 'hex')

test('probeSecret() is HKDF-SHA256 of the cookie, as RFC 5869 spells it out', () => {
  const { sessionId, key } = probeSecret(cookie)
  const pseudorandom = hmac(new Uint8Array(32), cookie)
  assert.deepEqual(Buffer.from(key), hmac(pseudorandom, Buffer.from('hybridge probe key\x01')))
  assert.deepEqual(
    Buffer.from(sessionId),
    hmac(pseudorandom, Buffer.from('hybridge session id\x01')).subarray(0, 8),
  )
})

test('probeSecret() gives every cookie a session and a key of its own', () => {
  const other = probeSecret(Buffer.from('c00c1e42c00c1e43', 'hex'))
  assert.notDeepEqual(probeSecret(cookie).sessionId, other.sessionId)
  assert.notDeepEqual(probeSecret(cookie).key, other.key)
})

test('macOf() answers 16 bytes that depend on key and message', () => {
  const mac = macOf(probeSecret(cookie).key)
  assert.equal(mac(cookie).length, 16)
  assert.deepEqual(mac(cookie), mac(cookie))
  assert.notDeepEqual(mac(cookie), mac(new Uint8Array(8)))
  assert.notDeepEqual(mac(cookie), macOf(new Uint8Array(32))(cookie))
})

test('tunnelSecret() has the session id of the probes, and keys from the control key', () => {
  const { sessionId, handshakeKey, root } = tunnelSecret(cookie)
  const pseudorandom = hmac(new Uint8Array(32), controlSecret(cookie))
  assert.deepEqual(sessionId, probeSecret(cookie).sessionId)
  assert.deepEqual(
    Buffer.from(handshakeKey),
    hmac(pseudorandom, Buffer.from('hybridge tunnel handshake\x01')),
  )
  assert.deepEqual(Buffer.from(root), hmac(pseudorandom, Buffer.from('hybridge tunnel root\x01')))
})

test('who has no cookie but the control key makes the same secret', () => {
  const { sessionId } = probeSecret(cookie)
  assert.deepEqual(tunnelSecretFrom(sessionId, controlSecret(cookie)), tunnelSecret(cookie))
})

test('sessionKeys() depend on secret, both randoms, cipher and direction, and on nothing else', () => {
  const root = tunnelSecret(cookie).root
  const [one, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]
  const all = [
    sessionKeys(root, one, other, 'aes-128-gcm'),
    sessionKeys(root, other, one, 'aes-128-gcm'),
    sessionKeys(root, one, one, 'aes-128-gcm'),
    sessionKeys(root, one, other, 'none'),
    sessionKeys(new Uint8Array(32), one, other, 'aes-128-gcm'),
  ].flatMap(({ up, down }) => [up, down])
  for (const part of ['key', 'iv'] as const) {
    assert.equal(new Set(all.map((keys) => Buffer.from(keys[part]).toString('hex'))).size, 10)
  }
  assert.deepEqual(sessionKeys(root, one, other, 'none'), sessionKeys(root, one, other, 'none'))
  assert.equal(sessionKeys(root, one, other, 'chacha20-poly1305').up.key.length, 32)
})

function hmac(key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac('sha256', key).update(message).digest()
}
