/**
 * The home gateway's file, the whole of it. `cpe.example.yaml` shows it with every key.
 *
 * Read once in main.ts. After that, a value of type CpeConfig is complete and true: nobody checks it
 * again, nobody adds a default.
 */
import { z } from 'zod'
import { hostAddress, ipv4HostAddress, ipv6HostAddress, prefix } from './address.ts'
import { list, numberBetween, PORT_MAX, port, share, wholeNumber } from './bounds.ts'
import type { Contradiction } from './document.ts'
import {
  absolutePath,
  connectMs,
  descriptorsShare,
  interfaceName,
  logSection,
  stateDirectory,
  workers,
} from './host.ts'
import { metricsKeys } from './metrics.ts'
import { mustBeText } from './must.ts'
import { pageSection, speedTestSection } from './page.ts'
import { policyContradictions, policyKeys } from './policy.ts'
import { portContradictions } from './ports.ts'
import { sessionSection } from './session.ts'
import { COOKIE_OR_SECRET, cookie, cookieOf, sessionSecret, subscriberId } from './subscriber.ts'
import { congestionControl, keepaliveKeys } from './tcp.ts'
import { homeTunnel, tunnelContradictions } from './tunnel.ts'

export type CpeConfig = z.infer<typeof cpeConfig>

/** The kernel looks one up per connection; more than this is a routing table, not a list. */
const BYPASS_PREFIXES_MAX = 1_000

const leg = z.strictObject({
  /** The line's network interface. */
  interface: interfaceName(),
  /** Next hop. Default: what the OS's own default route on this interface says. */
  gateway4: ipv4HostAddress().optional(),
  gateway6: ipv6HostAddress().optional(),
})

/** The line that is filled first. What it carries, in Mbit/s of IP packets; default: learnt. */
const dslLeg = leg.extend({
  downMbps: numberBetween(0.1, 10_000, 'Mbit/s').optional(),
  upMbps: numberBetween(0.1, 10_000, 'Mbit/s').optional(),
})

/** The line that costs. What we may send over it, in Mbit/s of IP packets; default: all it takes. */
const lteLeg = leg.extend({
  capUpMbps: numberBetween(0.1, 10_000, 'Mbit/s').optional(),
  /** Where the OS writes `roaming` or `home`. Default: nobody says, and LTE is at home. */
  roamingFile: absolutePath('/run/modem/roaming').optional(),
})

const cpeFile = z.strictObject({
  /** This home, as the concentrator knows it. */
  subscriber: z
    .strictObject({
      id: subscriberId(),
      /** Stands in Convert messages. Default: comes from `secret`. */
      cookie: cookie().optional(),
      /** For the control session; 32 bytes of chance. Default: the cookie must do. */
      secret: sessionSecret().optional(),
    })
    .transform(({ id, cookie, secret }, context) => {
      const shown = cookieOf({ cookie, secret })
      if (shown !== undefined) return { id, cookie: shown, ...(secret !== undefined && { secret }) }
      context.addIssue({ code: 'custom', path: ['cookie'], message: COOKIE_OR_SECRET })
      return z.NEVER
    }),
  concentrator: z.strictObject({
    /** One address, or one of each family. */
    addresses: list(hostAddress(), 1, 2, 'addresses of the concentrator'),
    /** TCP for Convert and UDP for probes. No default: RFC 8803 assigns no port. */
    port: port(),
    /** The control session, which brings policy and cookies (ADR 0036). Default: none. */
    session: sessionSection().optional(),
  }),
  lan: z.strictObject({
    /** Where the home's hosts are. What they open over TCP is captured. */
    interfaces: list(interfaceName(), 1, 8, 'interfaces'),
  }),
  legs: z.strictObject({ dsl: dslLeg, lte: lteLeg }),
  ...policyKeys(),
  tunnel: homeTunnel(),
  /** How much of a line's rate is used, so that packets wait here and not in the modem (ADR 0021). */
  shaping: z
    .strictObject({
      /** Of legs.dsl.upMbps. Default 0.97. */
      dslShare: share(0.5, 1).default(0.97),
    })
    .prefault({}),
  bypass: z
    .strictObject({
      /** Destinations that are never captured: they leave by DSL, unbonded. Default none. */
      prefixes: list(prefix(), 0, BYPASS_PREFIXES_MAX, 'prefixes').default([]),
    })
    .prefault({}),
  /** First TPROXY port: worker i listens on capturePort + i. From outside it resets. Default 15800. */
  capturePort: port().default(15_800),
  /**
   * When a LAN host's connection is accepted: when its server has accepted it, or at once. Truthful needs
   * a kernel that can hold a SYN; eager is what happens without. Default truthful.
   */
  connect: z
    .enum(['truthful', 'eager'], { error: mustBeText('truthful or eager') })
    .default('truthful'),
  /** Default 1. */
  workers: workers().default(1),
  /** MPTCP connections that wait, opened and joined, for the next LAN connection. */
  pool: z
    .strictObject({
      /** Connections at most; how many there are follows the demand. Default 16. */
      sizeMax: wholeNumber(1, 256).default(16),
      /** Seconds until one that nobody used is replaced. Default 300. */
      lifetimeS: wholeNumber(10, 3_600, 'seconds').default(300),
    })
    .prefault({}),
  /** How a leg without traffic is known to be alive. */
  probes: z
    .strictObject({
      /** Seconds between probes of an idle DSL. Default 30. */
      idleDslS: wholeNumber(1, 3_600, 'seconds').default(30),
      /** Seconds between probes of an idle LTE, where every byte counts. Default 300. */
      idleLteS: wholeNumber(1, 3_600, 'seconds').default(300),
      /** Seconds of silence after which LTE's carrier may have forgotten a connection (CGNAT). Default 120. */
      lteNatIdleS: wholeNumber(5, 7_200, 'seconds').default(120),
      /** Probes sent again without an answer until the leg counts as dead. Default 3. */
      retries: wholeNumber(1, 10).default(3),
    })
    .prefault({}),
  limits: z
    .strictObject({ connectMs: connectMs(), descriptorsShare: descriptorsShare() })
    .prefault({}),
  /** For LAN hosts that vanish. */
  keepalive: z.strictObject(keepaliveKeys).prefault({}),
  congestionControl: congestionControl(),
  page: pageSection(),
  speedTest: speedTestSection(),
  stateDirectory: stateDirectory(),
  /** For Prometheus (ADR 0047). */
  metrics: z.strictObject(metricsKeys(9_803)).prefault({}),
  log: logSection(),
})

export const cpeConfig = cpeFile
  .superRefine((config, context) => {
    for (const { path, message } of contradictions(config)) {
      context.addIssue({ code: 'custom', path, message })
    }
  })
  .readonly()

/** What each key alone cannot know. */
function* contradictions(config: z.infer<typeof cpeFile>): Generator<Contradiction> {
  const { concentrator, lan, legs, capturePort, workers, metrics, page } = config
  const [first, second] = concentrator.addresses
  if (first !== undefined && second !== undefined && isIpv6(first) === isIpv6(second)) {
    const family = isIpv6(second) ? 'IPv6' : 'IPv4'
    const message = `is a second ${family} address; name one of each family at most`
    yield { path: ['concentrator', 'addresses', 1], message }
  }
  for (const [i, name] of lan.interfaces.entries()) {
    const path = ['lan', 'interfaces', i]
    if (lan.interfaces.indexOf(name) < i) yield { path, message: `names ${name} a second time` }
    for (const leg of ['dsl', 'lte'] as const) {
      if (legs[leg].interface !== name) continue
      yield {
        path,
        message: `is ${name}, but that is the ${leg} leg; the LAN needs its own interface`,
      }
    }
  }
  if (legs.dsl.interface === legs.lte.interface) {
    const message = `is ${legs.lte.interface}, but so is legs.dsl.interface; each leg needs its own line`
    yield { path: ['legs', 'lte', 'interface'], message }
  }
  yield* policyContradictions(config)
  yield* tunnelContradictions(config)
  if (capturePort + workers - 1 > PORT_MAX) {
    const message = `is ${capturePort}, but ${workers} workers need ports up to ${capturePort + workers - 1}; choose ${PORT_MAX - workers + 1} or less`
    yield { path: ['capturePort'], message }
  }
  // TCP all. That the page's is bound to a LAN interface does not help: the others are bound to none.
  yield* portContradictions([
    { key: ['capturePort'], port: capturePort, count: workers },
    ...(metrics.enabled ? [{ key: ['metrics', 'port'], port: metrics.port, count: 1 }] : []),
    ...(page.enabled ? [{ key: ['page', 'port'], port: page.port, count: 1 }] : []),
  ])
}

function isIpv6(address: string): boolean {
  return address.includes(':')
}
