/**
 * The network interface of a tunnel: what the kernel routes into it we read, what we write the kernel takes
 * for received, each behind a virtio header (wire/virtio-net.ts). It is made here, and the kernel takes it away
 * with the process, so that a crash leaves nothing and no packet is routed to nobody.
 */
import type { Prefix } from '../wire/address.ts'
import { errnoName } from './errors.ts'
import { EAGAIN } from './kernel.ts'
import * as libc from './libc.ts'
import { giveAddress } from './link-addresses.ts'
import { readLink } from './links.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'
import { writeSysctl } from './sysctl.ts'
import { offloadUdp, openTun, setLinkMtu, switchOn } from './tun.ts'

export class TunnelDevice {
  readonly name: string
  #fd = -1
  #index = 0
  #mtuBytes: number
  #joinsUdp = false

  constructor(name: string, mtuBytes: number) {
    this.name = name
    this.#mtuBytes = mtuBytes
  }

  /** -1 while there is no interface. */
  get fd(): number {
    return this.#fd
  }

  /** The interface's number; 0 while there is none. */
  get index(): number {
    return this.#index
  }

  /** A run of UDP may be written, as one of TCP always may. */
  get joinsUdp(): boolean {
    return this.#joinsUdp
  }

  /**
   * Make it, switched on, with these addresses. Throws a sentence when the kernel refuses, as it does while
   * another has the name, and leaves nothing then.
   */
  open(addresses: readonly Prefix[]): void {
    this.close()
    this.#fd = openTun(this.name, this.#mtuBytes, true)
    this.#joinsUdp = offloadUdp(this.#fd)
    try {
      // Nobody is asked for addresses here, and replies come in where the route back does not lead.
      writeSysctl(`net/ipv6/conf/${this.name}/addr_gen_mode`, '1')
      writeSysctl(`net/ipv6/conf/${this.name}/accept_ra`, '0')
      writeSysctl(`net/ipv4/conf/${this.name}/rp_filter`, '2')
      this.#must(switchOn(this.name), 'switch on')
      using route = new NetlinkSocket(Netlink.route)
      this.#index = readLink(route, this.name)?.index ?? 0
      for (const own of addresses) {
        this.#must(giveAddress(route, this.#index, own), 'give an address to')
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    if (this.#fd >= 0) libc.close(this.#fd)
    this.#fd = -1
    this.#index = 0
  }

  /** A packet to `address`: its length, 0 when there is none now, or `-errno` when the interface is gone. */
  read(address: number, bytesMax: number): number {
    const bytes = libc.readAt(this.#fd, address, bytesMax)
    return bytes === -EAGAIN ? 0 : bytes
  }

  /** What the kernel does not take, because the interface is gone or it is no packet, is lost. */
  write(address: number, bytes: number): void {
    libc.writeAt(this.#fd, address, bytes)
  }

  /** Larger packets are told so by the kernel, or cut where IPv4 lets it. */
  limit(mtuBytes: number): void {
    if (mtuBytes === this.#mtuBytes) return
    this.#mtuBytes = mtuBytes
    setLinkMtu(this.name, mtuBytes)
  }

  #must(result: number, doing: string): void {
    if (result >= 0) return
    throw new Error(`Cannot ${doing} the interface ${this.name}: ${errnoName(result)}`)
  }
}
