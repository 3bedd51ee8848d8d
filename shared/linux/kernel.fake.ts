/**
 * A painted kernel: sockets are arrays of bytes. Enough for the relay to be tested without root.
 */
import { EAGAIN, EPIPE, type Kernel } from './kernel.ts'

/** One end of a connection as the relay sees it. Set the fields, then let the relay run. */
export class FakeSocket {
  /** What recv will find. */
  readonly inbox: number[] = []
  /** What send has taken. */
  readonly outbox: number[] = []
  /** recv answers 0 once the inbox is empty. */
  peerEnded = false
  /** How many bytes send takes before it answers EAGAIN. */
  roomBytes = Number.POSITIVE_INFINITY
  /** Answered by every call instead of anything else, as a positive errno. */
  failure = 0
  /** True after shutdown(SHUT_WR). */
  writeEnded = false
}

export class FakeKernel implements Kernel {
  readonly #sockets = new Map<number, FakeSocket>()

  open(fd: number): FakeSocket {
    const socket = new FakeSocket()
    this.#sockets.set(fd, socket)
    return socket
  }

  recvHead(fd: number, into: Uint8Array, bytesMax: number): number {
    const socket = this.#at(fd)
    if (socket.failure !== 0) return -socket.failure
    if (socket.inbox.length === 0) return socket.peerEnded ? 0 : -EAGAIN
    const bytes = socket.inbox.splice(0, bytesMax)
    into.set(bytes)
    return bytes.length
  }

  sendHead(fd: number, from: Uint8Array, bytes: number): number {
    const socket = this.#at(fd)
    if (socket.failure !== 0) return -socket.failure
    if (socket.writeEnded) return -EPIPE
    const taken = Math.min(bytes, socket.roomBytes)
    if (taken === 0 && bytes > 0) return -EAGAIN
    socket.roomBytes -= taken
    for (let i = 0; i < taken; i++) socket.outbox.push(from[i]!)
    return taken
  }

  shutdownWrite(fd: number): number {
    this.#at(fd).writeEnded = true
    return 0
  }

  #at(fd: number): FakeSocket {
    const socket = this.#sockets.get(fd)
    if (socket === undefined) throw new RangeError(`No painted socket ${fd}`)
    return socket
  }
}
