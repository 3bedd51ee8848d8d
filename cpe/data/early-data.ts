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

  /** Without a `lan` the host cannot say anything yet. */
  constructor(lan: number | undefined, scratch: Uint8Array) {
    this.#lan = lan
    this.#scratch = scratch
  }

  /** Nothing has left, or nothing that a server may not hear twice. */
  get repeatable(): boolean {
    return this.sentBytes === 0 || isRepeatable(this.#bytes)
  }

  /** Read what there is, up to EARLY_BYTES_MAX in all, and send it. Says which of the two broke. */
  forward(uplink: number): 'ok' | 'lan broke' | 'uplink broke' {
    while (this.#lan !== undefined && !this.#ended && this.#bytes.length < EARLY_BYTES_MAX) {
      const room = EARLY_BYTES_MAX - this.#bytes.length
      const got = libc.recvHead(this.#lan, this.#scratch, room)
      if (got === -EAGAIN) break
      if (got < 0) return 'lan broke'
      if (got === 0) this.#ended = true
      else this.#bytes = Buffer.concat([this.#bytes, this.#scratch.subarray(0, got)])
    }
    while (this.sentBytes < this.#bytes.length) {
      const rest = this.#bytes.subarray(this.sentBytes)
      const sent = libc.sendHead(uplink, rest, rest.length)
      if (sent === -EAGAIN) break
      if (sent < 0) return 'uplink broke'
      this.sentBytes += sent
    }
    return 'ok'
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
