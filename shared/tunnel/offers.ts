/**
 * The home's side of the handshake: it offers a random, and the answer that repeats it makes a key.
 *
 *     offer ──────▶            every attempt by the next leg, after 250 ms, 500 ms, ... 4 s
 *           ◀────── answer     good once, and only for the random that is out
 *
 * It offers while there is no key, when the key is worn, and when nobody answers any more: a concentrator that
 * has begun anew has no keys, and says nothing. The old key goes on meanwhile.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeHandshake, encodeHandshake, RANDOM_BYTES } from '../wire/handshake.ts'
import { FrameType } from '../wire/tunnel.ts'
import type { LegBatch } from './batch.ts'
import { CONTROL_CLASS } from './frames.ts'
import { type KeyRing, SessionKey } from './key-ring.ts'
import { macOf, sessionKeys, type TunnelSecret } from './keys.ts'
import type { Legs } from './legs.ts'
import { CIPHERS, type CipherName } from './seal.ts'

export class Offers {
  readonly #secret: TunnelSecret
  readonly #cipher: CipherName
  readonly #mac: (bytes: Uint8Array) => Uint8Array
  readonly #instance: number
  #random: Uint8Array | undefined
  #tries = 0
  #nextUs = 0
  #isDown = false

  constructor(secret: TunnelSecret, cipher: CipherName, instance: number) {
    this.#secret = secret
    this.#cipher = cipher
    this.#mac = macOf(secret.handshakeKey)
    this.#instance = instance
  }

  /** There has been no word where there should be one for so long that nothing should wait for it. */
  get isDown(): boolean {
    return this.#isDown
  }

  /** Offer, where it is time; when to come again. `heardUs`: when something was last opened. */
  tick(ring: KeyRing, legs: Legs, heardUs: number, nowUs: number, batch: LegBatch): number {
    const key = ring.current
    const silentFor = nowUs - heardUs
    const silent = key !== undefined && silentFor > SILENT_US && legs.areSilent(nowUs)
    this.#isDown = silent && silentFor > DOWN_US
    if (key !== undefined && !silent && !key.isWorn(nowUs)) return Infinity
    if (nowUs < this.#nextUs) return this.#nextUs
    const ways = legs.list.filter(({ far, priority }) => far !== undefined && priority > 0)
    const leg = ways[this.#tries % Math.max(1, ways.length)]
    if (leg?.far === undefined) return nowUs + AGAIN_US
    writeHandshake(batch, leg.number, this.#make(leg.number, nowUs), leg.far)
    return this.#nextUs
  }

  /** The datagram of another attempt, for this leg. */
  #make(leg: number, nowUs: number): Uint8Array {
    // The concentrator answers a random for a while only (answers.ts).
    if (this.#random === undefined || this.#tries % TRIES_EACH === 0) {
      this.#random = new Uint8Array(randomBytes(RANDOM_BYTES))
    }
    const homeRandom = this.#random
    this.#nextUs = nowUs + Math.min(AGAIN_US * 2 ** this.#tries, AGAIN_US_MAX)
    this.#tries += 1
    const { sessionId } = this.#secret
    return encodeHandshake(
      {
        type: FrameType.offer,
        keyId: 0,
        leg,
        offeredUs: Math.floor(nowUs),
        homeRandom,
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
    this.#isDown = false
    const { keyId, instance } = handshake
    return new SessionKey(keyId, this.#cipher, { out: up, in: down }, { instance, bornUs: nowUs })
  }
}

/** A datagram that is not sealed, to this address. */
export function writeHandshake(
  batch: LegBatch,
  leg: number,
  datagram: Uint8Array,
  to: Uint8Array,
): void {
  const place = batch.place(leg)
  if (place < 0) return
  batch.memory.bytes.set(datagram, place)
  batch.commit(leg, datagram.length, CONTROL_CLASS, to)
}

/** No word where there should be one. */
const SILENT_US = 500_000
/** Then what the tunnel would carry is forwarded without it. */
const DOWN_US = 1_500_000
const AGAIN_US = 250_000
const TRIES_EACH = 4
const AGAIN_US_MAX = 4_000_000
