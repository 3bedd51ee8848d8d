/**
 * What one connection counts for: at its source from the moment it is accepted, at its subscriber from the
 * moment it has said who it is, until it is closed. Whoever closes it calls `leave`, once.
 *
 *    waiting ──whole message──▶ open ──Connect──▶ open, pending ──server answers──▶ open
 *                                 └── hello ────▶ open, pooled
 */
import { ticksAt } from '../../shared/core/token-bucket.ts'
import { sourceOf } from '../subscribers/source.ts'
import { Bucket, Held } from '../subscribers/tallies.ts'
import { COUNT, type StreetRoom } from './room.ts'

/** The key of the configuration whose limit was reached. */
export type Excess = `limits.${'perSubscriber' | 'perSource'}.${string}`

export class Seat {
  readonly #room: StreetRoom
  readonly #fd: number
  /** Row in the tallies of `room.sources`. */
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

  /** A whole message of this subscriber has come. */
  ask(subscriber: number): Excess | undefined {
    const { tallies, sources, settings, count } = this.#room
    const { perSubscriber, perSource } = settings
    const nowTicks = ticksAt(this.#room.sharedMs())
    this.#subscriber = subscriber
    // The subscriber first: who asks too much must not use up what its neighbours share with it.
    if (!tallies.spend(subscriber, Bucket.requests, perSubscriber.requestsPerS, nowTicks)) {
      count[COUNT.overRequests]!++
      return 'limits.perSubscriber.requestsPerS'
    }
    if (!sources.tallies.spend(this.source, Bucket.requests, perSource.requestsPerS, nowTicks)) {
      count[COUNT.overRequests]!++
      return 'limits.perSource.requestsPerS'
    }
    if (this.#isOpen) return undefined
    const excess = this.#takeBoth(subscriber, Held.open, 'openMax')
    if (excess !== undefined) {
      count[COUNT.overOpen]!++
      return excess
    }
    this.#isOpen = true
    sources.tallies.give(this.source, Held.waiting)
    return undefined
  }

  /** It stays as a warm connection. */
  pool(): Excess | undefined {
    const { tallies, settings, count } = this.#room
    if (this.#subscriber === undefined) throw new RangeError('Nobody asked yet')
    if (!tallies.take(this.#subscriber, Held.pooled, settings.perSubscriber.pooledMax)) {
      count[COUNT.overPooled]!++
      return 'limits.perSubscriber.pooledMax'
    }
    this.#isPooled = true
    count[COUNT.pooled]!++
    return undefined
  }

  /** It is warm no longer, or never was. */
  unpool(): void {
    if (!this.#isPooled || this.#subscriber === undefined) return
    this.#isPooled = false
    this.#room.tallies.give(this.#subscriber, Held.pooled)
    this.#room.count[COUNT.pooled]!--
  }

  /** Its server is asked. */
  //= https://www.rfc-editor.org/rfc/rfc8803#section-9.3
  //# To mitigate such attacks, the Transport Converter SHOULD rate-limit
  //# the number of pending requests for a given Client.
  connect(): Excess | undefined {
    if (this.#subscriber === undefined) throw new RangeError('Nobody asked yet')
    const excess = this.#takeBoth(this.#subscriber, Held.pending, 'pendingMax')
    if (excess === undefined) this.#isPending = true
    else this.#room.count[COUNT.overPending]!++
    return excess
  }

  /** Its server has answered, or is asked no longer. */
  settled(): void {
    if (!this.#isPending || this.#subscriber === undefined) return
    this.#isPending = false
    this.#room.tallies.give(this.#subscriber, Held.pending)
    this.#room.sources.tallies.give(this.source, Held.pending)
  }

  /** Whether an error may be answered, or has been too often already. */
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
  //# In order to prevent denial-of-service attacks,
  //# error messages sent to a Client SHOULD be rate-limited.
  mayHearNo(): boolean {
    const { tallies, sources, settings } = this.#room
    const { perSubscriber, perSource } = settings
    const nowTicks = ticksAt(this.#room.sharedMs())
    return (
      (this.#subscriber === undefined ||
        tallies.spend(this.#subscriber, Bucket.errors, perSubscriber.errorsPerS, nowTicks)) &&
      sources.tallies.spend(this.source, Bucket.errors, perSource.errorsPerS, nowTicks)
    )
  }

  /** The connection is closed, or is about to be. */
  leave(): void {
    this.settled()
    this.unpool()
    this.#room.handshakes.forget(this.#fd)
    const { tallies, sources } = this.#room
    if (this.#isOpen && this.#subscriber !== undefined) {
      tallies.give(this.#subscriber, Held.open)
      sources.tallies.give(this.source, Held.open)
    } else {
      sources.tallies.give(this.source, Held.waiting)
    }
  }

  #takeBoth(subscriber: number, what: Held, limit: 'openMax' | 'pendingMax'): Excess | undefined {
    const { tallies, sources, settings } = this.#room
    if (!tallies.take(subscriber, what, settings.perSubscriber[limit])) {
      return `limits.perSubscriber.${limit}`
    }
    if (sources.tallies.take(this.source, what, settings.perSource[limit])) return undefined
    tallies.give(subscriber, what)
    return `limits.perSource.${limit}`
  }
}
