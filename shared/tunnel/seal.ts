/**
 * One key in one direction: what follows the head of a frame is sealed, and the head authenticated with it.
 *
 *     nonce  =  Leg Id, Packet Number (bytes 12 to 23 of the head)  XOR  the direction's IV
 *
 * So no nonce comes twice under a key as long as no leg gives a number twice (key-ring.ts). `none` seals
 * nothing: the whole frame is authenticated by AES-128-GCM without plaintext, which is GMAC.
 */
import * as evp from '../linux/evp.ts'
import { type Pinned, pinned } from '../linux/pinned.ts'
import { HEAD_BYTES, TAG_BYTES } from '../wire/tunnel.ts'

export const CIPHERS = ['aes-128-gcm', 'chacha20-poly1305', 'none'] as const
export type CipherName = (typeof CIPHERS)[number]

export function keyBytesOf(cipher: CipherName): number {
  return cipher === 'chacha20-poly1305' ? 32 : 16
}

/** Key and IV are plain lists: a third of the room of small typed arrays, and there are thousands of homes. */
export class Seal implements Disposable {
  readonly #cipher: evp.AeadCipher
  readonly #direction: evp.Direction
  readonly #key: readonly number[]
  /** 0 while at rest. */
  #context = 0
  readonly #iv: readonly number[]
  readonly #hides: boolean

  /** `iv` has IV_BYTES. */
  constructor(
    cipher: CipherName,
    { key, iv }: { readonly key: Uint8Array; readonly iv: Uint8Array },
    direction: evp.Direction,
  ) {
    this.#cipher = cipher === 'none' ? 'aes-128-gcm' : cipher
    this.#direction = direction
    this.#key = Array.from(key)
    this.#iv = Array.from(iv)
    this.#hides = cipher !== 'none'
  }

  /**
   * The head stands at `frame`, what is to be sealed in `source` from `from` on (the frame's own memory is
   * allowed at its own place). Answers the length of the whole frame.
   */
  seal(frame: Pinned, at: number, source: Pinned, from: number, bytes: number): number {
    const context = this.#begin(frame, at)
    const head = frame.address + at
    if (this.#hides) {
      evp.addClear(context, head, HEAD_BYTES)
      evp.cross(context, head + HEAD_BYTES, source.address + from, bytes)
    } else {
      frame.bytes.set(source.bytes.subarray(from, from + bytes), at + HEAD_BYTES)
      evp.addClear(context, head, HEAD_BYTES + bytes)
    }
    evp.finish(context)
    evp.getTag(context, head + HEAD_BYTES + bytes, TAG_BYTES)
    return HEAD_BYTES + bytes + TAG_BYTES
  }

  /** False: it was not sealed with this key, or not so. Then the frame's bytes are worth nothing any more. */
  open(frame: Pinned, at: number, bytes: number): boolean {
    const inside = bytes - HEAD_BYTES - TAG_BYTES
    if (inside < 0) return false
    const context = this.#begin(frame, at)
    const head = frame.address + at
    evp.setTag(context, head + HEAD_BYTES + inside, TAG_BYTES)
    if (this.#hides) {
      evp.addClear(context, head, HEAD_BYTES)
      evp.cross(context, head + HEAD_BYTES, head + HEAD_BYTES, inside)
    } else {
      evp.addClear(context, head, HEAD_BYTES + inside)
    }
    return evp.finish(context) === 1
  }

  /** Not used for long: OpenSSL's part, 1.4 KB, is made again when it is wanted. */
  rest(): void {
    if (this.#context !== 0) evp.freeAead(this.#context)
    this.#context = 0
  }

  [Symbol.dispose](): void {
    this.rest()
  }

  #begin(frame: Pinned, at: number): number {
    const from = at + NONCE_FROM
    for (let i = 0; i < IV_BYTES; i++) NONCE.bytes[i] = frame.bytes[from + i]! ^ this.#iv[i]!
    if (this.#context === 0) {
      this.#context = evp.newAead(this.#cipher, Uint8Array.from(this.#key), this.#direction)
    }
    evp.setNonce(this.#context, NONCE.address)
    return this.#context
  }
}

export const IV_BYTES = 12
const NONCE_FROM = 12
/** One a thread is enough: it is read before the call returns. */
const NONCE = pinned(16)
