/**
 * ④ Door in: a connection from a home is accepted, says in Convert who it is and where it wants to go,
 * and is judged.
 *
 *    accept ─▶ reading ──────────────── Connect (+ Cookie) ────────────▶ egress ⑤
 *                 │ Info + Cookie                     ▲
 *                 └────────▶ hello answered, pooled ──┘ Connect, perhaps minutes later (ADR 0005)
 */
import { mayReach } from '../../shared/core/admission.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { keepAlive, mptcpToken, noDelay, resetAndClose } from '../../shared/linux/sockets.ts'
import { FAILED, READABLE, type Watcher } from '../../shared/relay/loop.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import {
  type ConvertMessage,
  type ConvertTlv,
  decodeConvert,
  encodeConvert,
} from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { answerRefusal, type ConvertFailure } from '../../shared/wire/convert-failure.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import { goOut } from './egress.ts'
import { leaveSlowly, refuse, refuseWith } from './refuse.ts'
import { COUNT, type StreetRoom, type StreetSettings } from './room.ts'
import { refusedKinds } from './server-options.ts'

/** Take over an accepted connection: it is read, judged, and answered one way or another. */
export function admit(room: StreetRoom, fd: number): void {
  const { count, loop, settings } = room
  count[COUNT.accepted]!++
  if (mptcpToken(fd) === undefined) count[COUNT.plainTcp]!++
  const { accessIdleS, intervalS, probes } = settings.keepalive
  keepAlive(fd, accessIdleS, intervalS, probes)
  noDelay(fd)
  const admission = new Admission(room, fd)
  if (loop.watch(fd, admission) < 0) return resetAndClose(fd)
  count[COUNT.descriptors] = loop.descriptors
  admission.begin()
}

type ConnectTlv = Extract<ConvertTlv, { type: 'connect' }>

class Admission implements Watcher {
  readonly #room: StreetRoom
  readonly #fd: number
  readonly #deadline = new Deadline(() => this.#onSilence())
  #bytes: Uint8Array = new Uint8Array(0)
  /** Who it is, once a valid cookie was shown. */
  #subscriber: number | undefined
  /** Whose place in the pool it has. */
  #pooledFor: number | undefined

  constructor(room: StreetRoom, fd: number) {
    this.#room = room
    this.#fd = fd
  }

  begin(): void {
    this.#room.loop.arm(this.#deadline, this.#room.settings.convertWaitMs)
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
        this.#report('it does not speak Convert')
        this.#leave()
        this.#room.loop.unwatch(this.#fd)
        resetAndClose(this.#fd)
        return true
      case 'refused':
        this.#report(`its Convert message was refused with error ${decoded.code}`)
        this.#leave()
        refuseWith(this.#room, this.#fd, answerRefusal(decoded))
        return true
      case 'message': {
        const rest = this.#bytes.subarray(decoded.bytesUsed)
        return this.#judge(decoded.message, rest)
      }
    }
  }

  #judge(message: ConvertMessage, rest: Uint8Array): boolean {
    const { count, subscriberOf, loop, settings } = this.#room
    const cookie = message.find((tlv) => tlv.type === 'cookie')
    if (cookie !== undefined) {
      this.#subscriber = subscriberOf(cookie.cookie)
      if (this.#subscriber === undefined) {
        return this.#refuse(NOT_AUTHORIZED, 'its cookie is not known here')
      }
    }
    if (loop.descriptors >= settings.descriptorsMax) {
      count[COUNT.exhausted]!++
      return this.#refuse(FULL, 'this concentrator is full')
    }
    const hasInfo = message.some((tlv) => tlv.type === 'info')
    const connect = message.find((tlv) => tlv.type === 'connect')
    if (connect !== undefined) return this.#request(connect, hasInfo, rest)
    if (hasInfo) return this.#hello(rest)
    return this.#refuse(
      { code: ConvertError.malformedMessage, echo: this.#before(rest) },
      'its message asks for nothing',
    )
  }

  #hello(rest: Uint8Array): boolean {
    const { count, settings, loop, pooled } = this.#room
    count[COUNT.hellos]!++
    // One hello, then Connect: who goes on saying hello would have the thread for itself.
    if (this.#pooledFor !== undefined) {
      const failure = { code: ConvertError.malformedMessage, echo: this.#before(rest) }
      return this.#refuse(failure, 'it says hello a second time')
    }
    const already = pooled.get(this.#subscriber ?? -1) ?? 0
    if (already >= POOLED_PER_SUBSCRIBER_MAX) {
      return this.#refuse(FULL, `it holds ${already} warm connections already`)
    }
    const answer = encodeConvert(hello(settings))
    libc.sendHead(this.#fd, answer, answer.length)
    if (this.#subscriber === undefined) {
      // Who asks what we can do and shows no cookie has had the answer.
      this.#leave()
      leaveSlowly(this.#room, this.#fd, INFO_ONLY_MS)
      return true
    }
    this.#pooledFor = this.#subscriber
    pooled.set(this.#subscriber, already + 1)
    count[COUNT.pooled]!++
    loop.arm(this.#deadline, settings.poolHelloIdleMs)
    this.#bytes = rest
    return rest.length > 0 && this.#decode()
  }

  #request(connect: ConnectTlv, hasInfo: boolean, rest: Uint8Array): boolean {
    const { count, settings } = this.#room
    count[COUNT.requests]!++
    if (this.#subscriber === undefined) {
      return this.#refuse(NOT_AUTHORIZED, 'it shows no cookie')
    }
    const kinds = refusedKinds(connect.options ?? [], settings.egress.honoured)
    if (kinds.length > 0) {
      return this.#refuse(
        { code: ConvertError.unsupportedTcpOption, kinds },
        `it asks for TCP options ${kinds.join(', ')}`,
      )
    }
    if (!mayReach(settings.acl, connect.address)) {
      return this.#refuse(
        NOT_AUTHORIZED,
        `it asks for ${formatAddress(connect.address)}, which acl.deny names`,
      )
    }
    this.#leave()
    goOut(this.#room, {
      fd: this.#fd,
      address: connect.address.slice(),
      port: connect.port,
      earlyData: rest.slice(),
      subscriber: this.#subscriber,
      askedKinds: connect.options?.map(({ kind }) => kind),
      answer: hasInfo ? hello(settings) : [],
    })
    return true
  }

  #refuse(failure: ConvertFailure, why: string): boolean {
    this.#report(why)
    this.#leave()
    refuse(this.#room, this.#fd, failure)
    return true
  }

  /** The message alone: what stands behind it is the home's data, and no echo shows that. */
  #before(rest: Uint8Array): Uint8Array {
    return this.#bytes.subarray(0, this.#bytes.length - rest.length)
  }

  #report(why: string): void {
    const name = new Uint8Array(28)
    const peer = libc.getpeername(this.#fd, name) < 0 ? undefined : decodeSockaddr(name)
    const source = peer === undefined ? 'somebody' : formatAddress(peer.address)
    this.#room.tell({ event: 'refused', source, why })
  }

  /** No Convert message in time: no Convert, no service. (Digest A14) */
  #onSilence(): void {
    this.#room.count[COUNT.silent]!++
    this.#gone()
  }

  #gone(): void {
    this.#leave()
    this.#room.loop.unwatch(this.#fd)
    libc.close(this.#fd)
  }

  /** From here on somebody else has the connection. */
  #leave(): void {
    this.#room.loop.disarm(this.#deadline)
    const subscriber = this.#pooledFor
    if (subscriber === undefined) return
    this.#pooledFor = undefined
    const left = (this.#room.pooled.get(subscriber) ?? 1) - 1
    if (left === 0) this.#room.pooled.delete(subscriber)
    else this.#room.pooled.set(subscriber, left)
    this.#room.count[COUNT.pooled]!--
  }
}

function hello({ egress }: StreetSettings): ConvertMessage {
  return [{ type: 'supportedTcpExtensions', kinds: egress.announced }]
}

const NOT_AUTHORIZED: ConvertFailure = { code: ConvertError.notAuthorized }
const FULL: ConvertFailure = { code: ConvertError.resourceExceeded, waitS: 5 }
/** How long a client that only asked for Info may take to close. (Digest A10) */
const INFO_ONLY_MS = 5_000
/** A message has 1,020 bytes at most; early data may follow in the same segment. */
const READ_BYTES = 16_384
/** Warm connections of one subscriber in one thread; a further hello gets Resource Exceeded. */
const POOLED_PER_SUBSCRIBER_MAX = 64
