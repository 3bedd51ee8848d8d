/**
 * Service classes as an operator writes them (core/service-class.ts).
 */
import { z } from 'zod'
import { POLICY_SCOPES } from '../core/class-change.ts'
import { CARRIES, type HardwareAddress } from '../core/class-rules.ts'
import { domainSet, parseDomain } from '../core/domain-set.ts'
import { AFTER_CAP } from '../core/lte-guard.ts'
import { SPREADINGS } from '../core/manner.ts'
import { SERVICE_CLASSES } from '../core/service-class.ts'
import { type Prefix, parsePrefix } from '../wire/address.ts'
import { prefix } from './address.ts'
import { list, numberBetween, PORT_MAX } from './bounds.ts'
import { mustBeText, wrong } from './must.ts'

export function classesSection() {
  const rule = z.strictObject({
    class: serviceClass(),
    /**
     * TCP by Multipath TCP, or as it is through the datagram tunnel, where a line strips MPTCP. The tunnel needs
     * tunnel.enabled, and connect: truthful. Default mptcp.
     */
    carry: z.enum(CARRIES, { error: mustBeText('mptcp or tunnel') }).default('mptcp'),
    /** tcp or udp; without: either. */
    protocol: z.enum(['tcp', 'udp'], { error: mustBeText('tcp or udp') }).optional(),
    /** Destinations; without any: all. */
    to: list(prefix(), 0, PREFIXES_MAX, 'prefixes').default([]),
    /** Destination ports; without any: all. */
    ports: list(ports(), 0, PORTS_MAX, 'ports').default([]),
    /** LAN devices, by address, prefix or hardware address; without any: all. */
    from: list(device(), 0, DEVICES_MAX, 'devices').default([]),
    /** Code points of the first packet (RFC 2474); without any: all. */
    dscp: list(codePoint(), 0, CODE_POINTS, 'code points').default([]),
    /** Domains with all names under them, as the home's resolver tells them; without any: all. */
    domains: list(domain(), 1, DOMAINS_MAX, 'domains').transform(domainSet).optional(),
  })
  return z
    .strictObject({
      /** Of what no rule fits. Default overflow. */
      default: serviceClass().default('overflow'),
      /**
       * Which connections a change is for, when the file is read again. Default new. In a policy that comes by the
       * control session: all, where it does not say.
       */
      appliesTo: z.enum(POLICY_SCOPES, { error: mustBeText('new, all or reset') }).default('new'),
      /** What LTE may carry of a connection of class handover or interactive. */
      lteCap: z
        .strictObject({
          /** Both directions together. Default: no limit. */
          megabytes: numberBetween(0.1, 1_000_000, 'megabytes').optional(),
          /**
           * back: DSL alone carries it from then on, as soon as DSL lives; reset: it must begin anew. Default
           * back.
           */
          atCap: z.enum(AFTER_CAP, { error: mustBeText('back or reset') }).default('back'),
        })
        .prefault({}),
      /**
       * Which leg has the next packet of what the tunnel carries in bulk, for the classes that may use more than one.
       * Default cheapest-first, weighted and lowest-rtt.
       */
      schedulers: z
        .strictObject({
          overflow: scheduler().default('cheapest-first'),
          aggregate: scheduler().default('weighted'),
          interactive: scheduler().default('lowest-rtt'),
        })
        .prefault({}),
      /** The first that fits decides. Default none. */
      rules: list(rule, 0, RULES_MAX, 'rules').default([]),
    })
    .prefault({})
}

function scheduler() {
  const names = `${SPREADINGS.slice(0, -1).join(', ')} or ${SPREADINGS.at(-1)}`
  return z.enum(SPREADINGS, { error: mustBeText(names) })
}

function serviceClass() {
  const names = `${SERVICE_CLASSES.slice(0, -1).join(', ')} or ${SERVICE_CLASSES.at(-1)}`
  return z.enum(SERVICE_CLASSES, { error: mustBeText(names) })
}

/** A number, or a range such as `8000-8100`. */
function ports() {
  return z.unknown().transform((value, context) => {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value)) ?? []
    const from = Number(first)
    const to = Number(last ?? first)
    const written = typeof value === 'number' || typeof value === 'string'
    if (written && from >= 1 && from <= to && to <= PORT_MAX) return { from, to }
    context.addIssue({ code: 'custom', message: wrong(PORTS, value) })
    return z.NEVER
  })
}

function device() {
  return z
    .string({ error: mustBeText(DEVICE) })
    .transform((text, context): Prefix | HardwareAddress => {
      const hardware = text.toLowerCase().replaceAll('-', ':')
      // An odd first byte is a group's.
      if (/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(hardware)) return hardware
      const parsed = parsePrefix(text)
      if (parsed !== undefined) return parsed
      context.addIssue({ code: 'custom', message: wrong(DEVICE, text) })
      return z.NEVER
    })
}

/** A number, or a name such as `ef` or `af41`. */
function codePoint() {
  return z.unknown().transform((value, context) => {
    const named = typeof value === 'string' ? DSCP_NAMES.get(value.toLowerCase()) : undefined
    const dscp = named ?? value
    if (Number.isInteger(dscp) && Number(dscp) >= 0 && Number(dscp) < CODE_POINTS) {
      return Number(dscp)
    }
    context.addIssue({ code: 'custom', message: wrong(DSCP, value) })
    return z.NEVER
  })
}

function domain() {
  return z.string({ error: mustBeText(DOMAIN) }).transform((text, context) => {
    const name = parseDomain(text)
    if (name !== undefined) return name
    context.addIssue({ code: 'custom', message: wrong(DOMAIN, text) })
    return z.NEVER
  })
}

/** The names that RFC 2474, 2597, 3246, 5865 and 8622 give. */
const DSCP_NAMES: ReadonlyMap<string, number> = new Map([
  ...Array.from({ length: 8 }, (_, i): [string, number] => [`cs${i}`, 8 * i]),
  ...[1, 2, 3, 4].flatMap((row) =>
    [1, 2, 3].map((drop): [string, number] => [`af${row}${drop}`, 8 * row + 2 * drop]),
  ),
  ['ef', 46],
  ['va', 44],
  ['le', 1],
])

const DEVICE =
  'a LAN device: a hardware address such as aa:bb:cc:dd:ee:ff, an address or a prefix such as 192.168.1.20'
const DSCP = 'a DSCP from 0 to 63 or its name such as ef, af41 or cs1'
const DOMAIN = 'a domain such as tv.example, without * (names under it are meant too)'
const PORTS = `a port from 1 to ${PORT_MAX} or a range such as 8000-8100`
/** They are tried one after the other for each connection that the LAN opens. */
const RULES_MAX = 100
const PREFIXES_MAX = 100
const PORTS_MAX = 32
const DEVICES_MAX = 100
const CODE_POINTS = 64
const DOMAINS_MAX = 100
