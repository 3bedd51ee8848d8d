/**
 * Who the homes are, as far as control sessions want to know, and what policy each shall have: from the store, and
 * from the configuration file.
 */

import { hash } from 'node:crypto'
import type { PolicyDocument } from '../../shared/config/policy-document.ts'
import { LEGS } from '../../shared/core/leg.ts'
import type { Prefix } from '../../shared/wire/address.ts'
import { prefixContains } from '../../shared/wire/address.ts'
import type { EffectivePolicy, Homes } from '../subscribers/homes.ts'
import type { Roster } from '../subscribers/roster.ts'
import type { Store } from '../subscribers/store.ts'

export interface Home {
  /** What the data threads call it. */
  readonly number: number
  readonly id: string
  /** What its proof is judged by. */
  readonly verifier: Uint8Array
  /** Where it may come from; empty where that was not said. */
  readonly prefixes: readonly Prefix[]
  readonly policy: VersionedPolicy
}

export interface VersionedPolicy {
  /** Another document has another. */
  readonly version: string
  readonly document: PolicyDocument
}

/** The home of that name, as it is at the moment of the question; undefined for one that may not come. */
export function sessionHomes(
  homes: Homes,
  roster: Pick<Roster, 'numberOf'>,
): (id: string) => Home | undefined {
  const versions = new WeakMap<EffectivePolicy, VersionedPolicy>()
  const versioned = (effective: EffectivePolicy): VersionedPolicy => {
    const known = versions.get(effective)
    if (known !== undefined) return known
    // Rates are kept here (subscribers/shaper.ts).
    const { rates: _, ...document } = effective.said
    const version = hash('sha256', JSON.stringify(document)).slice(0, VERSION_DIGITS)
    const policy = { version, document }
    versions.set(effective, policy)
    return policy
  }
  return (id) => {
    const home = homes.home(id)
    const number = roster.numberOf(id)
    if (home === undefined || home.state !== 'active' || number === undefined) return undefined
    return {
      number,
      id,
      verifier: Buffer.from(home.verifier.session, 'hex'),
      prefixes: LEGS.flatMap((leg) => home.prefixes[leg]),
      policy: versioned(homes.policyFrom(homes.layersOf(home))),
    }
  }
}

/** Whether what was last known of a home is enough for a session to begin, while the store is away. */
export function isTrusted(
  { homes, staleSinceMs }: Pick<Store, 'homes' | 'staleSinceMs'>,
  id: string,
  trustS: number,
  nowMs: number,
): boolean {
  if (staleSinceMs === undefined || homes.isOfFile(id)) return true
  // A clock that was put back makes it young again: then the store's absence is told all the same.
  return nowMs - staleSinceMs <= trustS * 1_000
}

const VERSION_DIGITS = 16

/** Whether a home may come from there. */
export function isFrom({ prefixes }: Pick<Home, 'prefixes'>, address: Uint8Array): boolean {
  return prefixes.length === 0 || prefixes.some((one) => prefixContains(one, address))
}
