/**
 * What each home has used, by leg and direction: IP bytes between home and concentrator, as they crossed the line (ADR
 * 0037).
 *
 *    every 10 s      the tracker's counters are taken out ─┐
 *    when one ends   its last counters come by themselves ─┴─▶ whose? ─▶ sums ─▶ keeper
 *
 * Taking out is one step in the kernel, so no byte is counted twice, by us or by the concentrator that starts after a
 * kill -9; what that one had taken out and not yet written is the least that is lost, and less than an interval.
 */
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import { crossedBytes } from '../../shared/core/merged-packets.ts'
import type { Tie } from '../../shared/core/tie.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import type { CountedConnection } from '../../shared/wire/conntrack-counters.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import type { Octets } from './keeper.ts'
import { added, NO_OCTETS } from './usage.ts'

export class Accountant {
  /** Of connections that nothing ties to a home and a leg. */
  untoldBytes = 0
  readonly #ownerOf: (peer: Endpoint) => Tie | undefined
  /** By subscriber number, since they were last taken. */
  #sums = new Map<number, Octets>()

  constructor(ownerOf: (peer: Endpoint) => Tie | undefined) {
    this.#ownerOf = ownerOf
  }

  count({ source, original, reply }: CountedConnection): void {
    const family = isIpv4(source.address) ? 'ipv4' : 'ipv6'
    const up = crossedBytes(original, family)
    const down = crossedBytes(reply, family)
    const owner = this.#ownerOf(source)
    if (owner === undefined) {
      this.untoldBytes += up + down
      return
    }
    const isLte = owner.leg === LEG_NUMBER.lte
    this.#sums.set(
      owner.subscriber,
      added(
        this.#sums.get(owner.subscriber) ?? NO_OCTETS,
        isLte
          ? { ...NO_OCTETS, lteUp: up, lteDown: down }
          : { ...NO_OCTETS, dslUp: up, dslDown: down },
      ),
    )
  }

  /** What was counted since the last call, by subscriber number. */
  take(): ReadonlyMap<number, Octets> {
    const sums = this.#sums
    this.#sums = new Map()
    return sums
  }
}
