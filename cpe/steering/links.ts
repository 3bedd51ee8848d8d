/**
 * Eyes: what the kernel says about the interface of each leg, for every tick of steering.
 *
 * Counters are read each time. Interface, addresses and default routes are read anew only when the kernel
 * says that something about them changed, and once a second in case it did not.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import { usableAddresses } from '../../shared/linux/link-addresses.ts'
import { readCounters, readLink } from '../../shared/linux/links.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { NetworkChanges } from '../../shared/linux/network-changes.ts'
import { defaultRoutes } from '../../shared/linux/routes.ts'
import { formatAddress, isIpv4 } from '../../shared/wire/address.ts'
import type { LinkAddress } from '../../shared/wire/rtnetlink.ts'

/** A leg's interface as it is now. */
export interface LinkFacts {
  /** Why it cannot carry anything, such as `no carrier`; undefined while it could. */
  readonly missing: string | undefined
  /** 0 while there is no interface. */
  readonly ifIndex: number
  /** 16 bytes, IPv4 as ::ffff:a.b.c.d; undefined where it has none of the family. */
  readonly address4: Uint8Array | undefined
  readonly address6: Uint8Array | undefined
  /** Next hops as text: what is configured, else what the OS's default route says. */
  readonly gateway4: string | undefined
  readonly gateway6: string | undefined
  /** Changes whenever one of the above does. */
  readonly path: string
}

export interface LinkSample {
  readonly facts: LinkFacts
  readonly counters: LegCounters | undefined
}

export type LinkSamples = Readonly<Record<LegName, LinkSample>>

/** LTE as it is when it may carry nothing, whatever its interface could. */
export function withLteBarred(samples: LinkSamples, barred: string | undefined): LinkSamples {
  if (barred === undefined || samples.lte.facts.missing !== undefined) return samples
  const { facts, counters } = samples.lte
  const path = `${barred} ${facts.path}`
  return { ...samples, lte: { facts: { ...facts, missing: barred, path }, counters } }
}

/** Watches from when it is made until it is disposed of. Throws `SyscallError` when the kernel refuses. */
export class LinkWatch {
  readonly #config: CpeConfig['legs']
  readonly #families: { readonly ipv4: boolean; readonly ipv6: boolean }
  readonly #route = new NetlinkSocket(Netlink.route)
  readonly #changes = new NetworkChanges()
  readonly #facts: Record<LegName, LinkFacts> = { dsl: NO_LINK, lte: NO_LINK }
  #readMs = -Infinity

  /** `concentrator`: its addresses; a leg without an address of their families is of no use. */
  constructor(legs: CpeConfig['legs'], concentrator: readonly Uint8Array[]) {
    this.#config = legs
    const ipv4 = concentrator.some(isIpv4)
    this.#families = { ipv4, ipv6: !concentrator.every(isIpv4) }
  }

  look(nowMs: number): LinkSamples {
    if (this.#changes.drain().size > 0 || nowMs - this.#readMs >= READ_MS) {
      for (const leg of LEGS) this.#facts[leg] = this.#read(leg)
      this.#readMs = nowMs
    }
    return { dsl: this.#sample('dsl'), lte: this.#sample('lte') }
  }

  [Symbol.dispose](): void {
    this.#changes[Symbol.dispose]()
    this.#route[Symbol.dispose]()
  }

  #sample(leg: LegName): LinkSample {
    const facts = this.#facts[leg]
    const counters = facts.ifIndex === 0 ? undefined : readCounters(this.#route, facts.ifIndex)
    return { facts, counters }
  }

  #read(leg: LegName): LinkFacts {
    const { interface: name, gateway4, gateway6 } = this.#config[leg]
    const link = readLink(this.#route, name)
    if (link === undefined) return { ...NO_LINK, missing: `no interface ${name}` }
    if (!link.up) return { ...NO_LINK, missing: `interface ${name} is switched off` }

    const before = this.#facts[leg]
    const addresses = usableAddresses(this.#route, link.index)
    const address4 = chosen(addresses.filter(isOfIpv4), before.address4)
    const address6 = chosen(
      addresses.filter((one) => !isOfIpv4(one)),
      before.address6,
    )
    const routes = defaultRoutes(this.#route, link.index)
    const hop = (ipv4: boolean): string | undefined => {
      const found = routes.find(({ gateway }) => gateway !== undefined && isIpv4(gateway) === ipv4)
      return found?.gateway === undefined ? undefined : formatAddress(found.gateway)
    }
    const facts = {
      missing: link.carrier ? this.#missingAddress(address4, address6) : 'no carrier',
      ifIndex: link.index,
      address4,
      address6,
      gateway4: gateway4 ?? hop(true),
      gateway6: gateway6 ?? hop(false),
    }
    return { ...facts, path: pathOf(facts) }
  }

  #missingAddress(
    address4: Uint8Array | undefined,
    address6: Uint8Array | undefined,
  ): string | undefined {
    const { ipv4, ipv6 } = this.#families
    if ((ipv4 && address4 !== undefined) || (ipv6 && address6 !== undefined)) return undefined
    return ipv4 && ipv6 ? 'no address' : `no ${ipv4 ? 'IPv4' : 'IPv6'} address`
  }
}

/** The one we have had, if it is still there: subflows and NAT stand on it. Else a public one. */
function chosen(
  addresses: readonly LinkAddress[],
  before: Uint8Array | undefined,
): Uint8Array | undefined {
  const kept = addresses.find(({ address }) => before?.every((byte, i) => byte === address[i]))
  const reachable = addresses.find(({ address }) => !isUniqueLocal(address))
  return (kept ?? reachable ?? addresses[0])?.address
}

function isOfIpv4({ address }: LinkAddress): boolean {
  return isIpv4(address)
}

/** fc00::/7 (RFC 4193). */
function isUniqueLocal(address: Uint8Array): boolean {
  return ((address[0] ?? 0) & 0xfe) === 0xfc
}

function pathOf(facts: Omit<LinkFacts, 'path'>): string {
  const { missing, ifIndex, address4, address6, gateway4, gateway6 } = facts
  const text = (address: Uint8Array | undefined) => address && formatAddress(address)
  return [missing, ifIndex, text(address4), text(address6), gateway4, gateway6].join(' ')
}

const NO_LINK: LinkFacts = {
  missing: 'no interface',
  ifIndex: 0,
  address4: undefined,
  address6: undefined,
  gateway4: undefined,
  gateway6: undefined,
  path: '',
}
/** Changes are told; this is for what was not. */
const READ_MS = 1_000
