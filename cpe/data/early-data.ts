/**
 * What the LAN host says before its server has answered (RFC 8803 section 4.2): sent on at once, and
 * kept, so that a refusal by the concentrator need not lose it.
 */
import { isRepeatable } from '../../shared/core/repeatable.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { type HalfFlow, holdFirst } from '../../shared/relay/pump.ts'

/** What a LAN host has said, and whether that was all. */
export interface LanSaid {
  readonly bytes: Uint8Array
  readonly ended: boolean
}

export class EarlyData {
  /** Of the bytes read, how many have left on the uplink. */
  sentBytes = 0
  readonly #lan: number | undefined
  readonly #scratch: Uint8Array
  #bytes: Uint8Array = new Uint8Array(0)
  #ended = false
  /** How much may leave before the answer. */
  #limitBytes = Infinity

  /** Without a `lan` the host cannot say anything yet. */
  constructor(lan: number | undefined, scratch: Uint8Array) {
    this.#lan = lan
    this.#scratch = scratch
  }

  /** Nothing has left, or nothing that a server may not hear twice. */
  get repeatable(): boolean {
    return this.sentBytes === 0 || isRepeatable(this.#bytes)
  }

  /**
   * Begin an uplink with `message`, and what the LAN has said behind it. On one that is not `proven` yet one
   * segment is all: were the end of its handshake and that segment lost, another one behind them would come
   * first, without MP_CAPABLE, and the concentrator's kernel would take it for plain TCP.
   */
  begin(uplink: number, message: Uint8Array, proven: boolean): 'ok' | 'lan broke' | 'uplink broke' {
    this.#limitBytes = proven ? Infinity : SEGMENT_BYTES - message.length
    if (!this.#read()) return 'lan broke'
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6
    //# Convert messages MUST be included as the first bytes of the
    //# bytestream.
    const first = Buffer.concat([message, this.#bytes.subarray(0, this.#limitBytes)])
    const sent = libc.sendHead(uplink, first, first.length)
    // A fresh socket has room for a whole message; one that has not is broken.
    if (sent < message.length) return 'uplink broke'
    this.sentBytes = sent - message.length
    return 'ok'
  }

  /** Read what there is, up to EARLY_BYTES_MAX in all, and send it. Says which of the two broke. */
  forward(uplink: number): 'ok' | 'lan broke' | 'uplink broke' {
    if (!this.#read()) return 'lan broke'
    const upTo = Math.min(this.#bytes.length, this.#limitBytes)
    while (this.sentBytes < upTo) {
      const rest = this.#bytes.subarray(this.sentBytes, upTo)
      const sent = libc.sendHead(uplink, rest, rest.length)
      if (sent === -EAGAIN) break
      if (sent < 0) return 'uplink broke'
      this.sentBytes += sent
    }
    return 'ok'
  }

  /** Some of what the LAN has said waits for the proof. */
  get held(): boolean {
    return this.#bytes.length > this.#limitBytes
  }

  /** The uplink's handshake is over at both ends: all may follow. */
  prove(): void {
    this.#limitBytes = Infinity
  }

  /** Another uplink begins; what the first one took has gone nowhere. */
  rewind(): void {
    this.sentBytes = 0
  }

  /** False when the LAN connection broke. */
  #read(): boolean {
    while (this.#lan !== undefined && !this.#ended && this.#bytes.length < EARLY_BYTES_MAX) {
      const room = EARLY_BYTES_MAX - this.#bytes.length
      const got = libc.recvHead(this.#lan, this.#scratch, room)
      if (got === -EAGAIN) break
      if (got < 0) return false
      if (got === 0) this.#ended = true
      else this.#bytes = Buffer.concat([this.#bytes, this.#scratch.subarray(0, got)])
    }
    return true
  }

  /** The relay goes on where we are: what the uplink has not taken is the first it sends. */
  leaveUnsent(up: HalfFlow): void {
    holdFirst(up, this.#bytes.subarray(this.sentBytes))
    up.bytes = this.sentBytes
    up.ended = this.#ended
  }

  /** All of it, for a relay that begins anew with another server socket. */
  get said(): LanSaid {
    return { bytes: this.#bytes, ended: this.#ended }
  }
}

/** What is read ahead of the server's answer; the rest waits in the LAN host's window. */
const EARLY_BYTES_MAX = 16_384
/** What fits into a segment of any IPv6 path (1,280), with timestamps and MP_CAPABLE. */
const SEGMENT_BYTES = 1_160
