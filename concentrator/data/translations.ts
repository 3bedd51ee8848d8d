/**
 * Which port of which address a home's connections leave from, and for how long: for the translation log of the
 * main thread (ADR 0044). Told in batches, for a busy concentrator has thousands a second.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import * as libc from '../../shared/linux/libc.ts'
import type { Loop } from '../../shared/relay/loop.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import type { StreetNews } from './room.ts'

export interface Translation {
  readonly event: 'begin' | 'end'
  /** Unix time. */
  readonly atMs: number
  readonly subscriber: number
  /** Of a flow of the tunnel, as in the IP header; absent for a connection of Convert. */
  readonly protocol?: number
  /** The outside. */
  readonly address: string
  readonly port: number
  /** Where that is to be told. */
  readonly destination?: { readonly address: string; readonly port: number }
}

export interface TranslationParts {
  readonly loop: Pick<Loop, 'arm' | 'disarm'>
  readonly destinations: boolean
  readonly tell: (news: StreetNews) => void
  readonly unixMs: () => number
}

export class Translations {
  readonly #parts: TranslationParts
  #waiting: Translation[] = []
  readonly #due = new Deadline(() => this.flush())
  readonly #sockaddr = new Uint8Array(SOCKADDR_BYTES)

  constructor(parts: TranslationParts) {
    this.#parts = parts
  }

  /** A connection to this server stands. What is answered is called when it has ended. */
  begin(fd: number, subscriber: number, server: { address: Uint8Array; port: number }): () => void {
    const bytes = libc.getsockname(fd, this.#sockaddr)
    const outside = bytes < 0 ? undefined : decodeSockaddr(this.#sockaddr.subarray(0, bytes))
    // A reset that came at once took the address with it: nothing has been said from there.
    if (outside === undefined) return () => undefined
    const told = {
      subscriber,
      address: formatAddress(outside.address),
      port: outside.port,
      ...(this.#parts.destinations && {
        destination: { address: formatAddress(server.address), port: server.port },
      }),
    }
    this.#note({ event: 'begin', atMs: this.#parts.unixMs(), ...told })
    return () => this.#note({ event: 'end', atMs: this.#parts.unixMs(), ...told })
  }

  flush(): void {
    this.#parts.loop.disarm(this.#due)
    const translations = this.#waiting
    this.#waiting = []
    if (translations.length > 0) this.#parts.tell({ event: 'translations', translations })
  }

  #note(translation: Translation): void {
    if (this.#waiting.push(translation) >= BATCH_MAX) this.flush()
    else if (this.#waiting.length === 1) this.#parts.loop.arm(this.#due, BATCH_MS)
  }
}

const SOCKADDR_BYTES = 28
/** What a crash may lose. */
const BATCH_MS = 200
const BATCH_MAX = 1_000
