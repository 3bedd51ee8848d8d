/**
 * The home's side of the handshake: it offers a random, and the answer that repeats it makes a key.
 *
 *     offer ──────▶            every attempt by the next leg, after 250 ms, 500 ms, ... 4 s
 *           ◀────── answer     good once, and only for the random that is out
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeHandshake, encodeHandshake, RANDOM_BYTES } from '../wire/handshake.ts'
import { FrameType } from '../wire/tunnel.ts'
import { SessionKey } from './key-ring.ts'
import { macOf, sessionKeys, type TunnelSecret } from './keys.ts'
import { CIPHERS, type CipherName } from './seal.ts'

export class Offers {
  readonly #secret: TunnelSecret
  readonly #cipher: CipherName
  readonly #mac: (bytes: Uint8Array) => Uint8Array
  readonly #instance: number
  #random: Uint8Array | undefined
  #tries = 0
  #nextUs = 0

  constructor(secret: TunnelSecret, cipher: CipherName, instance: number) {
    this.#secret = secret
    this.#cipher = cipher
    this.#mac = macOf(secret.handshakeKey)
    this.#instance = instance
  }

  /** When the next offer may leave, if one is wanted. */
  get nextUs(): number {
    return this.#nextUs
  }

  get tries(): number {
    return this.#tries
  }

  /** The datagram of another attempt, for this leg. */
  make(leg: number, nowUs: number): Uint8Array {
    this.#random ??= new Uint8Array(randomBytes(RANDOM_BYTES))
    this.#nextUs = nowUs + Math.min(AGAIN_US * 2 ** this.#tries, AGAIN_US_MAX)
    this.#tries += 1
    const { sessionId } = this.#secret
    return encodeHandshake(
      {
        type: FrameType.offer,
        keyId: 0,
        leg,
        offeredUs: Math.floor(nowUs),
        homeRandom: this.#random,
        concentratorRandom: new Uint8Array(RANDOM_BYTES),
        cipher: 1 + CIPHERS.indexOf(this.#cipher),
        instance: this.#instance,
      },
      sessionId,
      this.#mac,
    )
  }

  /** The key that an answer makes; undefined for one that is not genuine, or not to the offer that is out. */
  hear(datagram: Uint8Array, nowUs: number): SessionKey | undefined {
    const decoded = decodeHandshake(datagram)
    if (decoded === undefined || this.#random === undefined) return undefined
    const { handshake, signed, mac } = decoded
    // Cheap first: what is thrown at us is no answer of now.
    if (!timingSafeEqual(handshake.homeRandom, this.#random)) return undefined
    if (handshake.type !== FrameType.answer || !timingSafeEqual(this.#mac(signed), mac)) {
      return undefined
    }
    if (CIPHERS[handshake.cipher - 1] !== this.#cipher) return undefined
    const { up, down } = sessionKeys(
      this.#secret.root,
      this.#random,
      handshake.concentratorRandom,
      this.#cipher,
    )
    this.#random = undefined
    this.#tries = 0
    const { keyId, instance } = handshake
    return new SessionKey(keyId, this.#cipher, { out: up, in: down }, { instance, bornUs: nowUs })
  }
}

const AGAIN_US = 250_000
const AGAIN_US_MAX = 4_000_000
