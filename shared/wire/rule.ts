/**
 * rtnetlink about rules: which routing table a packet asks, in order of priority.
 *
 *   +---------------+---------------+---------------+---------------+
 *   |    Family     | dst length    | src length    |      TOS      |  struct fib_rule_hdr
 *   +---------------+---------------+---------------+---------------+
 *   |    Table      |     zero      |     zero      |    Action     |
 *   +---------------+---------------+---------------+---------------+
 *   |                             Flags                             |
 *   +---------------------------------------------------------------+
 *
 * (include/uapi/linux/fib_rules.h)
 */
import type { Prefix } from './address.ts'
import {
  type Attribute,
  type Attributes,
  cString,
  decodeAttributes,
  encodeBody,
  number,
  text,
  u8,
  u32,
} from './netlink.ts'
import { AF_INET, AF_INET6, type Family } from './route.ts'
import { MAPPED_BITS, mapped } from './rtnetlink.ts'

/** "Packets like this ask `table`": all that is absent fits everything. */
export interface Rule {
  readonly family: Family
  /** Lower is asked first: 0 is the kernel's local table, 32,766 main. */
  readonly priority: number
  readonly from?: Prefix | undefined
  readonly to?: Prefix | undefined
  /** Fits when `(packet's mark & mask) === value`. */
  readonly mark?: { readonly value: number; readonly mask: number } | undefined
  readonly inputInterface?: string | undefined
  readonly table: number
  /** Routes of this prefix length or a shorter one do not count: 0 leaves out default routes. */
  readonly suppressPrefixLength?: number | undefined
  /** Who set it; 88 is us. */
  readonly protocol: number
}

/** The body of RTM_NEWRULE or RTM_DELRULE. */
export function encodeRule(rule: Rule): Uint8Array {
  const header = ruleHeader(rule.family)
  header[7] = FR_ACT_TO_TABLE
  const attributes: Attribute[] = [
    [FRA_PRIORITY, u32(rule.priority)],
    [FRA_TABLE, u32(rule.table)],
    [FRA_PROTOCOL, u8(rule.protocol)],
  ]
  header[1] = putPrefix(attributes, FRA_DST, rule.family, rule.to)
  header[2] = putPrefix(attributes, FRA_SRC, rule.family, rule.from)
  if (rule.mark !== undefined) {
    attributes.push([FRA_FWMARK, u32(rule.mark.value)], [FRA_FWMASK, u32(rule.mark.mask)])
  }
  if (rule.inputInterface !== undefined) {
    attributes.push([FRA_IIFNAME, cString(rule.inputInterface)])
  }
  if (rule.suppressPrefixLength !== undefined) {
    attributes.push([FRA_SUPPRESS_PREFIXLEN, u32(rule.suppressPrefixLength)])
  }
  return encodeBody(header, attributes)
}

/** RTM_GETRULE (a dump) of one family. */
export function encodeRulesQuery(family: Family): Uint8Array {
  return ruleHeader(family)
}

/** The body of RTM_NEWRULE or RTM_DELRULE; undefined unless it sends packets to a table. */
export function decodeRule(body: Uint8Array): Rule | undefined {
  if (body.length < RULE_BYTES || body[7] !== FR_ACT_TO_TABLE) return undefined
  if (body[0] !== AF_INET && body[0] !== AF_INET6) return undefined
  const family = body[0] === AF_INET ? 'ipv4' : 'ipv6'
  const attributes = decodeAttributes(body, RULE_BYTES)
  const value = number(attributes.get(FRA_FWMARK))
  const suppressed = number(attributes.get(FRA_SUPPRESS_PREFIXLEN))
  return {
    family,
    priority: number(attributes.get(FRA_PRIORITY)) ?? 0,
    from: takePrefix(attributes, FRA_SRC, family, body[2]),
    to: takePrefix(attributes, FRA_DST, family, body[1]),
    mark:
      value === undefined
        ? undefined
        : { value, mask: number(attributes.get(FRA_FWMASK)) ?? 0xffff_ffff },
    inputInterface: text(attributes.get(FRA_IIFNAME)),
    table: number(attributes.get(FRA_TABLE)) ?? body[4] ?? 0,
    suppressPrefixLength: suppressed === NOT_SUPPRESSED ? undefined : suppressed,
    protocol: number(attributes.get(FRA_PROTOCOL)) ?? 0,
  }
}

/** Adds the attribute and answers the length for the header. */
function putPrefix(
  attributes: Attribute[],
  type: number,
  family: Family,
  prefix: Prefix | undefined,
): number {
  if (prefix === undefined) return 0
  attributes.push([type, prefix.address.subarray(family === 'ipv4' ? 12 : 0)])
  return prefix.bits - (family === 'ipv4' ? MAPPED_BITS : 0)
}

function takePrefix(
  attributes: Attributes,
  type: number,
  family: Family,
  bits = 0,
): Prefix | undefined {
  const address = mapped(attributes.get(type))
  if (address === undefined) return undefined
  return { address, bits: bits + (family === 'ipv4' ? MAPPED_BITS : 0) }
}

function ruleHeader(family: Family): Uint8Array {
  const header = new Uint8Array(RULE_BYTES)
  header[0] = family === 'ipv4' ? AF_INET : AF_INET6
  return header
}

const RULE_BYTES = 12
const FR_ACT_TO_TABLE = 1
const FRA_DST = 1
const FRA_SRC = 2
const FRA_IIFNAME = 3
const FRA_PRIORITY = 6
const FRA_FWMARK = 10
const FRA_SUPPRESS_PREFIXLEN = 14
const FRA_TABLE = 15
const FRA_FWMASK = 16
const FRA_PROTOCOL = 21
/** The kernel writes -1 where nothing is suppressed. */
const NOT_SUPPRESSED = 0xffff_ffff
