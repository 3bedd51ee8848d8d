/**
 * The concentrator's file, the whole of it. `concentrator.example.yaml` shows it with every key.
 *
 * Read once in main.ts. After that, a value of type ConcentratorConfig is complete and true: nobody
 * checks it again, nobody adds a default.
 */
import { z } from 'zod'
import { hostAddress, knownPrefix, prefix } from './address.ts'
import { list, port, share, wholeNumber } from './bounds.ts'
import type { Contradiction } from './document.ts'
import {
  connectMs,
  descriptorsShare,
  interfaceName,
  logSection,
  stateDirectory,
  workers,
} from './host.ts'
import { caps, cookie, subscriberId } from './subscriber.ts'
import { congestionControl, KEEPALIVE_S_MAX, keepaliveKeys } from './tcp.ts'

export type ConcentratorConfig = z.infer<typeof concentratorConfig>

const LISTEN_ADDRESSES_MAX = 8
/** A file for more homes than this is a data base. */
const SUBSCRIBERS_MAX = 10_000
const ACL_PREFIXES_MAX = 1_000
/** The kernel's own limit (MPTCP_PM_ADDR_MAX). */
const SUBFLOWS_MAX = 8

/**
 * What nobody behind a concentrator may reach through it: the operator's own insides, and what is no
 * server. Prefixes that documentation and laboratories use are not in it.
 */
const DENIED_BY_DEFAULT = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared: behind carriers' NAT
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; 169.254.169.254 tells clouds' secrets
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; metadata of some clouds
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  '::/96', // unspecified, loopback, IPv4-compatible
  '64:ff9b::/96', // NAT64: any IPv4 address, the private ones too
  '64:ff9b:1::/48', // NAT64 of the operator's own
  '2002::/16', // 6to4: any IPv4 address, the private ones too
  'fc00::/7', // unique local; fd00:ec2::254 tells clouds' secrets
  'fe80::/10', // link-local
  'fec0::/10', // site-local
  'ff00::/8', // multicast
]

const concentratorFile = z.strictObject({
  listen: z.strictObject({
    /** TCP for Convert and UDP for probes. No default: RFC 8803 assigns no port. */
    port: port(),
    /** Own addresses to listen on. Default: all of both families. */
    addresses: list(hostAddress(), 0, LISTEN_ADDRESSES_MAX, 'addresses').default([]),
  }),
  /** The homes that may come. */
  subscribers: list(
    z.strictObject({
      id: subscriberId(),
      cookie: cookie(),
      /** What may go down each leg. Default all it takes. */
      caps: caps(),
    }),
    1,
    SUBSCRIBERS_MAX,
    'subscribers, each with id and cookie',
  ),
  /** Where `caps` of subscribers are kept (ADR 0021). */
  shaping: z
    .strictObject({
      /** Through which the homes are reached. Default none: then no subscriber may have caps. */
      interface: interfaceName().optional(),
      /** How much of caps.dslDownMbps is used, so that packets wait here and not at the line. Default 0.97. */
      dslShare: share(0.5, 1).default(0.97),
    })
    .prefault({}),
  /** Destinations. `allow` beats `deny`; what neither names is allowed. */
  acl: z
    .strictObject({
      /** Default none. */
      allow: list(prefix(), 0, ACL_PREFIXES_MAX, 'prefixes').default([]),
      /** Replaces the default, which is DENIED_BY_DEFAULT. Our own addresses are denied anyway. */
      deny: list(prefix(), 0, ACL_PREFIXES_MAX, 'prefixes').default(() =>
        DENIED_BY_DEFAULT.map(knownPrefix),
      ),
    })
    .prefault({}),
  /** Default 2. */
  workers: workers().default(2),
  limits: z
    .strictObject({
      /** Milliseconds until the first Convert message must be whole. Default 5,000. */
      convertWaitMs: wholeNumber(100, 60_000, 'milliseconds').default(5_000),
      connectMs: connectMs(),
      /** Subflows of one connection, the first included. Default 8. */
      subflowsPerConnection: wholeNumber(1, SUBFLOWS_MAX).default(8),
      /** Seconds a pool connection may wait for its Connect: above every home's pool.lifetimeS. Default 330. */
      poolHelloIdleS: wholeNumber(10, 7_200, 'seconds').default(330),
      descriptorsShare: descriptorsShare(),
    })
    .prefault({}),
  keepalive: z
    .strictObject({
      // For servers that vanish.
      ...keepaliveKeys,
      /** `idleS` for homes: rarely, for the questions wake LTE. Default 7,200. */
      accessIdleS: wholeNumber(1, KEEPALIVE_S_MAX, 'seconds').default(7_200),
    })
    .prefault({}),
  congestionControl: congestionControl(),
  stateDirectory: stateDirectory(),
  log: logSection(),
})

export const concentratorConfig = concentratorFile
  .superRefine((config, context) => {
    for (const { path, message } of contradictions(config)) {
      context.addIssue({ code: 'custom', path, message })
    }
  })
  .readonly()

/** What each key alone cannot know. */
function* contradictions(config: z.infer<typeof concentratorFile>): Generator<Contradiction> {
  const addresses = new Set<string>()
  for (const [i, address] of config.listen.addresses.entries()) {
    if (addresses.has(address)) {
      yield { path: ['listen', 'addresses', i], message: `names ${address} a second time` }
    }
    addresses.add(address)
  }
  const shapes = config.shaping.interface !== undefined
  const ids = new Set<string>()
  const ownerOf = new Map<string, string>()
  for (const [i, { id, caps: own, cookie: secret }] of config.subscribers.entries()) {
    if (!shapes && (own.dslDownMbps !== undefined || own.lteDownMbps !== undefined)) {
      const message = 'names a rate, but shaping.interface does not say where to keep it'
      yield { path: ['subscribers', i, 'caps'], message }
    }
    if (ids.has(id)) {
      yield { path: ['subscribers', i, 'id'], message: `is ${id} a second time; ids must differ` }
    }
    ids.add(id)
    const owner = ownerOf.get(secret.join())
    if (owner !== undefined) {
      const message = `is the cookie of ${owner} as well; each subscriber needs one of its own`
      yield { path: ['subscribers', i, 'cookie'], message }
    }
    ownerOf.set(secret.join(), id)
  }
}
