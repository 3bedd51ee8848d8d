import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialOf, isProof, proofOf } from './credential.ts'

const secret = Buffer.from('5ec4e75e5ec4e75e5ec4e75e5ec4e75e', 'hex')
const { verifier, cookie, clientKey } = credentialOf(secret)
const credential = credentialOf(secret)
const here = new Uint8Array(32).fill(7)
const elsewhere = new Uint8Array(32).fill(8)

test('the proof of a home is one on its own connection, and under its own name', () => {
  const proof = proofOf(credential, here, 'home-1')
  assert.ok(isProof(proof, verifier, here, 'home-1'))
  assert.ok(!isProof(proof, verifier, elsewhere, 'home-1'), 'said again on another connection')
  assert.ok(!isProof(proof, verifier, here, 'home-2'), 'under another name')
  assert.ok(!isProof(proof, credentialOf(cookie).verifier, here, 'home-1'), 'of another secret')
})

test('who knows the verifier alone has no proof', () => {
  const forged = proofOf({ clientKey: verifier, verifier }, here, 'home-1')
  assert.ok(!isProof(forged, verifier, here, 'home-1'))
})

test('a proof of another length is wrong and no more', () => {
  for (const bytes of [0, 1, 31, 33, 4_096]) {
    assert.ok(!isProof(new Uint8Array(bytes), verifier, here, 'home-1'))
  }
})

test('neither cookie nor verifier is the client key, and a bit of the secret changes all of them', () => {
  const other = credentialOf(secret.map((byte, i) => (i === 0 ? byte ^ 1 : byte)))
  assert.equal(cookie.length, 16)
  const all = [clientKey, verifier, other.clientKey, other.verifier, cookie, other.cookie]
  assert.equal(new Set(all.map((bytes) => Buffer.from(bytes).toString('hex'))).size, all.length)
})
