/**
 * The tunnel's sockets, one a leg, standing where the leg is now; and the frames that wait for them.
 */
import { LEG_NUMBER, LEGS, type LegName } from '../../shared/core/leg.ts'
import { MARK } from '../../shared/core/marks.ts'
import * as libc from '../../shared/linux/libc.ts'
import { openLegSocket } from '../../shared/linux/udp-socket.ts'
import type { BoardLeg } from '../../shared/relay/leg-board.ts'
import type { Loop } from '../../shared/relay/loop.ts'
import { Share } from '../../shared/relay/share.ts'
import type { LegBatch } from '../../shared/tunnel/batch.ts'
import { Outbox } from '../../shared/tunnel/outbox.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'

export interface TunnelLegsSettings {
  /** The concentrator's, in order of preference; 16 bytes each. */
  readonly addresses: readonly Uint8Array[]
  readonly port: number
  readonly interfaces: Readonly<Record<LegName, string>>
}

export class TunnelLegs implements LegBatch {
  /** Bytes that left, by leg, IP and UDP headers included. */
  readonly sentBytes: Record<LegName, number> = { dsl: 0, lte: 0 }
  readonly #outbox = new Outbox(LEGS.length)
  readonly #settings: TunnelLegsSettings
  readonly #loop: Loop
  readonly #take: (leg: LegName, fd: number) => boolean
  readonly #doors: Readonly<Record<LegName, Door>> = {
    dsl: { fd: -1, key: '', number: 0, headerBytes: 0 },
    lte: { fd: -1, key: '', number: 1, headerBytes: 0 },
  }

  /** `take` takes a share of what has come by a leg's socket; true: something may be left. */
  constructor(
    settings: TunnelLegsSettings,
    loop: Loop,
    take: (leg: LegName, fd: number) => boolean,
  ) {
    this.#settings = settings
    this.#loop = loop
    this.#take = take
  }

  get memory() {
    return this.#outbox.memory
  }

  /**
   * Make the leg's socket stand where the leg is. Where it leads, a whole sockaddr_in6, or undefined without
   * a socket; and whether that is another than before.
   */
  follow(leg: LegName, facts: BoardLeg): { to: Uint8Array | undefined; moved: boolean } {
    const door = this.#doors[leg]
    const way = this.#wayOf(facts)
    const remote = way && encodeSockaddr6(way.remote, this.#settings.port)
    const key = way === undefined ? '' : `${facts.ifIndex} ${way.local.join('.')}`
    if (key === door.key) return { to: remote, moved: false }
    this.#shut(door)
    if (way === undefined) return { to: undefined, moved: true }
    const fd = openLegSocket({
      device: this.#settings.interfaces[leg],
      local: way.local,
      remote: { address: way.remote, port: this.#settings.port },
      mark: MARK.own,
    })
    // The leg is changing: the board will tell again.
    if (fd < 0) return { to: undefined, moved: true }
    // Who waits for its turn may have been closed meanwhile.
    const share = new Share(this.#loop, () => door.fd === fd && this.#take(leg, fd))
    this.#loop.watchReading(fd, share)
    this.#outbox.stand(door.number, fd)
    door.fd = fd
    door.key = key
    door.headerBytes = isIpv4(way.remote) ? IPV4_UDP_BYTES : IPV6_UDP_BYTES
    return { to: remote, moved: true }
  }

  /** What each datagram on the leg has before its frame. */
  headerBytes(leg: LegName): number {
    return this.#doors[leg].headerBytes
  }

  place(): number {
    return this.#outbox.place()
  }

  /** Each socket has one peer, so `to` says nothing new. */
  commit(leg: number, bytes: number, trafficClass: number): void {
    const name = leg === LEG_NUMBER.dsl ? 'dsl' : 'lte'
    this.#outbox.commit(this.#doors[name].number, bytes, trafficClass)
    this.sentBytes[name] += bytes + this.#doors[name].headerBytes
  }

  flush(): void {
    this.#outbox.flush()
  }

  /** Frames that the kernel did not take. */
  get unsent(): number {
    return this.#outbox.unsent
  }

  [Symbol.dispose](): void {
    for (const leg of LEGS) this.#shut(this.#doors[leg])
  }

  #shut(door: Door): void {
    door.key = ''
    if (door.fd < 0) return
    this.#loop.unwatch(door.fd)
    this.#outbox.stand(door.number, -1)
    libc.close(door.fd)
    door.fd = -1
  }

  #wayOf({ ifIndex, address4, address6 }: BoardLeg) {
    if (ifIndex === 0) return undefined
    for (const remote of this.#settings.addresses) {
      const local = isIpv4(remote) ? address4 : address6
      if (local !== undefined) return { local, remote }
    }
    return undefined
  }
}

const IPV4_UDP_BYTES = 28
const IPV6_UDP_BYTES = 48

interface Door {
  headerBytes: number
  fd: number
  key: string
  /** In the outbox. */
  readonly number: number
}
