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
import { FrameType, readKey } from '../wire/tunnel.ts'
import { type KeyRing, SessionKey } from './key-ring.ts'
import { macOf, sessionKeys, type TunnelSecret } from './keys.ts'
import { sameBytes } from './leg.ts'
import { CIPHERS } from './seal.ts'

interface Answered {
  readonly offer: number
  readonly key: SessionKey
  readonly bytes: Uint8Array
  readonly to: Uint8Array
}

export class Answers {
  readonly #secret: TunnelSecret
  readonly #mac: (bytes: Uint8Array) => Uint8Array
  readonly #instance: number
  readonly #ring: KeyRing
  /** Those whose keys wait, oldest first. */
  #answered: Answered[] = []
  /** The latest offers, by the first bits of their randoms. */
  readonly #heard: number[] = []
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
    const { homeRandom } = handshake
    const offer = readKey(homeRandom, 0)
    for (const before of this.#answered) {
      if (before.offer === offer && this.#ring.pending.includes(before.key)) return before.bytes
    }
    if (this.#heard.includes(offer)) return undefined
    if (!this.#mayJudge(nowUs) || !timingSafeEqual(this.#mac(signed), mac)) return undefined
    const cipher = CIPHERS[handshake.cipher - 1]
    if (cipher === undefined) return undefined

    const concentratorRandom = new Uint8Array(randomBytes(RANDOM_BYTES))
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
    this.tidy()
    this.#answered.push({ offer, key, bytes, to: Uint8Array.from(from) })
    this.#heard.push(offer)
    if (this.#heard.length > HEARD_MAX) this.#heard.shift()
    return bytes
  }

  /** Forget the answers that were used, or never will be. */
  tidy(): void {
    if (this.#answered.length === 0) return
    this.#answered = this.#answered.filter(({ key }) => this.#ring.pending.includes(key))
  }

  #mayJudge(nowUs: number): boolean {
    const second = Math.floor(nowUs / 1_000_000)
    if (second !== this.#second) this.#judged = 0
    this.#second = second
    this.#judged += 1
    return this.#judged <= JUDGED_PER_S_MAX
  }
}

const HEARD_MAX = 16
/** A MAC is some 5 us; a home makes an offer an hour, and a few a second in trouble. */
const JUDGED_PER_S_MAX = 200
