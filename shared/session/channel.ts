/**
 * One end of a control session: objects go in and come out, over a TLS connection that somebody has opened
 * (ADR 0036).
 *
 * It ends once, with a sentence: when the other end goes, says what is no frame, does not read what we say,
 * or is silent for too long. Nothing it hears throws.
 */
import type { Duplex } from 'node:stream'
import {
  encodeFrame,
  FRAME_BYTES_MAX,
  type FrameObject,
  FrameReader,
  HELLO_BYTES_MAX,
} from '../wire/control-frame.ts'

export interface ChannelEnds {
  hear(object: FrameObject): void
  /** After this nothing is heard any more. */
  ended(why: string): void
  /** What `hear` or `ended` threw: a mistake of ours. */
  failed(error: unknown): void
}

export class Channel {
  readonly #socket: Duplex
  readonly #ends: ChannelEnds
  readonly #reader = new FrameReader(HELLO_BYTES_MAX)
  readonly #silence: NodeJS.Timeout
  #over = false

  /** `silenceMs`: how long the other end may say nothing. */
  constructor(socket: Duplex, silenceMs: number, ends: ChannelEnds) {
    this.#socket = socket
    this.#ends = ends
    this.#silence = setTimeout(() => this.end('it is silent'), silenceMs).unref()
    socket.on('data', (chunk: Uint8Array) => this.#read(chunk))
    socket.on('end', () => this.end('it has gone'))
    socket.on('close', () => this.end('it has gone'))
    socket.on('error', (error) => this.end(error.message))
  }

  /** Who has shown who he is may say more at a time. */
  trust(): void {
    this.#reader.bytesMax = FRAME_BYTES_MAX
  }

  say(object: FrameObject): void {
    if (this.#over) return
    this.#socket.write(encodeFrame(object))
    if (this.#socket.writableLength > UNREAD_BYTES_MAX) this.end('it does not read')
  }

  /** What has been said is still sent, if it goes soon. */
  end(why: string): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#silence)
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref()
    this.#guarded(() => this.#ends.ended(why))
  }

  #read(chunk: Uint8Array): void {
    if (this.#over) return
    this.#silence.refresh()
    const read = this.#reader.read(chunk)
    if (read.kind === 'broken') return this.end(read.why)
    for (const object of read.objects) {
      if (!this.#over) this.#guarded(() => this.#ends.hear(object))
    }
  }

  /** A mistake of ours ends this service and not the daemon (supervise.ts). */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#ends.failed(error)
    }
  }
}

/** Two of the longest frames. */
const UNREAD_BYTES_MAX = 2 * FRAME_BYTES_MAX
const LINGER_MS = 1_000
