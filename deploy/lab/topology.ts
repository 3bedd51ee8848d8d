/**
 * The street's namespaces, cables, addresses and routes, as batches for `ip` and `sysctl`. In `cpe` this
 * sets what a router's operating system owns (addresses, default routes, forwarding) and nothing that
 * Hybridge owns (masquerade, policy routing, interception).
 */
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import {
  type Addresses,
  CONCENTRATOR,
  INTERNET,
  LAN,
  LEG_BITS4,
  LEG_PREFIXES,
  legAddresses,
  NAT_PREFIX,
} from './addresses.ts'
import { mustRun } from './command.ts'
import { inPlace, netnsOf, PLACES, type Place } from './places.ts'
import type { LegState } from './state.ts'

/** The five namespaces, empty but for their sysctls. */
export async function makeNamespaces(street: string): Promise<void> {
  const names = PLACES.map((place) => netnsOf(street, place))
  await ipBatch(
    'make the namespaces',
    names.map((name) => `netns add ${name}`),
  )
  await Promise.all(
    PLACES.map((place) => setSysctls(street, place, [...EVERYWHERE, ...(SYSCTLS[place] ?? [])])),
  )
}

/** All cables but the two lines, and the numbers of the places that hang on them. */
export async function layCables(street: string): Promise<void> {
  await ipBatch('lay the cables', [
    cable(street, ['home', 'lan'], ['cpe', 'lan']),
    cable(street, ['access', 'core-c'], ['concentrator', 'core']),
    cable(street, ['access', 'core-i'], ['internet', 'core']),
  ])
  await Promise.all([
    ipBatchIn(street, 'home', [
      ...attach('lan', LAN.home, 24),
      ...defaultRoutes('lan', LAN.router),
    ]),
    ipBatchIn(street, 'concentrator', [
      ...attach('core', CONCENTRATOR.own, CONCENTRATOR.bits4),
      ...defaultRoutes('core', CONCENTRATOR.gateway),
    ]),
    ipBatchIn(street, 'internet', [
      ...attach('core', INTERNET.own, INTERNET.bits4),
      ...defaultRoutes('core', INTERNET.gateway),
    ]),
    ipBatchIn(street, 'access', [
      ...attach('core-c', CONCENTRATOR.gateway, CONCENTRATOR.bits4),
      ...attach('core-i', INTERNET.gateway, INTERNET.bits4),
      `route add blackhole ${NAT_PREFIX}`,
      // An address a line had yesterday is nobody's today: silence, not an ICMP error.
      ...Object.values(LEG_PREFIXES).flatMap(({ ipv4, ipv6 }) => [
        `route add blackhole ${ipv4}`,
        `route add blackhole ${ipv6}`,
      ]),
    ]),
    ipBatchIn(street, 'cpe', attach('lan', LAN.router, 24)),
  ])
}

/** Both lines as cables to the concentrator itself, for measuring what no line must limit. */
export async function layPlainLines(street: string): Promise<void> {
  const lines = LEGS.map((leg) => cable(street, ['cpe', leg], ['concentrator', leg]))
  await ipBatch('lay plain lines', lines)
}

/** Both ends of both lines, once their devices exist. `far` is where the lines lead. */
export async function attachLegs(
  street: string,
  legs: Readonly<Record<LegName, LegState>>,
  far: 'access' | 'concentrator',
): Promise<void> {
  const both = [legEnds('dsl', legs.dsl), legEnds('lte', legs.lte)]
  await Promise.all([
    ipBatchIn(
      street,
      far,
      both.flatMap(({ access }) => access),
    ),
    ipBatchIn(
      street,
      'cpe',
      both.flatMap(({ cpe }) => cpe),
    ),
  ])
}

/** What a redial does: the leg loses its addresses and gets those of the next generation. */
export async function readdressLeg(street: string, leg: LegName, next: LegState): Promise<void> {
  const forget = `address flush dev ${leg}`
  const { cpe, access } = legEnds(leg, next)
  // The far end first: the cpe must not speak from an address that nobody answers yet.
  await ipBatchIn(street, 'access', [forget, ...access])
  await ipBatchIn(street, 'cpe', [forget, ...cpe])
}

export async function setMtu(street: string, leg: LegName, mtu: number): Promise<void> {
  await Promise.all(
    (['cpe', 'access'] as const).map((place) =>
      ipBatchIn(street, place, [`link set dev ${leg} mtu ${mtu}`]),
    ),
  )
}

export async function setSysctls(
  street: string,
  place: Place,
  settings: readonly string[],
): Promise<void> {
  const argv = inPlace(street, place, ['sysctl', '-q', '-p', '-'])
  await mustRun(`set sysctls in ${place}`, argv, `${settings.join('\n')}\n`)
}

function legEnds(leg: LegName, { generation, mtu }: LegState): { cpe: string[]; access: string[] } {
  const { cpe, access } = legAddresses(leg, generation)
  const bring = (own: Addresses) => [
    // No link-local address: nothing speaks on an idle line but what we measure.
    `link set dev ${leg} addrgenmode none`,
    `link set dev ${leg} mtu ${mtu} up`,
    `address add ${own.ipv4}/${LEG_BITS4} dev ${leg}`,
    `address add ${own.ipv6}/64 dev ${leg} nodad`,
  ]
  return {
    cpe: [...bring(cpe), ...defaultRoutes(leg, access, METRICS[leg])],
    access: [
      ...bring(access),
      ...(leg === 'dsl' ? [`route replace ${LAN.prefix6} via ${cpe.ipv6} dev dsl`] : []),
    ],
  }
}

function cable(street: string, near: readonly [Place, string], far: readonly [Place, string]) {
  const [nearPlace, nearDevice] = near
  const [farPlace, farDevice] = far
  return (
    `link add name ${nearDevice} netns ${netnsOf(street, nearPlace)} type veth ` +
    `peer name ${farDevice} netns ${netnsOf(street, farPlace)}`
  )
}

function attach(device: string, own: Addresses, bits4: number): string[] {
  return [
    'link set dev lo up',
    `link set dev ${device} up`,
    `address add ${own.ipv4}/${bits4} dev ${device}`,
    `address add ${own.ipv6}/64 dev ${device} nodad`,
  ]
}

function defaultRoutes(device: string, gateway: Addresses, metric = 0): string[] {
  const last = metric === 0 ? '' : ` metric ${metric}`
  return [
    `route replace default via ${gateway.ipv4} dev ${device}${last}`,
    `route replace default via ${gateway.ipv6} dev ${device}${last}`,
  ]
}

function ipBatch(doing: string, lines: readonly string[]): Promise<string> {
  return mustRun(doing, ['ip', '-batch', '-'], `${lines.join('\n')}\n`)
}

function ipBatchIn(street: string, place: Place, lines: readonly string[]): Promise<string> {
  const argv = ['ip', '-n', netnsOf(street, place), '-batch', '-']
  return mustRun(`number ${place}`, argv, `${lines.join('\n')}\n`)
}

/** As a router's DHCP and PPP clients set them: DSL is the line of choice. */
const METRICS = { dsl: 100, lte: 200 } as const

const EVERYWHERE = [
  'net.ipv4.ping_group_range = 0 2147483647',
  'net.ipv4.conf.all.rp_filter = 0',
  'net.ipv4.conf.default.rp_filter = 0',
  'net.ipv6.conf.all.accept_ra = 0',
  'net.ipv6.conf.default.accept_ra = 0',
  'net.ipv6.conf.default.accept_dad = 0',
]

const FORWARDING = ['net.ipv4.ip_forward = 1', 'net.ipv6.conf.all.forwarding = 1']
const SYSCTLS: Readonly<Partial<Record<Place, readonly string[]>>> = {
  cpe: FORWARDING,
  access: FORWARDING,
}
