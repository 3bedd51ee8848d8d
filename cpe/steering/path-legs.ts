/**
 * The legs as subflows see them: usable or not, and from which address to which.
 */
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegUse } from '../../shared/core/subflows.ts'
import { formatAddress, isIpv4 } from '../../shared/wire/address.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'

export interface PathLeg {
  readonly use: LegUse
  readonly ifIndex: number
  /** 16 bytes, IPv4 as ::ffff:a.b.c.d; undefined where the leg has none of the family. */
  readonly address4: Uint8Array | undefined
  readonly address6: Uint8Array | undefined
}

export type PathLegs = Readonly<Record<LegName, PathLeg>>

/** All that matters about a leg, as text: equal when nothing has changed. */
export function keyOfLeg({ use, ifIndex, address4, address6 }: PathLeg): string {
  const addresses = [address4, address6].map((one) =>
    one === undefined ? '-' : formatAddress(one),
  )
  return `${use} ${ifIndex} ${addresses.join(' ')}`
}

/**
 * Joins begin elsewhere than before, or the leg has come back: whatever failed there may work now. That an
 * address of the other family came or went says nothing about a join that is under way.
 */
export function isFresh(before: PathLeg, now: PathLeg, remotes: readonly Endpoint[]): boolean {
  const startOf = (leg: PathLeg) => {
    const way = wayOf(leg, remotes)
    return way && `${leg.ifIndex} ${formatAddress(way.local)}`
  }
  return startOf(before) !== startOf(now) || (before.use === 'dead' && now.use !== 'dead')
}

export function usesOf(legs: PathLegs): Record<LegName, LegUse> {
  return { dsl: legs.dsl.use, lte: legs.lte.use }
}

/** Which leg an address, as text, belongs to now. */
export function legsByAddress(legs: PathLegs): Map<string, LegName> {
  const byAddress = new Map<string, LegName>()
  for (const leg of LEGS) {
    for (const address of [legs[leg].address4, legs[leg].address6]) {
      if (address !== undefined) byAddress.set(formatAddress(address), leg)
    }
  }
  return byAddress
}

/** From which address of the leg to which of `remotes`: the first whose family the leg has. */
export function wayOf(
  { address4, address6 }: Pick<PathLeg, 'address4' | 'address6'>,
  remotes: readonly Endpoint[],
): { readonly local: Uint8Array; readonly remote: Endpoint } | undefined {
  for (const remote of remotes) {
    const local = isIpv4(remote.address) ? address4 : address6
    if (local !== undefined) return { local, remote }
  }
  return undefined
}

const NO_LEG: PathLeg = { use: 'dead', ifIndex: 0, address4: undefined, address6: undefined }
export const NO_LEGS: PathLegs = { dsl: NO_LEG, lte: NO_LEG }
