/**
 * Which destinations may be reached through the concentrator, as an operator writes it.
 *
 *     allow: [10.20.0.0/16]                                    all ports
 *     deny: [{ prefix: 0.0.0.0/0, ports: [25, 6881-6889] }]    some
 */
import { z } from 'zod'
import type { AclRule, PortRange } from '../core/admission.ts'
import { knownPrefix, prefix } from './address.ts'
import { list, PORT_MAX } from './bounds.ts'
import { mustBe, mustBeText, wrong } from './must.ts'

/** `allow` and `deny` of one subscriber, both empty unless said otherwise. */
export function ownAcl() {
  return z.strictObject({ allow: rules().default([]), deny: rules().default([]) }).prefault({})
}

/** Everybody's. */
export function acl() {
  return z
    .strictObject({
      /** Default none. */
      allow: rules().default([]),
      /** Default none. */
      deny: rules().default([]),
      /** Whether DENIED_BY_DEFAULT is denied as well, which `allow` beats. Default true. */
      denyDefaults: z.boolean({ error: mustBe('true or false') }).default(true),
      /**
       * Whether homes may reach each other's addresses through here. Our own addresses are reached only
       * through `allow`. Default refuse.
       */
      hairpin: z
        .enum(['refuse', 'allow'], { error: mustBeText('refuse or allow') })
        .default('refuse'),
    })
    .prefault({})
}

function rules() {
  return list(rule(), 0, ACL_RULES_MAX, 'prefixes')
}

function rule() {
  const some = z
    .strictObject({ prefix: prefix(), ports: list(portRange(), 1, ACL_PORTS_MAX, 'ports') })
    .transform(({ prefix: network, ports }): AclRule => ({ ...network, ports }))
  return z.unknown().transform((input, context): AclRule => {
    const schema = typeof input === 'object' && input !== null ? some : prefix()
    const parsed = schema.safeParse(input)
    if (parsed.success) return parsed.data
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: 'custom', path, message })
    }
    return z.NEVER
  })
}

/** `443`, or `6881-6889` with both bounds included. */
function portRange() {
  return z.unknown().transform((input, context): PortRange => {
    const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(input)) ?? []
    const range = { from: Number(from), to: Number(to ?? from) }
    if (range.from >= 1 && range.from <= range.to && range.to <= PORT_MAX) return range
    context.addIssue({ code: 'custom', message: wrong(PORTS, input) })
    return z.NEVER
  })
}

const PORTS = 'a port or a range of ports such as 443 or 6881-6889'
const ACL_RULES_MAX = 1_000
const ACL_PORTS_MAX = 100

/**
 * What nobody behind a concentrator may reach through it: the operator's own insides, and what is no
 * server. Prefixes that documentation and laboratories use are not in it.
 */
export const DENIED_BY_DEFAULT: readonly AclRule[] = [
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
].map(knownPrefix)
