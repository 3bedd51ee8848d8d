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
import {
  type ConvertMessage,
  type ConvertTlv,
  decodeConvert,
  encodeConvert,
} from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { answerRefusal, type ConvertFailure } from '../../shared/wire/convert-failure.ts'
import { countAccess } from './access.ts'
import { whyNot } from './destination.ts'
import { goOut } from './egress.ts'
import { identify, missingCookie, tiedTo } from './identify.ts'
import { leaveSlowly, refuse, refuseWith, type Visitor } from './refuse.ts'
import { COUNT, type Incident, type StreetRoom } from './room.ts'
import { Seat } from './seat.ts'
import { hello, refusedKinds } from './server-options.ts'

/** Take over an accepted connection: it is read, judged, and answered one way or another. */
export function admit(room: StreetRoom, fd: number): void {
  const { count, loop } = room
  count[COUNT.accepted]!++
  const address = peerOf(fd)
  // It came and went.
  if (address === undefined) return void libc.close(fd)
  const seat = Seat.take(room, fd, address)
  if (seat === undefined) {
    count[COUNT.crowdedOut]!++
    const why = 'limits.perSource.waitingMax is reached'
    room.reports.report({ incident: 'limited', address, why, subscriber: undefined }, loop.nowMs)
    return resetAndClose(fd)
  }
  const admission = new Admission(room, fd, address, seat)
  if (loop.watch(fd, admission) < 0) {
    seat.leave()
    return resetAndClose(fd)
  }
  count[COUNT.descriptors] = loop.descriptors
  admission.begin()
}

type ConnectTlv = Extract<ConvertTlv, { type: 'connect' }>

class Admission implements Watcher {
  readonly #room: StreetRoom
  readonly #fd: number
  readonly #address: Uint8Array
  readonly #seat: Seat
  readonly #deadline = new Deadline(() => this.#onSilence())
  readonly #end = () => this.#gone()
  #bytes: Uint8Array = new Uint8Array(0)
  /** Who it is, once a valid cookie was shown. */
  #subscriber: number | undefined
  /** The leg of the first subflow, 0 while nothing tells it. */
  #leg = 0
  #isWarm = false
  #isCounted = false

  constructor(room: StreetRoom, fd: number, address: Uint8Array, seat: Seat) {
    this.#room = room
    this.#fd = fd
    this.#address = address
    this.#seat = seat
  }

  begin(): void {
    const { loop, settings } = this.#room
    loop.arm(this.#deadline, settings.convertWaitMs)
    this.#read()
  }

  onReady(_fd: number, events: number): void {
    if ((events & (READABLE | FAILED)) !== 0) this.#read()
  }

  onTurn(): void {}

  #read(): void {
    const { scratch } = this.#room
    for (;;) {
      const got = libc.recvHead(this.#fd, scratch, READ_BYTES)
      if (got === -EAGAIN) return
      if (got <= 0) return this.#gone()
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
        this.#room.loop.disarm(this.#deadline)
        this.#room.loop.unwatch(this.#fd)
        this.#seat.leave()
        resetAndClose(this.#fd)
        return true
      case 'refused':
        this.#report('refused', `its Convert message was refused with error ${decoded.code}`)
        this.#handOver()
        refuseWith(this.#room, this.#visitor(), answerRefusal(decoded))
        return true
      case 'message': {
        const rest = this.#bytes.subarray(decoded.bytesUsed)
        return this.#judge(decoded.message, rest)
      }
    }
  }

  #judge(message: ConvertMessage, rest: Uint8Array): boolean {
    const { count, loop, settings } = this.#room
    const hasInfo = message.some((tlv) => tlv.type === 'info')
    const connect = message.find((tlv) => tlv.type === 'connect')
    const cookie = message.find((tlv) => tlv.type === 'cookie')
    if (cookie !== undefined) {
      const identity = identify(this.#room, cookie.cookie, this.#address)
      if (identity.kind === 'unknown') return this.#refuse(NOT_AUTHORIZED, identity.why)
      if (this.#isWarm && identity.subscriber !== this.#subscriber) {
        return this.#refuse(NOT_AUTHORIZED, 'it shows the cookie of another subscriber')
      }
      this.#subscriber = identity.subscriber
      this.#leg = identity.leg
    }
    if (!hasInfo && connect === undefined) {
      const failure = { code: ConvertError.malformedMessage, echo: this.#before(rest) }
      return this.#refuse(failure, 'its message asks for nothing')
    }
    if (this.#subscriber === undefined) return this.#unknown(hasInfo, connect !== undefined)
    if (this.#room.isDraining()) {
      count[COUNT.drained]!++
      const failure = { code: ConvertError.resourceExceeded, waitS: settings.drainWaitS }
      return this.#refuse(failure, 'this concentrator is draining', 'limited')
    }
    if (loop.descriptors >= settings.descriptorsMax) {
      count[COUNT.exhausted]!++
      return this.#refuse(FULL, 'this concentrator is full', 'limited')
    }
    const excess = this.#seat.ask(this.#subscriber)
    if (excess !== undefined) return this.#refuse(EXCESS, `${excess} is reached`, 'limited')
    if (connect !== undefined) return this.#request(this.#subscriber, connect, hasInfo, rest)
    return this.#hello(rest)
  }

  /** It shows no cookie. */
  #unknown(hasInfo: boolean, hasConnect: boolean): boolean {
    const { count, settings } = this.#room
    const tie = settings.issueCookies ? tiedTo(this.#room, this.#address) : undefined
    if (tie !== undefined) {
      this.#leg = tie.leg
      const missing = missingCookie(this.#room, tie, this.#address)
      this.#handOver()
      const answer = encodeConvert(hasInfo ? [...hello(settings.egress), missing] : [missing])
      refuseWith(this.#room, this.#visitor(), answer)
      return true
    }
    if (hasConnect) return this.#refuse(NOT_AUTHORIZED, 'it shows no cookie')
    // Who asks what we can do and shows no cookie has had the answer.
    count[COUNT.hellos]!++
    const answer = encodeConvert(hello(settings.egress))
    this.#handOver()
    libc.sendHead(this.#fd, answer, answer.length)
    leaveSlowly(this.#room, this.#visitor(), INFO_ONLY_MS)
    return true
  }

  #hello(rest: Uint8Array): boolean {
    const { count, settings, loop, warm } = this.#room
    count[COUNT.hellos]!++
    // One hello, then Connect: who goes on saying hello would have the thread for itself.
    if (this.#isWarm) {
      const failure = { code: ConvertError.malformedMessage, echo: this.#before(rest) }
      return this.#refuse(failure, 'it says hello a second time')
    }
    const excess = this.#seat.pool()
    if (excess !== undefined) return this.#refuse(EXCESS, `${excess} is reached`, 'limited')
    this.#isWarm = true
    warm.add(this.#end)
    this.#countAccess()
    this.#stay()
    const answer = encodeConvert(hello(settings.egress))
    libc.sendHead(this.#fd, answer, answer.length)
    loop.arm(this.#deadline, settings.poolHelloIdleMs)
    this.#bytes = rest
    return rest.length > 0 && this.#decode()
  }

  #request(subscriber: number, connect: ConnectTlv, hasInfo: boolean, rest: Uint8Array): boolean {
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
    if (forbidden !== undefined) return this.#refuse(NOT_AUTHORIZED, forbidden)
    const excess = this.#seat.connect()
    if (excess !== undefined) return this.#refuse(EXCESS, `${excess} is reached`, 'limited')
    if (!this.#isWarm) this.#stay()
    this.#handOver()
    goOut(this.#room, {
      fd: this.#fd,
      seat: this.#seat,
      address: connect.address.slice(),
      port: connect.port,
      earlyData: rest.slice(),
      subscriber,
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
    const report = { incident, address: this.#address, why, subscriber: this.#subscriber }
    reports.report(report, loop.nowMs)
  }

  /** No Convert message in time: no Convert, no service. (Digest A14) */
  #onSilence(): void {
    this.#room.count[COUNT.silent]!++
    this.#gone()
  }

  #gone(): void {
    this.#room.loop.disarm(this.#deadline)
    this.#room.warm.delete(this.#end)
    this.#room.loop.unwatch(this.#fd)
    this.#seat.leave()
    libc.close(this.#fd)
  }

  /** From here on somebody else has the connection. */
  #handOver(): void {
    this.#room.loop.disarm(this.#deadline)
    this.#room.warm.delete(this.#end)
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
    countAccess(this.#room, this.#fd, this.#leg || (tiedTo(this.#room, this.#address)?.leg ?? 0))
  }

  #visitor(): Visitor {
    return { fd: this.#fd, seat: this.#seat }
  }
}

const NOT_AUTHORIZED: ConvertFailure = { code: ConvertError.notAuthorized }
const FULL: ConvertFailure = { code: ConvertError.resourceExceeded, waitS: 5 }
/** A home that has had its share: its bucket is half full after a second. */
const EXCESS: ConvertFailure = { code: ConvertError.resourceExceeded, waitS: 1 }
/** How long a client that only asked for Info may take to close. (Digest A10) */
const INFO_ONLY_MS = 5_000
/** A message has 1,020 bytes at most; early data may follow in the same segment. */
const READ_BYTES = 16_384
