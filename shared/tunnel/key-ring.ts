/**
 * The keys of a session: the ones in use, the ones before them, and at the concentrator those that a home
 * was offered and has not used yet.
 *
 *     pending ──the home's first frame under it──▶ current ──the next becomes current──▶ previous ──▶ gone
 *
 * Frames are sealed with the current key and opened with any, so that a change of keys loses nothing. A
 * number is given once for each key, leg and direction, and a key is made once (offers.ts, answers.ts): so no
 * nonce comes twice.
 */
import { ReplayWindow } from '../core/replay-window.ts'
import type { DirectionKey } from './keys.ts'
import { type CipherName, Seal } from './seal.ts'

export class SessionKey implements Disposable {
  readonly id: number
  /** Which start of the far end has these keys. */
  readonly instance: number
  readonly bornUs: number
  readonly #out: Seal
  readonly #in: Seal
  /** By leg. Made when a leg is used: most homes have two, and there are thousands of homes. */
  readonly #numbers: number[] = []
  readonly #windows: Array<ReplayWindow | undefined> = []
  #sealed = 0

  constructor(
    id: number,
    cipher: CipherName,
    keys: { readonly out: DirectionKey; readonly in: DirectionKey },
    { instance, bornUs }: { readonly instance: number; readonly bornUs: number },
  ) {
    this.id = id
    this.instance = instance
    this.bornUs = bornUs
    this.#out = new Seal(cipher, keys.out, 'seal')
    this.#in = new Seal(cipher, keys.in, 'open')
  }

  /** For the next frame on this leg; -1 when the key has sealed as much as it may. */
  nextNumber(leg: number): number {
    if (this.#sealed >= FRAMES_MAX) return -1
    this.#sealed += 1
    const number = this.#numbers[leg] ?? 0
    this.#numbers[leg] = number + 1
    return number
  }

  /** It is old enough, or has done enough, to be replaced. */
  isWorn(nowUs: number): boolean {
    return nowUs - this.bornUs > WORN_US || this.#sealed > WORN_FRAMES
  }

  get seals(): Seal {
    return this.#out
  }

  get opens(): Seal {
    return this.#in
  }

  /** Of this leg's incoming numbers. */
  window(leg: number): ReplayWindow {
    const window = this.#windows[leg]
    if (window !== undefined) return window
    const fresh = new ReplayWindow()
    this.#windows[leg] = fresh
    return fresh
  }

  /** Nothing has come for long. */
  rest(): void {
    for (const window of this.#windows) window?.rest()
    this.#out.rest()
    this.#in.rest()
  }

  [Symbol.dispose](): void {
    this.#out[Symbol.dispose]()
    this.#in[Symbol.dispose]()
  }
}

export class KeyRing implements Disposable {
  #current: SessionKey | undefined
  #previous: SessionKey | undefined
  #previousUntilUs = 0
  readonly #pending: SessionKey[] = []

  get current(): SessionKey | undefined {
    return this.#current
  }

  get pending(): readonly SessionKey[] {
    return this.#pending
  }

  /** The key of this number. */
  find(id: number): SessionKey | undefined {
    if (this.#current?.id === id) return this.#current
    if (this.#previous?.id === id) return this.#previous
    for (const key of this.#pending) if (key.id === id) return key
    return undefined
  }

  /** A key that nobody has used yet. The oldest gives way. */
  expect(key: SessionKey): void {
    this.#pending.push(key)
    if (this.#pending.length > PENDING_MAX) this.#pending.shift()?.[Symbol.dispose]()
  }

  /** The key is used from now on. */
  use(key: SessionKey, nowUs: number): void {
    const at = this.#pending.indexOf(key)
    if (at >= 0) this.#pending.splice(at, 1)
    this.#previous?.[Symbol.dispose]()
    this.#previous = this.#current
    this.#previousUntilUs = nowUs + OVERLAP_US
    this.#current = key
  }

  /** An identifier that no key here has. */
  freeId(wanted: number): number {
    let id = wanted % KEY_IDS
    while (this.find(id) !== undefined) id = (id + 1) % KEY_IDS
    return id
  }

  /** Forget what is over. */
  tidy(nowUs: number): void {
    if (this.#previous !== undefined && nowUs > this.#previousUntilUs) {
      this.#previous[Symbol.dispose]()
      this.#previous = undefined
    }
    while (this.#pending.length > 0 && nowUs - this.#pending[0]!.bornUs > PENDING_US) {
      this.#pending.shift()?.[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    this.#current?.[Symbol.dispose]()
    this.#previous?.[Symbol.dispose]()
    for (const key of this.#pending) key[Symbol.dispose]()
    this.#pending.length = 0
    this.#current = undefined
    this.#previous = undefined
  }
}

/** Numbers 1 to 8: a set of legs is one byte on the wire. */
export const LEGS = 8
const KEY_IDS = 256
/** Replayed offers must not push out the one that is meant. */
const PENDING_MAX = 4
const PENDING_US = 10_000_000
/** What was sealed before the change is under way for less. */
const OVERLAP_US = 10_000_000
const WORN_US = 3_600_000_000
/** AES-GCM keeps its promise for 2^28 packets of our length (RFC 9001 appendix B.1); we stop there. */
const FRAMES_MAX = 2 ** 28
const WORN_FRAMES = 2 ** 26
