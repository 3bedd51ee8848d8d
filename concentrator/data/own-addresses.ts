/**
 * This host's own addresses, which nobody reaches through the converter. Read again every few seconds,
 * for an operator moves an address without asking us.
 */
import { networkInterfaces } from 'node:os'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import type { Loop } from '../../shared/relay/loop.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'

export class OwnAddresses {
  readonly #routedHere: readonly string[]
  #own = new Set<string>()

  /**
   * Reads them now, and again for as long as the loop runs. `routedHere` are sockaddrs of addresses that are
   * ours and stand on no interface.
   */
  constructor(loop: Loop, routedHere: readonly Uint8Array[]) {
    this.#routedHere = routedHere
      .map(decodeSockaddr)
      .filter((name) => name !== undefined)
      .map(({ address }) => textOf(address))
    const again = new Deadline(() => {
      this.#read()
      loop.arm(again, READ_MS)
    })
    again.fire()
  }

  /** `address` is 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  has(address: Uint8Array): boolean {
    return this.#own.has(textOf(address))
  }

  #read(): void {
    this.#own = new Set(this.#routedHere)
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address } of addresses ?? []) {
        const bytes = parseAddress(address)
        if (bytes !== undefined) this.#own.add(textOf(bytes))
      }
    }
  }
}

function textOf(address: Uint8Array): string {
  return String.fromCharCode(...address)
}

/** How long a new address may be reached. */
const READ_MS = 5_000
