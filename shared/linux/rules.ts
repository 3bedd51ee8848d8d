/**
 * Routing rules of ours: they carry protocol 88, and no others are touched. Calls answer 0 or
 * `-errno`.
 */
import { FLAG_CREATE, FLAG_EXCLUSIVE } from '../wire/netlink.ts'
import { RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE } from '../wire/rtnetlink.ts'
import { decodeRule, encodeRule, encodeRulesQuery, type Rule } from '../wire/rule.ts'
import type { NetlinkSocket } from './netlink.ts'
import { OUR_PROTOCOL } from './routes.ts'

/** What we want to be there: the protocol is always ours. */
export type OurRule = Omit<Rule, 'protocol'>

/** -EEXIST when the very same rule is there: the kernel would take two, and we would remove one. */
export function addRule(route: NetlinkSocket, ours: OurRule): number {
  return route.ask(
    RTM_NEWRULE,
    FLAG_CREATE | FLAG_EXCLUSIVE,
    encodeRule({ ...ours, protocol: OUR_PROTOCOL }),
  )
}

/** -ENOENT when there is none like it. */
export function deleteRule(route: NetlinkSocket, ours: OurRule): number {
  return route.ask(RTM_DELRULE, 0, encodeRule({ ...ours, protocol: OUR_PROTOCOL }))
}

/** Every rule of ours, both families. */
export function ourRules(route: NetlinkSocket): Rule[] {
  return (['ipv4', 'ipv6'] as const)
    .flatMap((family) => route.list(RTM_GETRULE, encodeRulesQuery(family), decodeRule))
    .filter((rule) => rule.protocol === OUR_PROTOCOL)
}

/** At start after a crash, and at the end. Answers how many there were. */
export function deleteOurRules(route: NetlinkSocket): number {
  const found = ourRules(route)
  for (const ours of found) deleteRule(route, ours)
  return found.length
}
