/**
 * This host's own addresses, which nobody reaches through the converter. Read again every few seconds,
 * for an operator moves an address without asking us.
 *
 * The kernel's table of what is local says it, not the list of interfaces: that one leaves out what stands on
 * a line without carrier, and prefixes that are routed here, both of which the kernel delivers to itself.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { localPrefixes } from '../../shared/linux/routes.ts'
import type { Loop } from '../../shared/relay/loop.ts'
import { type Prefix, prefixContains } from '../../shared/wire/address.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'

export class OwnAddresses {
  readonly #route = new NetlinkSocket(Netlink.route)
  readonly #named: readonly string[]
  #addresses: ReadonlySet<string> = new Set()
  /** The few that are more than an address: 127.0.0.0/8, a pool of addresses to leave from. */
  #prefixes: readonly Prefix[] = []

  /**
   * Reads them now, and again for as long as the loop runs. `named` are sockaddrs of addresses that are ours
   * because the configuration says so, whether the kernel has them already or not.
   */
  constructor(loop: Pick<Loop, 'arm'>, named: readonly Uint8Array[]) {
    this.#named = named
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
    return (
      this.#addresses.has(textOf(address)) ||
      this.#prefixes.some((prefix) => prefixContains(prefix, address))
    )
  }

  [Symbol.dispose](): void {
    this.#route[Symbol.dispose]()
  }

  #read(): void {
    const local = localPrefixes(this.#route)
    // Nothing at all is no answer: even a host without a network has its loopback.
    if (local.length === 0 && this.#addresses.size > 0) return
    const whole = local.filter(({ bits }) => bits === ADDRESS_BITS)
    this.#addresses = new Set([...this.#named, ...whole.map(({ address }) => textOf(address))])
    this.#prefixes = local.filter(({ bits }) => bits < ADDRESS_BITS)
  }
}

function textOf(address: Uint8Array): string {
  return String.fromCharCode(...address)
}

const ADDRESS_BITS = 128
/** How long a new address may be reached. */
const READ_MS = 5_000
