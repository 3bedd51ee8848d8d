/**
 * One end of a TCP connection on the street, held by hand: what it said and heard, byte for byte, and how
 * it came to its end. Servers and Convert clients of tests that look at the wire are made of these.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { must } from '../../shared/linux/errors.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { dial, openListener, resetAndClose } from '../../shared/linux/sockets.ts'
import { formatAddress, knownAddress } from '../../shared/wire/address.ts'
import { decodeSockaddr, encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { netnsOf, type Place } from './places.ts'

/** `ended`: the other side said that nothing follows. `reset`: it, or the kernel, broke it off. */
export type EndState = 'open' | 'ended' | 'reset'

export interface Spot {
  readonly address: string
  readonly port: number
}

export class StreamEnd implements Disposable {
  readonly fd: number
  #heard = Buffer.alloc(0)
  #state: EndState = 'open'
  #closed = false
  readonly #bytes = new Uint8Array(65_536)

  constructor(fd: number) {
    this.fd = fd
  }

  get heard(): Buffer {
    this.#listen()
    return this.#heard
  }

  get state(): EndState {
    this.#listen()
    return this.#state
  }

  /** Bytes that the kernel took, or `-errno`. */
  say(bytes: Uint8Array | string): number {
    return libc.send(this.fd, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  }

  /** Nothing follows from here. */
  finish(): void {
    libc.shutdownWrite(this.fd)
  }

  reset(): void {
    this.#closed = true
    resetAndClose(this.fd)
  }

  /** The address and port that the other side shows. */
  peer(): Spot {
    const name = new Uint8Array(28)
    must(libc.getpeername(this.fd, name), 'see who is there', 'getpeername')
    const peer = decodeSockaddr(name)
    if (peer === undefined) throw new Error('Cannot read the address of a peer')
    return { address: formatAddress(peer.address), port: peer.port }
  }

  /** What was heard once there is so much of it, or the stream has come to an end. */
  async hears(bytes: number, withinMs = HEAR_MS_MAX): Promise<Buffer> {
    await until(() => this.heard.length >= bytes || this.state !== 'open', withinMs)
    return this.#heard
  }

  /** How the stream ended; `open` when it did not in time. */
  async ends(withinMs = HEAR_MS_MAX): Promise<EndState> {
    await until(() => this.state !== 'open', withinMs)
    return this.#state
  }

  [Symbol.dispose](): void {
    if (!this.#closed) libc.close(this.fd)
    this.#closed = true
  }

  #listen(): void {
    while (this.#state === 'open' && !this.#closed) {
      const got = libc.recv(this.fd, this.#bytes)
      if (got === -EAGAIN) return
      if (got > 0) this.#heard = Buffer.concat([this.#heard, this.#bytes.subarray(0, got)])
      else this.#state = got === 0 ? 'ended' : 'reset'
    }
  }
}

/** Begin a connection in a place; what is said before it stands is refused with EAGAIN. */
export function openStream(street: string, place: Place, to: Spot, multipath = false): StreamEnd {
  const remote = encodeSockaddr6(knownAddress(to.address), to.port)
  const options = { multipath, mark: 0, from: undefined, congestion: undefined }
  const fd = inNetworkNamespace(netnsOf(street, place), () => dial(remote, options))
  return new StreamEnd(must(fd, `reach ${to.address}`, 'connect'))
}

/** A server at `port` of every address of a place, that does nothing by itself. */
export class StreamServer implements Disposable {
  readonly #fd: number

  constructor(street: string, place: Place, port: number, multipath = false) {
    const address = encodeSockaddr6(knownAddress('::'), port)
    this.#fd = inNetworkNamespace(netnsOf(street, place), () =>
      openListener({ address, multipath, transparent: false, reusePort: false }, `port ${port}`),
    )
  }

  /** Whoever waits at the door, in the order they came; rejects when nobody does in time. */
  async guest(withinMs = HEAR_MS_MAX): Promise<StreamEnd> {
    let fd = -EAGAIN
    await until(() => {
      fd = libc.accept(this.#fd)
      return fd !== -EAGAIN
    }, withinMs)
    return new StreamEnd(must(fd, 'see a guest', 'accept4'))
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd)
  }
}

async function until(so: () => boolean, withinMs: number): Promise<void> {
  for (const untilMs = performance.now() + withinMs; !so() && performance.now() < untilMs; ) {
    await pause(POLL_MS)
  }
}

const HEAR_MS_MAX = 5_000
const POLL_MS = 2
