/**
 * ② What the rules of service classes may ask about a LAN connection (core/class-rules.ts). Most homes have no
 * rule that asks for more than the SYN says, so the rest is looked up when it is asked for, and kept.
 */
import type { HardwareAddress, Traffic } from '../../shared/core/class-rules.ts'
import { dscpOf } from '../../shared/linux/first-packet.ts'
import * as libc from '../../shared/linux/libc.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import type { Intercepted } from './intercept.ts'
import type { Syn } from './syn.ts'

/** Who has an address of the LAN, as far as the kernel knows. */
export type HardwareOf = (address: Uint8Array) => HardwareAddress | undefined

/** Of a SYN that is held; the link says who sent it. */
export function heldTraffic(
  { destination, source, dscp }: Syn,
  sender: Uint8Array | undefined,
  hardwareOf: HardwareOf,
): Traffic {
  const hardware = sender && hardwareText(sender)
  return {
    protocol: 'tcp',
    destination,
    source,
    dscp,
    get hardware() {
      return hardware ?? hardwareOf(source)
    },
  }
}

/** Of a connection that was accepted. To be asked while its socket is open. */
export class AcceptedTraffic implements Traffic {
  readonly protocol = 'tcp'
  readonly #lan: Intercepted
  readonly #hardwareOf: HardwareOf
  #source: Uint8Array | undefined
  #hardware: HardwareAddress | undefined
  #dscp: number | undefined

  constructor(lan: Intercepted, hardwareOf: HardwareOf) {
    this.#lan = lan
    this.#hardwareOf = hardwareOf
  }

  get destination(): Traffic['destination'] {
    return this.#lan.destination
  }

  get source(): Uint8Array | undefined {
    this.#source ??= peerOf(this.#lan.fd)
    return this.#source
  }

  get hardware(): HardwareAddress | undefined {
    if (this.source !== undefined) this.#hardware ??= this.#hardwareOf(this.source)
    return this.#hardware
  }

  get dscp(): number | undefined {
    const family = isIpv4(this.#lan.destination.address) ? 'ipv4' : 'ipv6'
    this.#dscp ??= dscpOf(this.#lan.fd, family)
    return this.#dscp
  }
}

/** Six bytes as people write them; other links' addresses are in no rule. */
export function hardwareText(bytes: Uint8Array): HardwareAddress {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

function peerOf(fd: number): Uint8Array | undefined {
  return libc.getpeername(fd, NAME) < 0 ? undefined : decodeSockaddr(NAME)?.address.slice()
}

const NAME = new Uint8Array(28)
