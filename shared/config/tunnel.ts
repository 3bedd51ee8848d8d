/**
 * The datagram tunnel, which carries what is not TCP over both lines, as each end writes it down.
 */
import { z } from 'zod'
import type { Prefix } from '../wire/address.ts'
import { prefix } from './address.ts'
import { PORT_MAX, port, wholeNumber } from './bounds.ts'
import type { Contradiction } from './document.ts'
import { interfaceName } from './host.ts'
import { mustBe, mustBeText } from './must.ts'

/** The home's end. */
export function homeTunnel() {
  return z
    .strictObject({
      ...bothEnds(),
      /** How its packets are sealed. Default aes-128-gcm. */
      cipher: z
        .enum(['aes-128-gcm', 'chacha20-poly1305', 'none'], {
          error: mustBeText('aes-128-gcm, chacha20-poly1305 or none'),
        })
        .default('aes-128-gcm'),
    })
    .prefault({})
}

/** The concentrator's end. */
export function streetTunnel() {
  return z
    .strictObject({
      ...bothEnds(),
      /**
       * What homes are numbered from inside the tunnel, the concentrator being the first. Nobody outside sees
       * these addresses. Default 198.18.0.0/15 and fd48:7962:7269::/64.
       */
      prefix4: prefix().prefault('198.18.0.0/15'),
      prefix6: prefix().prefault('fd48:7962:7269::/64'),
      /** Of which each home has an IPv6 prefix of its own, routed to us by the network. Default none: then homes share. */
      pool6: prefix().optional(),
      /** The length of a home's prefix. Default 64. */
      homeBits6: wholeNumber(48, 64, 'bits').default(64),
      /** Flows of one home, each family, that are translated at a time; a further one is refused. Default 4,096. */
      flowsMax: wholeNumber(1, FLOWS_MAX, 'flows').default(4_096),
    })
    .prefault({})
}

function bothEnds() {
  return {
    /** Default false. */
    enabled: z.boolean({ error: mustBe('true or false') }).default(false),
    /** UDP, the same at both ends. Default: the one after the port for Convert. */
    port: port().optional(),
    /** The network interface that we make. Default hybridge0. */
    interface: interfaceName().default('hybridge0'),
    /** No packet waits longer for an earlier one of its flow, in milliseconds. Default 60. */
    reorderMsMax: wholeNumber(0, 500, 'milliseconds').default(60),
  }
}

/** The UDP port of the tunnel. */
export function tunnelPort(
  { port: said }: { readonly port?: number | undefined },
  convert: number,
): number {
  return said ?? convert + 1
}

/** What each key alone cannot know. */
export function* tunnelContradictions(config: {
  readonly tunnel: {
    readonly enabled: boolean
    readonly interface: string
    readonly port?: number | undefined
  }
  readonly concentrator: { readonly port: number }
  readonly lan: { readonly interfaces: readonly string[] }
  readonly legs: Readonly<Record<'dsl' | 'lte', { readonly interface: string }>>
}): Generator<Contradiction> {
  const { tunnel, concentrator, lan, legs } = config
  const taken = [...lan.interfaces, legs.dsl.interface, legs.lte.interface]
  if (taken.includes(tunnel.interface)) {
    const message = `is ${tunnel.interface}, which is there already; the tunnel makes one of its own`
    yield { path: ['tunnel', 'interface'], message }
  }
  yield* portContradiction(tunnel, concentrator.port, ['tunnel', 'port'])
}

/** The same for the concentrator. `homes` must have an address each. */
export function* streetTunnelContradictions(
  tunnel: z.infer<ReturnType<typeof streetTunnel>>,
  convert: number,
  homes: number,
): Generator<Contradiction> {
  yield* portContradiction(tunnel, convert, ['tunnel', 'port'])
  yield* poolContradictions(tunnel.pool6, tunnel.homeBits6)
  for (const [key, bits, family] of [
    ['prefix4', tunnel.prefix4.bits, 'IPv4'],
    ['prefix6', tunnel.prefix6.bits, 'IPv6'],
  ] as const) {
    const path = ['tunnel', key]
    const isIpv4 = isMapped(tunnel[key].address) && bits >= MAPPED_BITS
    if (isIpv4 !== (family === 'IPv4')) {
      yield { path, message: `is no ${family} prefix` }
    } else if (2 ** (ADDRESS_BITS - bits) < homes + NOT_HOMES) {
      yield { path, message: `has no room for ${homes} homes; choose a shorter prefix` }
    }
  }
}

function* poolContradictions(pool: Prefix | undefined, homeBits: number): Generator<Contradiction> {
  if (pool === undefined) return
  const path = ['tunnel', 'pool6']
  if (isMapped(pool.address) || pool.bits < POOL_BITS_MIN || pool.bits > homeBits) {
    const message = `must be an IPv6 prefix of ${POOL_BITS_MIN} to ${homeBits} bits (tunnel.homeBits6)`
    yield { path, message }
  }
}

function* portContradiction(
  tunnel: { readonly enabled: boolean; readonly port?: number | undefined },
  convert: number,
  path: readonly string[],
): Generator<Contradiction> {
  if (tunnel.port === convert) {
    yield { path: [...path], message: `is ${convert}, where probes are answered; choose another` }
  } else if (tunnel.enabled && tunnelPort(tunnel, convert) > PORT_MAX) {
    yield { path: [...path], message: `must be said: there is no port after ${convert}` }
  }
}

function isMapped(address: Uint8Array): boolean {
  return (
    address[10] === 0xff &&
    address[11] === 0xff &&
    address.subarray(0, 10).every((byte) => byte === 0)
  )
}

/** What one list of the kernel's connection limit is searched in without being felt. */
const FLOWS_MAX = 65_535
const ADDRESS_BITS = 128
const MAPPED_BITS = 96
/** What wire/prefix-pool.ts can count. */
const POOL_BITS_MIN = 32
/** The network's own address, the concentrator's and the broadcast. */
const NOT_HOMES = 3
