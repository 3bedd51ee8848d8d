/**
 * ④ Door in: a connection from a home is accepted, says in Convert who it is and where it wants to go,
 * and is judged.
 *
 *    accept ─▶ reading ──────────────── Connect (+ Cookie) ────────────▶ egress ⑤
 *                 │ Info + Cookie                     ▲
 *                 └────────▶ hello answered, pooled ──┘ Connect, perhaps minutes later (ADR 0005)
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { keepAlive, noDelay, peerOf, resetAndClose } from '../../shared/linux/sockets.ts'
import { FAILED, READABLE, type Watcher } from '../../shared/relay/loop.ts'
import { type ConvertMessage, decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { answerRefusal, type ConvertFailure } from '../../shared/wire/convert-failure.ts'
import { countAccess } from './access.ts'
import { whyNot } from './destination.ts'
import { goOut } from './egress.ts'
import type { Waiting } from './fair-turns.ts'
import { type ConnectRequest, EXCESS, type Guest, judge, NOT_AUTHORIZED } from './judge.ts'
import { ignore, LINGER_MS, refuse, refuseWith, sayLast, type Visitor } from './refuse.ts'
import { COUNT, type Incident, type Stranger, type StreetRoom } from './room.ts'
import { Seat } from './seat.ts'
import { hello, refusedKinds } from './server-options.ts'
import { crowdOutStrangers } from './silent.ts'

/** Take over an accepted connection: it is read, judged, and answered one way or another. */
export function admit(room: StreetRoom, fd: number): void {
  const { count, loop } = room
  const address = peerOf(fd)
  // It came and went.
  if (address === undefined) {
    count[COUNT.strangersSilent]!++
    return void libc.close(fd)
  }
  const seat = Seat.take(room, fd, address)
  if (seat === undefined) {
    count[COUNT.crowdedOut]!++
    count[COUNT.strangersSilent]!++
    const why = 'limits.perSource.waitingMax is reached'
    room.reports.report({ incident: 'limited', address, why, subscriber: undefined }, loop.nowMs)
    return resetAndClose(fd)
  }
  const admission = new Admission(room, fd, address, seat)
  if (loop.watch(fd, admission) < 0) {
    seat.leave()
    return resetAndClose(fd)
  }
  crowdOutStrangers(room)
  count[COUNT.descriptors] = loop.descriptors
  admission.begin()
}

class Admission implements Watcher, Waiting {
  readonly #room: StreetRoom
  readonly #fd: number
  readonly #seat: Seat
  readonly #guest: Guest
  readonly #deadline = new Deadline(() => this.#onSilence())
  readonly #drain = () => {
    // A Connect that is here already hears Error 64; closed unread, it would hear a reset.
    this.#read()
    if (this.#isOurs) this.#end(libc.close)
  }
  readonly #crowdOut = () => {
    this.#room.count[COUNT.crowdedOut]!++
    this.#end(resetAndClose)
  }
  #bytes: Uint8Array = new Uint8Array(0)
  #isCounted = false
  #isQueued = false
  /** False once it is closed, or somebody else's. */
  #isOurs = true

  constructor(room: StreetRoom, fd: number, address: Uint8Array, seat: Seat) {
    this.#room = room
    this.#fd = fd
    this.#seat = seat
    this.#guest = { address, seat, leg: 0, isWarm: false }
  }

  /** Its first bytes, there already or not, are an event of the next round. */
  begin(): void {
    this.#room.loop.arm(this.#deadline, this.#room.settings.convertWaitMs)
    this.#room.silent.add(this.#seat.source, this.#crowdOut)
  }

  onReady(_fd: number, events: number): void {
    if ((events & (READABLE | FAILED)) === 0 || this.#isQueued) return
    this.#isQueued = true
    this.#room.turns.queue(this.#seat.turn, this)
  }

  onItsTurn(): void {
    this.#isQueued = false
    if (this.#isOurs) this.#read()
  }

  onTurn(): void {}

  #read(): void {
    const { scratch } = this.#room
    for (;;) {
      const got = libc.recvHead(this.#fd, scratch, READ_BYTES)
      if (got === -EAGAIN) return
      if (got <= 0) return this.#end(libc.close)
      this.#bytes = Buffer.concat([this.#bytes, scratch.subarray(0, got)])
      if (this.#decode()) return
    }
  }

  /** True when this connection is no longer ours to read. */
  #decode(): boolean {
    const decoded = decodeConvert(this.#bytes)
    switch (decoded.kind) {
      case 'incomplete':
        return false
      case 'alien':
        this.#report('refused', 'it does not speak Convert')
        this.#end(resetAndClose, 'strangersAlien')
        return true
      case 'refused':
        this.#report('refused', `its Convert message was refused with error ${decoded.code}`)
        this.#handOver()
        refuseWith(this.#room, this.#visitor(), decoded.code, answerRefusal(decoded))
        return true
      case 'message': {
        const rest = this.#bytes.subarray(decoded.bytesUsed)
        return this.#obey(decoded.message, rest)
      }
    }
  }

  #obey(message: ConvertMessage, rest: Uint8Array): boolean {
    const verdict = judge(this.#room, this.#guest, message, this.#before(rest))
    switch (verdict.kind) {
      case 'refuse':
        return this.#refuse(verdict.failure, verdict.why, verdict.incident)
      case 'hello':
        return this.#hello(rest)
      case 'request':
        return this.#request(verdict, rest)
      case 'missing cookie':
        this.#handOver()
        this.#room.count[COUNT.refused]!++
        sayLast(this.#room, this.#visitor(), encodeConvert(verdict.message), LINGER_MS)
        return true
      case 'tell':
        this.#handOver()
        // Who asks what we can do and shows no cookie has had the answer.
        sayLast(this.#room, this.#visitor(), verdict.answer, INFO_ONLY_MS)
        return true
      case 'ignore':
        this.#report('limited', 'limits.perSource is reached by messages without a cookie')
        this.#handOver()
        ignore(this.#room, this.#visitor())
        return true
    }
  }

  #hello(rest: Uint8Array): boolean {
    const { count, settings, loop, warm, silent } = this.#room
    count[COUNT.hellos]!++
    // One hello, then Connect: who goes on saying hello would have the thread for itself.
    if (this.#guest.isWarm) {
      const failure = { code: ConvertError.malformedMessage, echo: this.#before(rest) }
      return this.#refuse(failure, 'it says hello a second time')
    }
    const excess = this.#seat.pool()
    if (excess !== undefined) return this.#refuse(EXCESS, `${excess} is reached`, 'limited')
    this.#guest.isWarm = true
    warm.add(this.#drain)
    silent.remove(this.#seat.source, this.#crowdOut)
    this.#countAccess()
    this.#stay()
    const answer = encodeConvert(hello(settings.egress))
    libc.sendHead(this.#fd, answer, answer.length)
    loop.arm(this.#deadline, settings.poolHelloIdleMs)
    this.#bytes = rest
    return rest.length > 0 && this.#decode()
  }

  #request({ connect, subscriber, hasInfo }: ConnectRequest, rest: Uint8Array): boolean {
    const { count, settings } = this.#room
    count[COUNT.requests]!++
    const kinds = refusedKinds(connect.options ?? [], settings.egress.honoured)
    if (kinds.length > 0) {
      return this.#refuse(
        { code: ConvertError.unsupportedTcpOption, kinds },
        `it asks for TCP options ${kinds.join(', ')}`,
      )
    }
    const forbidden = whyNot(this.#room, subscriber, connect)
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
    //# This error code MUST be sent by the Transport Converter when a
    //# request cannot be successfully processed because the
    //# authorization failed.
    if (forbidden !== undefined) return this.#refuse(NOT_AUTHORIZED, forbidden)
    const excess = this.#seat.connect()
    if (excess !== undefined) return this.#refuse(EXCESS, `${excess} is reached`, 'limited')
    if (!this.#guest.isWarm) this.#stay()
    this.#handOver()
    goOut(this.#room, {
      fd: this.#fd,
      seat: this.#seat,
      // Copies, for both are views of all that was read. (slice() of a Buffer is a view as well.)
      address: Uint8Array.from(connect.address),
      port: connect.port,
      earlyData: Uint8Array.from(rest),
      subscriber,
      leg: this.#guest.leg,
      askedKinds: connect.options?.map(({ kind }) => kind),
      answer: hasInfo ? hello(settings.egress) : [],
    })
    return true
  }

  #refuse(failure: ConvertFailure, why: string, incident: Incident = 'refused'): boolean {
    this.#report(incident, why)
    this.#handOver()
    refuse(this.#room, this.#visitor(), failure)
    return true
  }

  /** The message alone: what stands behind it is the home's data, and no echo shows that. */
  #before(rest: Uint8Array): Uint8Array {
    return this.#bytes.subarray(0, this.#bytes.length - rest.length)
  }

  #report(incident: Incident, why: string): void {
    const { reports, loop } = this.#room
    const { address } = this.#guest
    const report = { incident, address, why, subscriber: this.#seat.subscriber }
    reports.report(report, loop.nowMs)
  }

  /** No Convert message in time: no Convert, no service. (Digest A14) */
  #onSilence(): void {
    this.#room.count[COUNT.silent]!++
    this.#end(libc.close)
  }

  /** `stranger`: what it is counted as, where it has not said that it is a home's. */
  #end(close: (fd: number) => unknown, stranger: Stranger = 'strangersSilent'): void {
    this.#isOurs = false
    if (!this.#isCounted) this.#room.count[COUNT[stranger]]!++
    this.#room.loop.disarm(this.#deadline)
    this.#room.warm.delete(this.#drain)
    this.#room.silent.remove(this.#seat.source, this.#crowdOut)
    this.#room.loop.unwatch(this.#fd)
    this.#seat.leave()
    close(this.#fd)
  }

  /** From here on somebody else has the connection. */
  #handOver(): void {
    this.#isOurs = false
    this.#room.loop.disarm(this.#deadline)
    this.#room.warm.delete(this.#drain)
    this.#room.silent.remove(this.#seat.source, this.#crowdOut)
    this.#seat.unpool()
    this.#countAccess()
  }

  /** Only now, for who is refused shall cost little. */
  #stay(): void {
    const { accessIdleS, intervalS, probes } = this.#room.settings.keepalive
    keepAlive(this.#fd, accessIdleS, intervalS, probes)
    noDelay(this.#fd)
  }

  /** Once, when its first message has told the leg. */
  #countAccess(): void {
    if (this.#isCounted) return
    this.#isCounted = true
    countAccess(this.#room, this.#fd, this.#guest)
  }

  #visitor(): Visitor {
    return { fd: this.#fd, seat: this.#seat }
  }
}

/** How long a client that only asked for Info may take to close. (Digest A10) */
const INFO_ONLY_MS = 5_000
/** A message has 1,020 bytes at most; early data may follow in the same segment. */
const READ_BYTES = 16_384
