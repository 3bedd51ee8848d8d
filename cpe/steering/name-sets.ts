/**
 * Hands on the sets of addresses behind names (data/names.ts): they are there as long as the rules need them, and
 * what stands in them outlives a change of rules and a restart of the agent, for a resolver tells an address
 * only once.
 *
 *    <stateDirectory>/dnsmasq.conf    for the resolver: which name belongs into which set
 *    <stateDirectory>/cpe-names.nft   what the sets held when the agent ended
 */

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { ClassPolicy, DomainSet } from '../../shared/core/class-rules.ts'
import { sentenceOf } from '../../shared/daemon/log.ts'
import { applyRuleset, listTable } from '../../shared/linux/nftables.ts'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import {
  domainSetsOf,
  NAMES_TABLE,
  REMOVE_NAMES,
  renderDnsmasq,
  renderNames,
  renderRemovals,
} from '../data/names.ts'

export interface NameSets extends AsyncDisposable {
  /** The sets of these rules from now on. */
  adopt(policy: { readonly classes: ClassPolicy }): void
  /** What was adopted last stands, or was complained about. */
  readonly settled: Promise<void>
}

/**
 * Throws a sentence when nft refuses. What is refused later goes to `complain`; `onResolver` is told when the
 * resolver must read its file again.
 */
export async function openNameSets(
  { classes, stateDirectory }: Pick<CpeConfig, 'classes' | 'stateDirectory'>,
  complain: (sentence: string) => void,
  onResolver: (file: string) => void,
): Promise<NameSets> {
  const rulesetFile = join(stateDirectory, 'cpe-names-ruleset.nft')
  const heldFile = join(stateDirectory, 'cpe-names.nft')
  const resolverFile = join(stateDirectory, 'dnsmasq.conf')
  let sets: readonly DomainSet[] = []
  let stands = false
  const change = async (next: readonly DomainSet[]): Promise<void> => {
    const had = sets
    const gone = had.filter(({ set }) => !next.some((one) => one.set === set))
    const come = next.filter(({ set }) => !had.some((one) => one.set === set))
    if (gone.length === 0 && come.length === 0) return
    mkdirSync(stateDirectory, { recursive: true })
    if (had.length === 0) await standAgain(next, heldFile, rulesetFile)
    else await applyRuleset(`${renderNames(next)}${renderRemovals(gone)}`, rulesetFile)
    sets = next
    stands = true
    replaceFile(resolverFile, renderDnsmasq(next))
    onResolver(resolverFile)
  }

  await change(domainSetsOf(classes))
  let settled: Promise<void> = Promise.resolve()
  return {
    adopt(policy) {
      const next = domainSetsOf(policy.classes)
      settled = settled
        .then(() => change(next))
        .catch((error: unknown) => complain(sentenceOf(error)))
    },
    get settled() {
      return settled
    },
    async [Symbol.asyncDispose]() {
      await settled
      if (!stands) return
      const held = await listTable(NAMES_TABLE)
      if (held !== undefined) replaceFile(heldFile, held)
      await applyRuleset(REMOVE_NAMES, rulesetFile)
      rmSync(rulesetFile)
    },
  }
}

/** Best what a crash left standing, else what the last end has written down. */
async function standAgain(
  sets: readonly DomainSet[],
  heldFile: string,
  rulesetFile: string,
): Promise<void> {
  const standing = (await listTable(NAMES_TABLE)) !== undefined
  const held = !standing && existsSync(heldFile) ? readFileSync(heldFile, 'utf8') : ''
  try {
    await applyRuleset(`${held}${renderNames(sets)}`, rulesetFile)
  } catch {
    // Another version made its sets otherwise: the resolver fills new ones in its own time.
    await applyRuleset(`${REMOVE_NAMES}${renderNames(sets)}`, rulesetFile)
  }
}
