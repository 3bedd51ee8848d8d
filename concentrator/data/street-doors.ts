/**
 * The UDP sockets at which the homes' frames arrive, and the frames that wait to leave by them. An answer
 * leaves by the socket and from the address that its home spoke to: which door that is travels with the home's
 * own address, in the flow label that UDP over IPv4 and ours have no use for.
 *
 *    a socket for an address                  one door
 *    a socket for all addresses (the default) a door for each address that somebody has spoken to
 */
import { Arrivals } from '../../shared/linux/datagrams.ts'
import * as libc from '../../shared/linux/libc.ts'
import { openUdpDoor } from '../../shared/linux/udp-socket.ts'
import type { Loop } from '../../shared/relay/loop.ts'
import { Share } from '../../shared/relay/share.ts'
import type { LegBatch } from '../../shared/tunnel/batch.ts'
import { sameBytes } from '../../shared/tunnel/leg.ts'
import { Outbox } from '../../shared/tunnel/outbox.ts'
import { formatEndpoint } from '../../shared/wire/convert-words.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'

export class StreetDoors implements LegBatch {
  readonly arrivals = new Arrivals()
  /** Bytes of frames that left. */
  sentBytes = 0
  readonly #outbox: Outbox
  readonly #fds: number[] = []
  /** By socket. */
  readonly #isForAll: boolean[] = []
  /** Those of a socket for all addresses: which it is, where it leaves from, and its number. */
  readonly #found: Array<{
    readonly fd: number
    readonly local: Uint8Array
    readonly door: number
  }> = []

  /** Throws a sentence when an address is taken. */
  constructor(listen: readonly Uint8Array[]) {
    this.#outbox = new Outbox(listen.length)
    try {
      for (const [door, address] of listen.entries()) {
        const fd = openUdpDoor(address, textOf(address))
        this.#fds.push(fd)
        this.#isForAll.push(isAny(address))
        this.#outbox.stand(door, fd)
      }
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  /** `take` takes a share of what has come by this socket; true: something may be left. */
  watch(loop: Loop, take: (fd: number) => boolean): void {
    for (const fd of this.#fds) loop.watchReading(fd, new Share(loop, () => take(fd)))
  }

  /** As `Arrivals.receive`; the sources say which door they came to. */
  receive(fd: number): number {
    const messages = this.arrivals.receive(fd)
    const door = this.#fds.indexOf(fd)
    const { sources, locals } = this.arrivals
    for (let i = 0; i < messages; i++) {
      sources[i]![DOOR_AT] = this.#isForAll[door] === true ? this.#doorFrom(fd, locals[i]!) : door
    }
    return messages
  }

  #doorFrom(fd: number, local: Uint8Array): number {
    for (let i = 0; i < this.#found.length; i++) {
      const one = this.#found[i]!
      if (one.fd === fd && sameBytes(one.local, local)) return one.door
    }
    // Then the kernel chooses.
    if (this.#found.length >= OWN_ADDRESSES_MAX) return this.#fds.indexOf(fd)
    const own = Uint8Array.from(local)
    const door = this.#outbox.add(fd, own)
    this.#found.push({ fd, local: own, door })
    return door
  }

  get memory() {
    return this.#outbox.memory
  }

  place(): number {
    return this.#outbox.place()
  }

  commit(_leg: number, bytes: number, trafficClass: number, to: Uint8Array): void {
    this.sentBytes += bytes
    this.#outbox.commit(to[DOOR_AT]!, bytes, trafficClass, to)
  }

  flush(): void {
    this.#outbox.flush()
  }

  get unsent(): number {
    return this.#outbox.unsent
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds) libc.close(fd)
    this.#fds.length = 0
  }
}

function textOf(sockaddr: Uint8Array): string {
  return formatEndpoint(decodeSockaddr(sockaddr) ?? { address: new Uint8Array(16), port: 0 })
}

function isAny(sockaddr: Uint8Array): boolean {
  return decodeSockaddr(sockaddr)?.address.every((byte) => byte === 0) === true
}

/** Of ours, to which homes have spoken. */
const OWN_ADDRESSES_MAX = 64
/** sin6_flowinfo: the kernel writes zero there, and `Departures` hides what stands there. */
const DOOR_AT = 4
