/**
 * The concentrator's file, the whole of it. `concentrator.example.yaml` shows it with every key.
 *
 * Read once in main.ts. After that, a value of type ConcentratorConfig is complete and true: nobody
 * checks it again, nobody adds a default.
 */
import { z } from 'zod'
import { acl, ownAcl } from './acl.ts'
import { hostAddress } from './address.ts'
import { list, port, wholeNumber } from './bounds.ts'
import { issuedCookies } from './cookies.ts'
import type { Contradiction } from './document.ts'
import { connectMs, descriptorsShare, logSection, stateDirectory, workers } from './host.ts'
import { perSource, perSubscriber } from './shares.ts'
import { cookie, legPrefixes, subscriberId } from './subscriber.ts'
import { congestionControl, KEEPALIVE_S_MAX, keepaliveKeys } from './tcp.ts'

export type ConcentratorConfig = z.infer<typeof concentratorConfig>

const LISTEN_ADDRESSES_MAX = 8
/** A file for more homes than this is a data base. */
const SUBSCRIBERS_MAX = 10_000
/** The kernel's own limit (MPTCP_PM_ADDR_MAX). */
const SUBFLOWS_MAX = 8

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
      /** Where this home comes from, by leg. Its cookies are worth nothing elsewhere. Default anywhere. */
      prefixes: legPrefixes(),
      /** Judged before everybody's. */
      acl: ownAcl(),
    }),
    1,
    SUBSCRIBERS_MAX,
    'subscribers, each with id and cookie',
  ),
  /** Destinations. `allow` beats `deny`; what neither names is allowed. */
  acl: acl(),
  cookies: issuedCookies(),
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
      /** Seconds that a home shall wait while we are draining. Default 30. */
      drainWaitS: wholeNumber(1, 255, 'seconds').default(30),
      perSubscriber: perSubscriber(),
      perSource: perSource(),
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
  const ids = new Set<string>()
  const ownerOf = new Map<string, string>()
  for (const [i, { id, cookie: secret }] of config.subscribers.entries()) {
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
