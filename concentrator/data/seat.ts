/**
 * What one connection counts for: at its source while it is a stranger's, at its subscriber and nowhere else
 * once it has shown a valid cookie, until it is closed. Whoever closes it calls `leave`, once. The homes
 * behind one NAT share a source, and shall not feel each other (ADR 0016).
 *
 *    waiting ──valid cookie──▶ open ──Connect──▶ open, pending ──server answers──▶ open
 *    (source)                    └── hello ────▶ open, pooled           (subscriber)
 */
import { ticksAt } from '../../shared/core/token-bucket.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import { sourceOf } from '../subscribers/source.ts'
import { Bucket, Held } from '../subscribers/tallies.ts'
import { COUNT, type StreetRoom, type StreetSettings } from './room.ts'

/** The key of the configuration whose limit was reached. */
export type Excess = `limits.perSubscriber.${keyof StreetSettings['perSubscriber']}`

export class Seat {
  readonly #room: StreetRoom
  readonly #fd: number
  /** Row in the tallies of `room.sources`: its source's for as long as it `isWaiting`. */
  readonly source: number
  #subscriber: number | undefined
  #isOpen = false
  #isPending = false
  #isPooled = false

  private constructor(room: StreetRoom, fd: number, source: number) {
    this.#room = room
    this.#fd = fd
    this.source = source
  }

  /**
   * undefined when its source has too many connections already that say nothing. The one that has said
   * nothing for longest leaves first: whoever shares the address with the slow speaks at once.
   */
  static take(room: StreetRoom, fd: number, address: Uint8Array): Seat | undefined {
    const { sources, silent, settings } = room
    const { waitingMax } = settings.perSource
    const nowS = Math.floor(room.sharedMs() / 1_000)
    const source = sourceOf(address)
    let row = sources.enter(source, waitingMax, nowS)
    if (row === undefined && silent.closeOldest(sources.rowOf(source, nowS))) {
      row = sources.enter(source, waitingMax, nowS)
    }
    return row === undefined ? undefined : new Seat(room, fd, row)
  }

  /** Whose it is; undefined for a stranger. */
  get subscriber(): number | undefined {
    return this.#subscriber
  }

  /** Whether it takes one of the places that its source has for strangers. */
  get isWaiting(): boolean {
    return this.#subscriber === undefined
  }

  /** Whose turns it takes (fair-turns.ts): the subscriber's, as soon as that is known. */
  get turn(): number {
    return this.#subscriber === undefined ? this.source : -1 - this.#subscriber
  }

  /** It has shown a valid cookie of this subscriber. `leg` is 0 where nothing tells it. */
  recognise(subscriber: number, leg: number): void {
    if (this.#subscriber !== undefined) return
    this.#subscriber = subscriber
    const token = mptcpToken(this.#fd)
    if (token !== undefined) this.#room.identities.write(token, { subscriber, leg })
    this.#room.sources.tallies.give(this.source, Held.waiting)
  }

  /** A whole message of the subscriber asks for something. */
  ask(): Excess | undefined {
    const { tallies, settings, count } = this.#room
    const { requestsPerS, openMax } = settings.perSubscriber
    const subscriber = this.#known()
    const nowTicks = ticksAt(this.#room.sharedMs())
    if (!tallies.spend(subscriber, Bucket.requests, requestsPerS, nowTicks)) {
      count[COUNT.overRequests]!++
      return 'limits.perSubscriber.requestsPerS'
    }
    if (this.#isOpen) return undefined
    if (!tallies.take(subscriber, Held.open, openMax)) {
      count[COUNT.overOpen]!++
      return 'limits.perSubscriber.openMax'
    }
    this.#isOpen = true
    return undefined
  }

  /** Whether a stranger's message is answered at all, or too many have come. */
  mayAskAsStranger(): boolean {
    const { sources, settings, count } = this.#room
    const { requestsPerS } = settings.perSource
    const nowTicks = ticksAt(this.#room.sharedMs())
    if (sources.tallies.spend(this.source, Bucket.requests, requestsPerS, nowTicks)) return true
    count[COUNT.overRequests]!++
    return false
  }

  /** It stays as a warm connection. */
  pool(): Excess | undefined {
    const { tallies, settings, count } = this.#room
    if (!tallies.take(this.#known(), Held.pooled, settings.perSubscriber.pooledMax)) {
      count[COUNT.overPooled]!++
      return 'limits.perSubscriber.pooledMax'
    }
    this.#isPooled = true
    count[COUNT.pooled]!++
    return undefined
  }

  /** It is warm no longer, or never was. */
  unpool(): void {
    if (!this.#isPooled) return
    this.#isPooled = false
    this.#room.tallies.give(this.#known(), Held.pooled)
    this.#room.count[COUNT.pooled]!--
  }

  /** Its server is asked. */
  //= https://www.rfc-editor.org/rfc/rfc8803#section-9.3
  //# To mitigate such attacks, the Transport Converter SHOULD rate-limit
  //# the number of pending requests for a given Client.
  connect(): Excess | undefined {
    const { tallies, settings, count } = this.#room
    if (!tallies.take(this.#known(), Held.pending, settings.perSubscriber.pendingMax)) {
      count[COUNT.overPending]!++
      return 'limits.perSubscriber.pendingMax'
    }
    this.#isPending = true
    return undefined
  }

  /** Its server has answered, or is asked no longer. */
  settled(): void {
    if (!this.#isPending) return
    this.#isPending = false
    this.#room.tallies.give(this.#known(), Held.pending)
  }

  /** Whether an error may be answered, or has been too often already. */
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
  //# In order to prevent denial-of-service attacks,
  //# error messages sent to a Client SHOULD be rate-limited.
  mayHearNo(): boolean {
    const { tallies, sources, settings } = this.#room
    const { perSubscriber, perSource } = settings
    const nowTicks = ticksAt(this.#room.sharedMs())
    return this.#subscriber === undefined
      ? sources.tallies.spend(this.source, Bucket.errors, perSource.errorsPerS, nowTicks)
      : tallies.spend(this.#subscriber, Bucket.errors, perSubscriber.errorsPerS, nowTicks)
  }

  /** The connection is closed, or is about to be. */
  leave(): void {
    this.settled()
    this.unpool()
    this.#room.handshakes.forget(this.#fd)
    if (this.isWaiting) this.#room.sources.tallies.give(this.source, Held.waiting)
    else if (this.#isOpen) this.#room.tallies.give(this.#known(), Held.open)
  }

  #known(): number {
    if (this.#subscriber === undefined) throw new RangeError('Nobody has shown a cookie yet')
    return this.#subscriber
  }
}
