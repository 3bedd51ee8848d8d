/**
 * A concentrator on the loopback that answers what the test says, and the home's way to it: MPTCP where
 * the test does not say otherwise, without the lines that a dialled uplink is bound to.
 *
 *    dial ══ uplink ══▶ listener ─▶ answer(message) ─▶ bytes, and perhaps the end
 */
import type { LegName } from '../../shared/core/leg.ts'
import { EAGAIN, EINPROGRESS } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { openListener } from '../../shared/linux/sockets.ts'
import { type Loop, READABLE } from '../../shared/relay/loop.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import {
  type ConvertMessage,
  type ConvertTlv,
  decodeConvert,
  encodeConvert,
} from '../../shared/wire/convert.ts'
import { type ConvertFailure, errorReply } from '../../shared/wire/convert-failure.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import type { dialUplink, ShownCookie, Uplink } from './uplink.ts'

/** `close`: the end, behind the bytes or without any. */
interface PaintedAnswer {
  readonly bytes?: Uint8Array
  readonly close?: boolean
}

/** One message as it came in, and what stood behind it. */
interface Said {
  readonly message: ConvertMessage
  payload: string
  readonly fd: number
}

export class PaintedConcentrator {
  /** Everything that homes have said, in order. */
  readonly said: Said[] = []
  /** Every leg that was dialled, in order. */
  readonly dialled: LegName[] = []
  /** undefined: no answer at all. */
  answer: (message: ConvertMessage, leg: LegName) => PaintedAnswer | undefined = welcome
  /** How a home's connection ended: 0, or `-errno`. */
  onEnd: (result: number) => void = () => undefined
  /** What the home dials is plain TCP: as if the line took MPTCP away. */
  plain = false
  /** Nobody answers a SYN. */
  deaf = false
  readonly #loop: Loop
  readonly #listener: number
  readonly #name = new Uint8Array(28)
  /** Listens, and has no room for anybody but the one who came first. */
  readonly #full: number
  readonly #fullName = new Uint8Array(28)
  readonly #first: number
  readonly #legs: LegName[] = []

  constructor(loop: Loop) {
    this.#loop = loop
    const address = encodeSockaddr6(knownAddress('::1'), 0)
    const options = { address, multipath: true, transparent: false, reusePort: false }
    this.#listener = openListener(options, 'the loopback')
    libc.getsockname(this.#listener, this.#name)
    const type = libc.SOCK_STREAM | libc.SOCK_CLOEXEC
    this.#full = libc.socket(libc.AF_INET6, type, libc.IPPROTO_TCP)
    libc.bind(this.#full, address)
    libc.listen(this.#full, 0)
    libc.getsockname(this.#full, this.#fullName)
    this.#first = libc.socket(libc.AF_INET6, type, libc.IPPROTO_TCP)
    libc.connect(this.#first, this.#fullName)
    loop.watch(this.#listener, { onReady: () => this.#accept(), onTurn() {} })
  }

  /** Stands in for `dialUplink`. */
  readonly dial: typeof dialUplink = (_room, leg, cookieFor) => {
    if (leg === undefined) return -libc.AF_INET6
    this.dialled.push(leg)
    if (!this.deaf) this.#legs.push(leg)
    const from = FROM[leg]
    return this.#connect({ leg, from, cookie: cookieFor({ leg, from }) })
  };

  [Symbol.dispose](): void {
    this.#loop.unwatch(this.#listener)
    for (const fd of [this.#listener, this.#full, this.#first]) libc.close(fd)
  }

  #connect(origin: { leg: LegName; from: Uint8Array; cookie: ShownCookie }): Uplink | number {
    const protocol = this.plain ? libc.IPPROTO_TCP : libc.IPPROTO_MPTCP
    const type = libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC
    const fd = libc.socket(libc.AF_INET6, type, protocol)
    const result = libc.connect(fd, this.deaf ? this.#fullName : this.#name)
    if (result < 0 && result !== -EINPROGRESS) return result
    return { ...origin, fd, plain: false, row: -1 }
  }

  #accept(): void {
    for (;;) {
      const fd = libc.accept(this.#listener)
      if (fd < 0) return
      const leg = this.#legs.shift() ?? 'dsl'
      this.#loop.watch(fd, {
        onReady: (_fd, events) => {
          if ((events & READABLE) !== 0) this.#read(fd, leg)
        },
        onTurn() {},
      })
    }
  }

  #read(fd: number, leg: LegName): void {
    const buffer = new Uint8Array(65_536)
    const got = libc.recv(fd, buffer)
    if (got === -EAGAIN) return
    if (got <= 0) {
      this.onEnd(got)
      return this.#leave(fd)
    }
    const bytes = buffer.slice(0, got)
    const before = this.said.findLast((said) => said.fd === fd)
    if (before !== undefined && has(before.message, 'connect')) {
      before.payload += Buffer.from(bytes).toString()
      return
    }
    const decoded = decodeConvert(bytes)
    if (decoded.kind !== 'message') throw new Error(`The home has said ${decoded.kind}`)
    const { message, bytesUsed } = decoded
    this.said.push({
      message,
      payload: Buffer.from(bytes.subarray(bytesUsed)).toString(),
      fd,
    })
    const answer = this.answer(message, leg)
    if (answer?.bytes !== undefined) libc.send(fd, answer.bytes)
    if (answer?.close === true) this.#leave(fd)
  }

  #leave(fd: number): void {
    this.#loop.unwatch(fd)
    libc.close(fd)
  }
}

/** Everybody is welcome. */
export function welcome(message: ConvertMessage): PaintedAnswer {
  return { bytes: encodeConvert(has(message, 'connect') ? [] : HELLO) }
}

export function refusal(failure: ConvertFailure): PaintedAnswer {
  return { bytes: errorReply(failure), close: true }
}

export function has(message: ConvertMessage, type: ConvertTlv['type']): boolean {
  return message.some((tlv) => tlv.type === type)
}

export function cookieOf(message: ConvertMessage): string | undefined {
  const tlv = message.find(({ type }) => type === 'cookie')
  return tlv?.type === 'cookie' ? Buffer.from(tlv.cookie).toString('hex') : undefined
}

export const HELLO: ConvertMessage = [{ type: 'supportedTcpExtensions', kinds: [30] }]

/** Where the painted legs have their addresses. */
export const FROM: Readonly<Record<LegName, Uint8Array>> = {
  dsl: knownAddress('2001:db8:d::2'),
  lte: knownAddress('2001:db8:e::2'),
}
