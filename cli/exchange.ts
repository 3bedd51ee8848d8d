/**
 * One Convert message said by hand, and what came back: what a client of another make would see, with
 * the times of it. Blocking calls, for a program that does this one thing.
 */

import { errnoName } from '../shared/linux/errors.ts'
import { EAGAIN, ECONNRESET } from '../shared/linux/kernel.ts'
import * as libc from '../shared/linux/libc.ts'
import { mptcpToken } from '../shared/linux/socket-facts.ts'
import {
  dial,
  dialOnFirstSend,
  resetAndClose,
  socketError,
  synDataAcknowledged,
} from '../shared/linux/sockets.ts'
import { type Decoded, decodeConvert } from '../shared/wire/convert.ts'
import { encodeSockaddr6 } from '../shared/wire/sockaddr.ts'
import type { Endpoint } from './endpoint.ts'

export interface Question {
  readonly via: Endpoint
  /** The Convert message, and the early data behind it. */
  readonly bytes: Uint8Array
  readonly multipath: boolean
  /** Say it all in the SYN. */
  readonly fastOpen: boolean
  /** After a yes, wait for the first bytes of the server as well. */
  readonly wantsServer: boolean
  /** For the connection, and again for the answer. */
  readonly timeoutMs: number
}

export type Exchange =
  /** `why` completes the sentence "There is no connection: ...". */
  | { readonly kind: 'unconnected'; readonly why: string }
  | {
      readonly kind: 'heard'
      readonly connectMs: number
      /** From the connection to the whole answer; undefined when it never was whole. */
      readonly answerMs: number | undefined
      /** Really Multipath TCP, after whatever happened on the way. */
      readonly multipath: boolean
      /** Whether what was in the SYN was taken; undefined when there was nothing in it. */
      readonly synDataTaken: boolean | undefined
      readonly decoded: Decoded
      /** Everything that came, the answer first. */
      readonly received: Uint8Array
      readonly ending: Ending
    }

/** How it stood when we stopped listening. */
export type Ending = 'open' | 'closed' | 'reset' | 'silent'

export function exchange(question: Question): Exchange {
  const { via, bytes, multipath, fastOpen, timeoutMs } = question
  const beganMs = performance.now()
  const remote = encodeSockaddr6(via.address, via.port)
  const fd = fastOpen
    ? dialOnFirstSend(remote, multipath)
    : dial(remote, { multipath, mark: 0, from: undefined, congestion: undefined })
  if (fd < 0) return { kind: 'unconnected', why: errnoName(fd) }
  const inSyn = fastOpen ? libc.send(fd, bytes) : 0
  if (inSyn < 0) {
    libc.close(fd)
    return { kind: 'unconnected', why: errnoName(inSyn) }
  }
  if (!waitFor(fd, POLLOUT, beganMs + timeoutMs)) {
    libc.close(fd)
    return { kind: 'unconnected', why: `no answer in ${timeoutMs / 1_000} s` }
  }
  const errno = socketError(fd)
  if (errno !== 0) {
    libc.close(fd)
    return { kind: 'unconnected', why: errnoName(errno) }
  }
  const connectedMs = performance.now()
  sayAll(fd, bytes.subarray(inSyn), connectedMs + timeoutMs)
  const heard = listen(fd, question, connectedMs + timeoutMs)
  const exchanged = {
    kind: 'heard' as const,
    ...heard,
    connectMs: connectedMs - beganMs,
    answerMs: heard.wholeAtMs === undefined ? undefined : heard.wholeAtMs - connectedMs,
    multipath: mptcpToken(fd) !== undefined,
    synDataTaken: fastOpen ? synDataAcknowledged(fd) : undefined,
  }
  leave(fd, heard.decoded)
  return exchanged
}

/** What the other side does not take before it ends or `untilMs` passes is not said. */
function sayAll(fd: number, bytes: Uint8Array, untilMs: number): void {
  for (let at = 0; at < bytes.length && waitFor(fd, POLLOUT, untilMs); ) {
    const sent = libc.send(fd, bytes.subarray(at))
    if (sent < 0 && sent !== -EAGAIN) return
    at += Math.max(0, sent)
  }
}

function listen(fd: number, { wantsServer }: Question, untilMs: number) {
  const buffer = new Uint8Array(RECEIVED_BYTES_MAX)
  let length = 0
  let wholeAtMs: number | undefined
  const heard = (ending: Ending) => {
    const received = buffer.subarray(0, length)
    return { received, decoded: decodeConvert(received), wholeAtMs, ending }
  }
  for (;;) {
    if (!waitFor(fd, POLLIN, untilMs)) return heard('silent')
    const got = libc.recv(fd, buffer.subarray(length))
    if (got === 0) return heard('closed')
    if (got < 0) return heard(got === -ECONNRESET ? 'reset' : 'closed')
    length += got
    const decoded = decodeConvert(buffer.subarray(0, length))
    if (decoded.kind === 'incomplete') continue
    wholeAtMs ??= performance.now()
    const mayFollow = decoded.kind === 'message' && !saysNo(decoded) && wantsServer
    if (!mayFollow || length > decoded.bytesUsed) return heard('open')
  }
}

function leave(fd: number, decoded: Decoded): void {
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# Upon reception of an Error TLV, a
  //# Client MUST reset the associated connection.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.1
  //# If a Client
  //# receives two or more instances of the same TLV over a Convert
  //# connection, it MUST reset the associated TCP connection.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
  //# If a Client receives a TLV of type
  //# 0x0, it MUST reset the associated TCP connection.
  if (decoded.kind !== 'message' || saysNo(decoded)) resetAndClose(fd)
  else libc.close(fd)
}

function saysNo({ message }: Extract<Decoded, { kind: 'message' }>): boolean {
  return message.some(({ type }) => type === 'error')
}

/** False when `untilMs` has passed. */
function waitFor(fd: number, events: number, untilMs: number): boolean {
  const poll = new DataView(POLLFD.buffer)
  poll.setInt32(0, fd, true)
  poll.setInt16(4, events, true)
  for (;;) {
    const leftMs = untilMs - performance.now()
    if (leftMs <= 0) return false
    if (libc.poll(POLLFD, Math.ceil(leftMs)) > 0) return true
  }
}

const POLLFD = new Uint8Array(8)
const POLLIN = 1
const POLLOUT = 4
/** An answer, and the first bytes of a server behind it. */
const RECEIVED_BYTES_MAX = 4_096
