/**
 * Which addresses stand behind the names in the rules: sets in the nftables table `inet hybridge_names`, which
 * the home's resolver fills as it answers (dnsmasq's `nftset`). `steering/name-sets.ts` applies what is text
 * here, and the data threads ask the kernel (classifier.ts).
 *
 *    rule: domains [tv.example, film.example]          set v4_57a3..., v6_57a3...: by the domains alone
 *    dnsmasq: nftset=/tv.example/4#inet#hybridge_names#v4_57a3...,6#inet#hybridge_names#v6_57a3...
 *
 * It is a table of its own, for the one that captures is written anew whenever capture goes on or off.
 */
import type { ClassPolicy, DomainSet } from '../../shared/core/class-rules.ts'
import { isIpv4 } from '../../shared/wire/address.ts'

export const NAMES_TABLE = 'hybridge_names'

/** The set of a family that `set` of a rule is kept in. */
export function nameSet(set: string, address: Uint8Array): string {
  return isIpv4(address) ? `v4_${set}` : `v6_${set}`
}

/** All that the rules name, each once. */
export function domainSetsOf({ rules }: ClassPolicy): DomainSet[] {
  const sets = new Map<string, DomainSet>()
  for (const { domains } of rules) if (domains !== undefined) sets.set(domains.set, domains)
  return [...sets.values()]
}

/** The table with these sets. What is in a set that stands already stays there. */
export function renderNames(sets: readonly DomainSet[]): string {
  const lines = sets.flatMap(({ set }) => [renderSet(`v4_${set}`, 4), renderSet(`v6_${set}`, 6)])
  return `table inet ${NAMES_TABLE} {\n${lines.join('')}}\n`
}

/** To stand behind `renderNames`: sets that no rule needs any more. */
export function renderRemovals(sets: readonly DomainSet[]): string {
  const names = sets.flatMap(({ set }) => [`v4_${set}`, `v6_${set}`])
  return names.map((name) => `delete set inet ${NAMES_TABLE} ${name}\n`).join('')
}

/** Takes the table away, whether it is there or not. */
export const REMOVE_NAMES = `table inet ${NAMES_TABLE}
delete table inet ${NAMES_TABLE}
`

/** For dnsmasq's `conf-file`. One line a domain: dnsmasq reads 1,024 characters of one. */
export function renderDnsmasq(sets: readonly DomainSet[]): string {
  const lines = sets.flatMap(({ names, set }) => {
    const into = [4, 6].map((v) => `${v}#inet#${NAMES_TABLE}#v${v}_${set}`).join(',')
    return names.map((name) => `nftset=/${name}/${into}\n`)
  })
  return `# Written by Hybridge: which addresses stand behind the names in its rules.\n${lines.join('')}`
}

function renderSet(name: string, family: 4 | 6): string {
  return `  set ${name} { type ipv${family}_addr; flags timeout; timeout ${KEPT_S}s; size ${ADDRESSES_MAX}; }\n`
}

/** Longer than any name is cached by a host; a name that is asked for again stays. */
const KEPT_S = 86_400
/** Of one rule and family. A further one is in no rule until others are forgotten. */
const ADDRESSES_MAX = 65_535
