/**
 * The AEAD ciphers of the OpenSSL inside the node binary, by its EVP interface: the second file that touches
 * koffi, because node:crypto makes an object for each packet, nine times the cost of the cipher on 1,400 bytes
 * (docs/adr/0029-sealed-frames.md). One function is one call; all memory is named by address, and pinned.
 *
 * A context is made once and keeps its key; each packet only brings its nonce. Calls answer 1, or 0 when
 * OpenSSL refuses.
 */
import koffi from 'koffi'
import { pinned } from './pinned.ts'

const crypto = koffi.load(null)

const newCall = crypto.func('void *EVP_CIPHER_CTX_new()')
const freeCall = crypto.func('EVP_CIPHER_CTX_free', 'void', ['uint64_t'])
const aesCall = crypto.func('void *EVP_aes_128_gcm()')
const chachaCall = crypto.func('void *EVP_chacha20_poly1305()')
const keyCall = crypto.func('EVP_CipherInit_ex', 'int', [
  'uint64_t',
  'void *',
  'void *',
  'const void *',
  'void *',
  'int',
])
const initCall = crypto.func('EVP_CipherInit_ex', 'int', [
  'uint64_t',
  'uint64_t',
  'uint64_t',
  'uint64_t',
  'uint64_t',
  'int',
])
const updateCall = crypto.func('EVP_CipherUpdate', 'int', [
  'uint64_t',
  'uint64_t',
  'uint64_t',
  'uint64_t',
  'int',
])
const finalCall = crypto.func('EVP_CipherFinal_ex', 'int', ['uint64_t', 'uint64_t', 'uint64_t'])
const ctrlCall = crypto.func('EVP_CIPHER_CTX_ctrl', 'int', ['uint64_t', 'int', 'int', 'uint64_t'])

export type AeadCipher = 'aes-128-gcm' | 'chacha20-poly1305'
export type Direction = 'seal' | 'open'

/** A context with its key; its address. Throws when this node has no such cipher: ask at start. */
export function newAead(cipher: AeadCipher, key: Uint8Array, direction: Direction): number {
  const context = Number(koffi.address(newCall()))
  const algorithm: unknown = cipher === 'aes-128-gcm' ? aesCall() : chachaCall()
  const sealing = direction === 'seal' ? 1 : 0
  if (context === 0 || keyCall(context, algorithm, null, key, null, sealing) !== 1) {
    throw new Error(`Cannot use ${cipher}: the OpenSSL of this node refuses it`)
  }
  return context
}

export function freeAead(context: number): void {
  freeCall(context)
}

/** Begin a packet: 12 bytes of nonce. The direction stays what it was (-1). */
export function setNonce(context: number, nonce: number): number {
  return initCall(context, 0, 0, 0, nonce, -1)
}

/** Bytes that are authenticated and not sealed. */
export function addClear(context: number, from: number, bytes: number): number {
  return updateCall(context, 0, OUT_LENGTH, from, bytes)
}

/** Seal or open, to another place or in place. */
export function cross(context: number, to: number, from: number, bytes: number): number {
  return updateCall(context, to, OUT_LENGTH, from, bytes)
}

/** End a packet. When opening: 1 only if the tag that was set is the right one. */
export function finish(context: number): number {
  return finalCall(context, NOWHERE, OUT_LENGTH)
}

/** After `finish` when sealing. */
export function getTag(context: number, to: number, bytes: number): number {
  return ctrlCall(context, EVP_CTRL_AEAD_GET_TAG, bytes, to)
}

/** Before `finish` when opening. */
export function setTag(context: number, from: number, bytes: number): number {
  return ctrlCall(context, EVP_CTRL_AEAD_SET_TAG, bytes, from)
}

/** What every call writes and nobody reads: a length, and the no bytes that an AEAD adds at its end. */
const scratch = pinned(64)
const OUT_LENGTH = scratch.address
const NOWHERE = scratch.address + 16

// openssl/evp.h.
const EVP_CTRL_AEAD_GET_TAG = 0x10
const EVP_CTRL_AEAD_SET_TAG = 0x11
