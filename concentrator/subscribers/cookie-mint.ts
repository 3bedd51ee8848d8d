/**
 * Cookies that the concentrator issues and takes back (ADR 0015): for one subscriber on one leg, for a
 * time, from one address. Nothing is stored: what must be known later stands in the cookie.
 *
 *    window of time    │ w-1       │ w         │ w+1        a key for each window, made from the secret;
 *    a cookie of w-1   │     ├───────────┤     │            a cookie lives for one window's length, so
 *    its key is taken  │     │ yes       │ yes │ no         the keys of two windows are in use at once
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { prefixBytes, type Tie } from '../../shared/core/tie.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import { boundTo, decodeCookie, encodeCookie, markOf } from '../../shared/wire/cookie.ts'

/** What the mint is made from: plain data, for it crosses to the data threads. */
export interface MintSettings {
  readonly secret: Uint8Array
  /** How long a cookie is good for, and the length of a window. */
  readonly lifetimeS: number
  /** How much of the first subflow's address a cookie is bound to, as each family counts. */
  readonly ipv4Bits: number
  readonly ipv6Bits: number
  /** Pseudonyms by subscriber number: 8 bytes each. */
  readonly pseudonyms: ReadonlyArray<Uint8Array | undefined>
}

/** `unknown`: not ours, or of a key that is no longer in use. `moved`: ours, and from elsewhere. */
export type JudgedCookie =
  | ({ readonly kind: 'valid' } & Tie)
  | ({ readonly kind: 'expired' | 'moved' } & Tie)
  | { readonly kind: 'unknown' }

export class CookieMint {
  readonly #settings: MintSettings
  readonly #pseudonyms: Array<Uint8Array | undefined> = []
  readonly #subscribers = new Map<string, number>()
  /** By window: the last few. */
  readonly #keys = new Map<number, Uint8Array>()

  constructor(settings: MintSettings) {
    this.#settings = settings
    for (const [number, pseudonym] of settings.pseudonyms.entries()) this.know(number, pseudonym)
  }

  /** Who has the number from now on; undefined for nobody. */
  know(subscriber: number, pseudonym: Uint8Array | undefined): void {
    const before = this.#pseudonyms[subscriber]
    if (before !== undefined) this.#subscribers.delete(textOf(before))
    this.#pseudonyms[subscriber] = pseudonym
    if (pseudonym !== undefined) this.#subscribers.set(textOf(pseudonym), subscriber)
  }

  /** `nowS` is Unix time, as everywhere here: a cookie outlives the process. */
  issue({ subscriber, leg }: Tie, address: Uint8Array, nowS: number): Uint8Array {
    const { lifetimeS } = this.#settings
    const pseudonym = this.#pseudonyms[subscriber]
    if (pseudonym === undefined) throw new RangeError(`No subscriber has number ${subscriber}`)
    const window = Math.floor(nowS / lifetimeS)
    const cookie = { keyId: window % KEY_IDS, leg, expiryS: nowS + lifetimeS, pseudonym }
    return encodeCookie(cookie, this.#boundPrefix(address), this.#macOf(window))
  }

  /** What a cookie is worth that came from `address`. */
  judge(bytes: Uint8Array, address: Uint8Array, nowS: number): JudgedCookie {
    const decoded = decodeCookie(bytes)
    if (decoded === undefined) return { kind: 'unknown' }
    const { cookie, marked, mark, signed, mac: theirs } = decoded
    const window = this.#windowOf(cookie.keyId, nowS)
    const subscriber = this.#subscribers.get(textOf(cookie.pseudonym))
    if (window === undefined || subscriber === undefined) return { kind: 'unknown' }

    const mac = this.#macOf(window)
    const tie = { subscriber, leg: cookie.leg }
    const ours = mac(boundTo(signed, this.#boundPrefix(address)))
    if (!timingSafeEqual(ours.subarray(0, theirs.length), theirs)) {
      return markOf(mac(marked)) === mark ? { kind: 'moved', ...tie } : { kind: 'unknown' }
    }
    return { kind: nowS < cookie.expiryS ? 'valid' : 'expired', ...tie }
  }

  /** The window that the key id means: this one or a neighbour, for another's clock may be ahead. */
  #windowOf(keyId: number, nowS: number): number | undefined {
    const now = Math.floor(nowS / this.#settings.lifetimeS)
    return [now, now - 1, now + 1].find((window) => window % KEY_IDS === keyId)
  }

  #macOf(window: number): (bytes: Uint8Array) => Uint8Array {
    let key = this.#keys.get(window)
    if (key === undefined) {
      key = derive(this.#settings.secret, `hybridge cookie key ${window}`)
      this.#keys.set(window, key)
      const [oldest] = this.#keys.keys()
      if (this.#keys.size > KEYS_KEPT && oldest !== undefined) this.#keys.delete(oldest)
    }
    const signing = key
    return (bytes) => createHmac('sha256', signing).update(bytes).digest()
  }

  #boundPrefix(address: Uint8Array): Uint8Array {
    const { ipv4Bits, ipv6Bits } = this.#settings
    return prefixBytes(address, isIpv4(address) ? IPV4_BITS_BEFORE + ipv4Bits : ipv6Bits)
  }
}

/** What stands for a subscriber, by its id, in a cookie; without the secret it tells nobody who that is. */
export function pseudonymsBy(secret: Uint8Array): (id: string) => Uint8Array {
  const key = derive(secret, 'hybridge cookie pseudonym')
  return (id) => createHmac('sha256', key).update(id).digest().subarray(0, PSEUDONYM_BYTES)
}

function derive(secret: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, KEY_BYTES))
}

function textOf(pseudonym: Uint8Array): string {
  return Buffer.from(pseudonym).toString('latin1')
}

/** A key id is one byte. */
const KEY_IDS = 256
/** This window's, both neighbours', and one that was just left. */
const KEYS_KEPT = 4
const KEY_BYTES = 32
const PSEUDONYM_BYTES = 8
/** The bits of an IPv4-mapped address in front of the IPv4 address. */
const IPV4_BITS_BEFORE = 96
