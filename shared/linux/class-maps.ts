/**
 * Two nftables maps, one a family, from a peer (address and port) to the class its packets leave by.
 *
 * The table that holds them is somebody's ruleset (nftables.ts); here its elements come and go.
 */
import { isIpv4 } from '../wire/address.ts'
import type { Endpoint } from '../wire/mptcp-pm.ts'
import { FLAG_CREATE } from '../wire/netlink.ts'
import {
  ELEMENTS_MAX,
  encodeElementDelete,
  encodeElements,
  encodeElementsFlush,
  NFT_MSG_DELSETELEM,
  NFT_MSG_NEWSETELEM,
  NFTABLES,
} from '../wire/nf-tables.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'
import { quoted } from './nftables.ts'

/** A peer, and the class that its packets leave by. */
export interface Classed {
  readonly peer: Endpoint
  readonly handle: number
}

/**
 * The table that holds the maps, empty, and puts what leaves `device` from that port of ours into the classes that
 * they name.
 */
export function renderClassMaps(
  table: string,
  device: string,
  protocol: 'tcp' | 'udp',
  port: number,
): string {
  const ours = `oifname ${quoted(device)} ${protocol} sport ${port} meta priority set`
  return `table inet ${table} {
  map class4 { type ipv4_addr . inet_service : classid; }
  map class6 { type ipv6_addr . inet_service : classid; }

  chain leaving {
    type filter hook postrouting priority mangle + 1; policy accept;
    ${ours} ip daddr . ${protocol} dport map @class4
    ${ours} ip6 daddr . ${protocol} dport map @class6
  }
}
`
}

export class ClassMaps {
  readonly #netfilter = new NetlinkSocket(Netlink.netfilter)
  readonly #table: string

  /** The table holds the maps `class4` and `class6`. */
  constructor(table: string) {
    this.#table = table
  }

  /** Remove, then add, each family in one transaction where it is not too much for one. 0 or `-errno`. */
  change(remove: readonly Endpoint[], add: readonly Classed[]): number {
    const family = (peer: Endpoint) => (isIpv4(peer.address) ? 'class4' : 'class6')
    for (const map of MAPS) {
      const result = this.#transact(
        map,
        remove.filter((peer) => family(peer) === map),
        add.filter(({ peer }) => family(peer) === map),
      )
      if (result < 0) return result
    }
    return 0
  }

  /** Exactly these, whatever was there before. 0 or `-errno`. */
  replace(all: readonly Classed[]): number {
    const flushes = MAPS.map((map) => ({
      type: NFT_MSG_DELSETELEM,
      flags: 0,
      body: encodeElementsFlush({ table: this.#table, map }),
    }))
    const result = this.#netfilter.transact(NFTABLES, flushes)
    return result < 0 ? result : this.change([], all)
  }

  [Symbol.dispose](): void {
    this.#netfilter[Symbol.dispose]()
  }

  #transact(map: string, remove: readonly Endpoint[], add: readonly Classed[]): number {
    const where = { table: this.#table, map }
    const deletes = chunks(remove).map((peers) => ({
      type: NFT_MSG_DELSETELEM,
      flags: 0,
      body: encodeElementDelete(where, peers),
    }))
    const news = chunks(add).map((elements) => ({
      type: NFT_MSG_NEWSETELEM,
      flags: FLAG_CREATE,
      body: encodeElements(where, elements),
    }))
    const messages = [...deletes, ...news]
    // The kernel takes 200 KB at a time from a socket.
    for (let at = 0; at < messages.length; at += MESSAGES_MAX) {
      const result = this.#netfilter.transact(NFTABLES, messages.slice(at, at + MESSAGES_MAX))
      if (result < 0) return result
    }
    return 0
  }
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / ELEMENTS_MAX) }, (_, i) =>
    all.slice(i * ELEMENTS_MAX, (i + 1) * ELEMENTS_MAX),
  )
}

const MAPS = ['class4', 'class6'] as const
const MESSAGES_MAX = 3
