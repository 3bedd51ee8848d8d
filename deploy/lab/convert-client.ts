/**
 * A Convert client of another make (RFC 8803), held by the caller's own process: one connection from a
 * place of the street to the concentrator, over MPTCP or plain TCP, with its first bytes in the SYN or not.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { EAGAIN, EINPROGRESS } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { type ConvertMessage, decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { netnsOf, type Place } from './places.ts'

export interface ClientOptions {
  readonly street: string
  readonly place: Place
  readonly to: { readonly address: string; readonly port: number }
  readonly multipath: boolean
  /** Put what is said first into the SYN. */
  readonly fastOpen: boolean
  /** The address to speak from; the kernel's choice without. */
  readonly own?: string
}

export class ConvertClient implements Disposable {
  readonly #fd: number
  readonly #scratch = new Uint8Array(65_536)
  #heard: Buffer = Buffer.alloc(0)
  #ended = false

  constructor({ street, place, to, multipath, fastOpen, own }: ClientOptions) {
    this.#fd = inNetworkNamespace(netnsOf(street, place), () => {
      const type = libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC
      const protocol = multipath ? libc.IPPROTO_MPTCP : libc.IPPROTO_TCP
      const fd = orThrow(libc.socket(libc.AF_INET6, type, protocol), 'socket')
      if (own !== undefined) {
        orThrow(libc.bind(fd, encodeSockaddr6(knownAddress(own), 0)), `bind to ${own}`)
      }
      if (fastOpen) {
        orThrow(libc.setsockopt(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, ON), 'TCP_FASTOPEN_NO_COOKIE')
        orThrow(libc.setsockopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, ON), 'TCP_FASTOPEN_CONNECT')
      }
      const result = libc.connect(fd, encodeSockaddr6(knownAddress(to.address), to.port))
      if (result !== -EINPROGRESS) orThrow(result, 'connect')
      return fd
    })
  }

  /** Send a message, or any bytes, as soon as the connection takes them. */
  async say(...parts: ReadonlyArray<ConvertMessage | Uint8Array>): Promise<void> {
    const bytes = Buffer.concat(
      parts.map((part) => (part instanceof Uint8Array ? part : encodeConvert(part))),
    )
    const untilMs = performance.now() + WAIT_MS_MAX
    for (;;) {
      const sent = libc.send(this.#fd, bytes)
      if (sent === bytes.length) return
      // A connection under way says so; one with SYN data sends with the first send.
      if (sent !== -EAGAIN && sent !== -ENOTCONN && sent !== -EINPROGRESS) {
        throw new Error(`Cannot speak: send answered ${sent} of ${bytes.length}`)
      }
      if (sent === -EINPROGRESS && performance.now() > untilMs) throw new Error('Cannot speak')
      await pause(POLL_MS)
    }
  }

  /** The concentrator's message, and how long it took from now. */
  async answer(): Promise<{ message: ConvertMessage; ms: number }> {
    const beganMs = performance.now()
    for (;;) {
      const decoded = decodeConvert(this.#heard)
      if (decoded.kind === 'message') {
        // A copy: the rest of the buffer goes on being read.
        this.#heard = Buffer.from(this.#heard.subarray(decoded.bytesUsed))
        return { message: decoded.message, ms: performance.now() - beganMs }
      }
      if (decoded.kind !== 'incomplete') throw new Error(`Heard ${this.#heard.toString('hex')}`)
      await this.#more(beganMs)
    }
  }

  /** So many bytes of what the server said. */
  async bytes(count: number): Promise<Buffer> {
    const beganMs = performance.now()
    while (this.#heard.length < count) await this.#more(beganMs)
    const bytes = this.#heard.subarray(0, count)
    this.#heard = this.#heard.subarray(count)
    return bytes
  }

  /** Milliseconds until the concentrator has closed its side. */
  async end(): Promise<number> {
    const beganMs = performance.now()
    while (!this.#ended) await this.#more(beganMs)
    return performance.now() - beganMs
  }

  /** It is MPTCP, and was not lost on the way. */
  get isMultipath(): boolean {
    return mptcpToken(this.#fd) !== undefined
  }

  get fd(): number {
    return this.#fd
  }

  [Symbol.dispose](): void {
    resetAndClose(this.#fd)
  }

  async #more(beganMs: number): Promise<void> {
    const got = libc.recv(this.#fd, this.#scratch)
    if (got > 0) {
      this.#heard = Buffer.concat([this.#heard, this.#scratch.subarray(0, got)])
    } else if (got === 0) {
      if (this.#ended) throw new Error('The concentrator has closed, and said nothing')
      this.#ended = true
    } else if (got !== -EAGAIN && got !== -ENOTCONN) {
      throw new Error(`The connection has gone: recv answered ${got}`)
    } else if (performance.now() - beganMs > WAIT_MS_MAX) {
      throw new Error(`Nothing more for ${WAIT_MS_MAX} ms; heard ${this.#heard.toString('hex')}`)
    } else {
      await pause(POLL_MS)
    }
  }
}

function orThrow(result: number, syscall: string): number {
  if (result < 0) throw new Error(`Cannot be a Convert client: ${syscall} answered ${result}`)
  return result
}

const WAIT_MS_MAX = 5_000
const POLL_MS = 1
const ON = Uint8Array.of(1, 0, 0, 0)
const ENOTCONN = 107
const SOL_TCP = 6
const TCP_FASTOPEN_CONNECT = 30
const TCP_FASTOPEN_NO_COOKIE = 34
