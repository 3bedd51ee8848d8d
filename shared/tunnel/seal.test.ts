import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { test } from 'node:test'
import { pinned } from '../linux/pinned.ts'
import { HEAD_BYTES, TAG_BYTES } from '../wire/tunnel.ts'
import { CIPHERS, IV_BYTES, keyBytesOf, Seal } from './seal.ts'

const BYTES = 1_000

for (const cipher of ['aes-128-gcm', 'chacha20-poly1305'] as const) {
  test(`${cipher} seals what node:crypto seals, nonce and head included`, () => {
    const { frame, source, key, iv } = parts(cipher)
    const head = frame.bytes.slice(0, HEAD_BYTES)
    using seal = new Seal(cipher, { key, iv }, 'seal')
    const length = seal.seal(frame, 0, source, 7, BYTES)
    const nonce = iv.map((byte, i) => byte ^ head[12 + i]!)
    const options = { authTagLength: TAG_BYTES }
    const twin =
      cipher === 'aes-128-gcm'
        ? createCipheriv('aes-128-gcm', key, nonce, options)
        : createCipheriv('chacha20-poly1305', key, nonce, options)
    twin.setAAD(head, { plaintextLength: BYTES })
    const sealed = Buffer.concat([
      head,
      twin.update(source.bytes.subarray(7, 7 + BYTES)),
      twin.final(),
      twin.getAuthTag(),
    ])
    assert.deepEqual(Buffer.from(frame.bytes.subarray(0, length)), sealed)
  })
}

test('none leaves the packet readable, and its tag is that of AES-128-GCM over all of it', () => {
  const { frame, source, key, iv } = parts('none')
  using seal = new Seal('none', { key, iv }, 'seal')
  const length = seal.seal(frame, 0, source, 7, BYTES)
  const clear = frame.bytes.subarray(0, length - TAG_BYTES)
  const nonce = iv.map((byte, i) => byte ^ frame.bytes[12 + i]!)
  const twin = createCipheriv('aes-128-gcm', key, nonce)
  twin.setAAD(clear)
  twin.final()
  assert.deepEqual(
    frame.bytes.slice(HEAD_BYTES, HEAD_BYTES + BYTES),
    source.bytes.slice(7, 7 + BYTES),
  )
  assert.deepEqual(Buffer.from(frame.bytes.subarray(length - TAG_BYTES, length)), twin.getAuthTag())
})

for (const cipher of CIPHERS) {
  test(`${cipher} opens what it sealed, and nothing with one bit another`, () => {
    const { frame, source, key, iv } = parts(cipher)
    using seal = new Seal(cipher, { key, iv }, 'seal')
    using open = new Seal(cipher, { key, iv }, 'open')
    const length = seal.seal(frame, 0, source, 7, BYTES)
    const whole = frame.bytes.slice(0, length)
    for (let at = 0; at < length; at += 13) {
      frame.bytes.set(whole)
      frame.bytes[at]! ^= 1 << (at % 8)
      assert.equal(open.open(frame, 0, length), false, `byte ${at}`)
    }
    frame.bytes.set(whole)
    assert.equal(open.open(frame, 0, length - 1), false)
    frame.bytes.set(whole)
    assert.ok(open.open(frame, 0, length))
    assert.deepEqual(
      frame.bytes.slice(HEAD_BYTES, HEAD_BYTES + BYTES),
      source.bytes.slice(7, 7 + BYTES),
    )
    assert.equal(open.open(frame, 0, HEAD_BYTES + TAG_BYTES - 1), false)
  })

  test(`${cipher} opens nothing of another key`, () => {
    const { frame, source, key, iv } = parts(cipher)
    using seal = new Seal(cipher, { key, iv }, 'seal')
    using open = new Seal(cipher, { key: key.map((byte) => byte ^ 1), iv }, 'open')
    assert.equal(open.open(frame, 0, seal.seal(frame, 0, source, 7, BYTES)), false)
  })
}

function parts(cipher: (typeof CIPHERS)[number]) {
  const frame = pinned(2_048)
  const source = pinned(2_048)
  for (let i = 0; i < 2_048; i++) source.bytes[i] = i * 7
  for (let i = 0; i < HEAD_BYTES; i++) frame.bytes[i] = 200 - i
  const key = Uint8Array.from({ length: keyBytesOf(cipher) }, (_, i) => i)
  const iv = Uint8Array.from({ length: IV_BYTES }, (_, i) => 100 + i)
  return { frame, source, key, iv }
}
