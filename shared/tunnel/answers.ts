/**
 * The concentrator's side of the handshake: each genuine offer is answered with a random of our own, and the
 * key that both make waits until the home has used it (key-ring.ts).
 *
 * An offer heard again is answered with the same answer while its key waits, and not at all afterwards: what
 * was recorded on a line comes to nothing. One that was never heard before costs a MAC, so there are so many
 * of these a second.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeHandshake, encodeHandshake, RANDOM_BYTES } from '../wire/handshake.ts'
import { FrameType } from '../wire/tunnel.ts'
import { type KeyRing, SessionKey } from './key-ring.ts'
import { macOf, sessionKeys, type TunnelSecret } from './keys.ts'
import { sameBytes } from './leg.ts'
import { CIPHERS } from './seal.ts'

interface Answered {
  readonly homeRandom: Uint8Array
  readonly key: SessionKey
  readonly bytes: Uint8Array
  readonly to: Uint8Array
}

export class Answers {
  readonly #secret: TunnelSecret
  readonly #mac: (bytes: Uint8Array) => Uint8Array
  readonly #instance: number
  readonly #ring: KeyRing
  /** The latest ones, oldest first. */
  readonly #answered: Answered[] = []
  #second = 0
  #judged = 0

  constructor(secret: TunnelSecret, instance: number, ring: KeyRing) {
    this.#secret = secret
    this.#mac = macOf(secret.handshakeKey)
    this.#instance = instance
    this.#ring = ring
  }

  /** The answer to this key's offer went here: who has the key now has heard us at this address. */
  wentTo(key: SessionKey, address: Uint8Array): boolean {
    const answered = this.#answered.find((answer) => answer.key === key)
    return answered !== undefined && sameBytes(answered.to, address)
  }

  /** The answer to an offer from this address, or undefined for what deserves none. */
  hear(datagram: Uint8Array, from: Uint8Array, nowUs: number): Uint8Array | undefined {
    const decoded = decodeHandshake(datagram)
    if (decoded === undefined || decoded.handshake.type !== FrameType.offer) return undefined
    const { handshake, signed, mac } = decoded
    const before = this.#answered.find(({ homeRandom }) =>
      sameBytes(homeRandom, handshake.homeRandom),
    )
    if (before !== undefined) {
      return this.#ring.pending.includes(before.key) ? before.bytes : undefined
    }
    if (!this.#mayJudge(nowUs) || !timingSafeEqual(this.#mac(signed), mac)) return undefined
    const cipher = CIPHERS[handshake.cipher - 1]
    if (cipher === undefined) return undefined

    const concentratorRandom = new Uint8Array(randomBytes(RANDOM_BYTES))
    const homeRandom = Uint8Array.from(handshake.homeRandom)
    const { up, down } = sessionKeys(this.#secret.root, homeRandom, concentratorRandom, cipher)
    const id = this.#ring.freeId(concentratorRandom[0]!)
    const { instance } = handshake
    const key = new SessionKey(id, cipher, { out: down, in: up }, { instance, bornUs: nowUs })
    this.#ring.expect(key)
    const bytes = encodeHandshake(
      {
        ...handshake,
        type: FrameType.answer,
        keyId: id,
        concentratorRandom,
        instance: this.#instance,
      },
      this.#secret.sessionId,
      this.#mac,
    )
    this.#answered.push({ homeRandom, key, bytes, to: Uint8Array.from(from) })
    if (this.#answered.length > ANSWERED_MAX) this.#answered.shift()
    return bytes
  }

  #mayJudge(nowUs: number): boolean {
    const second = Math.floor(nowUs / 1_000_000)
    if (second !== this.#second) this.#judged = 0
    this.#second = second
    this.#judged += 1
    return this.#judged <= JUDGED_PER_S_MAX
  }
}

const ANSWERED_MAX = 4
/** A MAC is some 5 us; a home makes an offer an hour, and a few a second in trouble. */
const JUDGED_PER_S_MAX = 200
