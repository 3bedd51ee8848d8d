/**
 * The concentrator's file, the whole of it. `concentrator.example.yaml` shows it with every key.
 *
 * Read once in main.ts. After that, a value of type ConcentratorConfig is complete and true: nobody
 * checks it again, nobody adds a default.
 */
import { z } from 'zod'
import { acl, ownAcl } from './acl.ts'
import { hostAddress } from './address.ts'
import { list, port, share, wholeNumber } from './bounds.ts'
import { issuedCookies } from './cookies.ts'
import type { Contradiction } from './document.ts'
import {
  connectMs,
  descriptorsShare,
  interfaceName,
  logSection,
  stateDirectory,
  workers,
} from './host.ts'
import { metricsKeys } from './metrics.ts'
import { mustBe, mustBeText } from './must.ts'
import { announceSection, apiContradictions, apiSection, storeSection } from './operator.ts'
import { radiusSection } from './radius.ts'
import { controlSection } from './session.ts'
import { perSource, perSubscriber } from './shares.ts'
import {
  COOKIE_OR_SECRET,
  caps,
  cookie,
  cookieOf,
  legPrefixes,
  sessionSecret,
  sessionVerifier,
  subscriberId,
} from './subscriber.ts'
import { congestionControl, KEEPALIVE_S_MAX, keepaliveKeys } from './tcp.ts'
import { translationLogSection } from './translation-log.ts'
import { streetTunnel, streetTunnelContradictions } from './tunnel.ts'

export type ConcentratorConfig = z.infer<typeof concentratorConfig>

const LISTEN_ADDRESSES_MAX = 8
/** A file for more homes than this is a data base. */
const SUBSCRIBERS_MAX = 10_000
const EGRESS_ADDRESSES_MAX = 256
/** The kernel's own limit (MPTCP_PM_ADDR_MAX). */
const SUBFLOWS_MAX = 8

const concentratorFile = z.strictObject({
  listen: z.strictObject({
    /** TCP for Convert and UDP for probes. No default: RFC 8803 assigns no port. */
    port: port(),
    /** Own addresses to listen on. Default: all of both families. */
    addresses: list(hostAddress(), 0, LISTEN_ADDRESSES_MAX, 'addresses').default([]),
  }),
  // How the network around us is built is the operator's; ours is to let nobody in who is not named here.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-1.3
  //= type=exception
  //# The 0-RTT TCP Convert Protocol specified in this document MUST be
  //# used in a single administrative domain deployment model.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-1.3
  //= type=exception
  //# Future deployment of Transport Converters by third parties MUST
  //# adhere to the mutual authentication requirements in Section 9.2 to
  //# prevent illegitimate traffic interception (Section 9.4) in
  //# particular.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-9.1
  //= type=exception
  //# The Transport Converter MUST be as protected as a core IP router
  //# (e.g., Section 10 of [RFC1812]).
  //= https://www.rfc-editor.org/rfc/rfc8803#section-9.1
  //= type=exception
  //# Furthermore, ingress filtering policies MUST be enforced at the
  //# network boundaries [RFC2827].
  // Between homes and us it is a cookie, bound to an address (ADR 0015); nobody proves us to the homes yet.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-9.2
  //= type=exception
  //# If such control is not exerted and there is a more open network
  //# environment, a strong mutual authentication scheme MUST be defined
  //# to use the Convert Protocol.
  /** Homes that may come whatever the store says. Default none. */
  subscribers: list(
    z
      .strictObject({
        id: subscriberId(),
        /** Default: comes from `secret`. */
        cookie: cookie().optional(),
        /** Where this home comes from, by leg. Its cookies are worth nothing elsewhere. Default anywhere. */
        prefixes: legPrefixes(),
        /** Judged before everybody's. */
        acl: ownAcl(),
        /** What may go down each leg. Default all it takes. */
        caps: caps(),
        /** Of the control session: the home's secret, or what is kept instead. Default: the cookie must do. */
        secret: sessionSecret().optional(),
        verifier: sessionVerifier().optional(),
      })
      .transform((home, context) => {
        if (home.secret !== undefined && home.verifier !== undefined) {
          const message = 'stands beside secret, from which it comes; keep one'
          context.addIssue({ code: 'custom', path: ['verifier'], message })
        }
        const shown = cookieOf(home)
        if (shown !== undefined) return { ...home, cookie: shown }
        context.addIssue({ code: 'custom', path: ['cookie'], message: COOKIE_OR_SECRET })
        return z.NEVER
      }),
    0,
    SUBSCRIBERS_MAX,
    'subscribers, each with id and cookie',
  ).default([]),
  /** Where further homes, plans, policies and usage are kept (ADR 0033). */
  store: storeSection(),
  /** Where operators and their systems change them. */
  api: apiSection(),
  /** Where `caps` of subscribers are kept (ADR 0021). */
  shaping: z
    .strictObject({
      /** Through which the homes are reached. Default none: then no subscriber may have caps. */
      interface: interfaceName().optional(),
      /** How much of caps.dslDownMbps is used, so that packets wait here and not at the line. Default 0.97. */
      dslShare: share(0.5, 1).default(0.97),
    })
    .prefault({}),
  /** Where homes open their control sessions (ADR 0036). Default: nowhere. */
  control: controlSection().optional(),
  /** How homes find this concentrator among those that share a store (ADR 0052). */
  announce: announceSection(),
  /** What homes use is counted, by leg and direction (ADR 0037). */
  accounting: z
    .strictObject({
      /** Makes the kernel track the connections of the homes, which costs a little of each packet. Default false. */
      enabled: z.boolean({ error: mustBe('true or false') }).default(false),
      /** Seconds between two looks, and what a crash may lose. Default 10. */
      intervalS: wholeNumber(1, 3_600, 'seconds').default(10),
    })
    .prefault({}),
  /** The operator's AAA (ADR 0043). Default: none. */
  radius: radiusSection().optional(),
  /** Destinations. `allow` beats `deny`; what neither names is allowed. */
  acl: acl(),
  cookies: issuedCookies(),
  /** How connections leave for the servers. */
  egress: z
    .strictObject({
      /**
       * The pool of addresses to leave from: each subscriber has one of either family for ever.
       * Default none: the kernel takes the route's.
       */
      addresses: list(hostAddress(), 0, EGRESS_ADDRESSES_MAX, 'addresses').default([]),
      /** Multipath TCP towards servers: `asked` is when the home asks for it. Default asked. */
      multipath: z
        .enum(['never', 'asked', 'always'], { error: mustBeText('never, asked or always') })
        .default('asked'),
    })
    .prefault({}),
  /** Which home left from which address and port, and when. Default: not written down. */
  translationLog: translationLogSection().optional(),
  tunnel: streetTunnel(),
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
      /**
       * Seconds after which a flow that carries nothing is reset on both sides. Default 7,440: two
       * hours and four minutes, the least that RFC 5382 (REQ-5) lets a NAT forget after.
       */
      flowIdleS: wholeNumber(10, 604_800, 'seconds').default(7_440),
      /** Seconds that a home shall wait while we are draining. Default 30. */
      drainWaitS: wholeNumber(1, 255, 'seconds').default(30),
      /** Seconds after which homes that have somewhere else to go leave us while we are draining. Default 300. */
      drainLeaveS: wholeNumber(1, 86_400, 'seconds').default(300),
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
  /** For Prometheus (ADR 0047). */
  metrics: z
    .strictObject({
      ...metricsKeys(9_804),
      /** Homes that are shown one by one; of the others only the sums. Default 20,000. */
      homesMax: wholeNumber(0, 65_536).default(20_000),
    })
    .prefault({}),
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
  for (const section of ['listen', 'egress'] as const) {
    const { addresses } = config[section]
    for (const [i, address] of addresses.entries()) {
      if (addresses.indexOf(address) === i) continue
      yield { path: [section, 'addresses', i], message: `names ${address} a second time` }
    }
  }
  yield* apiContradictions(config.api)
  if (config.radius !== undefined && config.control === undefined) {
    yield { path: ['radius'], message: 'tells of control sessions, but control is not set' }
  }
  const { tunnel, listen, subscribers } = config
  yield* streetTunnelContradictions(tunnel, listen.port, subscribers.length)
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
