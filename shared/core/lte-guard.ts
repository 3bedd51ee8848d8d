/**
 * What LTE may carry of one connection whose class would have it there for its own good: `handover` and
 * `interactive` (Apple's guards). Bytes are those of the connection's subflows on LTE, both directions, those
 * that have ended too.
 *
 *     while LTE roams           DSL alone
 *     maxBytes have been spent  back: DSL alone from then on; reset: it begins anew
 *
 * While DSL is dead, what went back stays where it is: no connection is left without a leg.
 */
import type { ServiceClass } from './service-class.ts'

export const AFTER_CAP = ['back', 'reset'] as const

export interface GuardPolicy {
  /** undefined: no limit. */
  readonly maxBytes: number | undefined
  readonly atCap: (typeof AFTER_CAP)[number]
}

export function guard(
  serviceClass: ServiceClass,
  lteBytes: number,
  { maxBytes, atCap }: GuardPolicy,
  roaming: boolean,
): 'free' | 'back' | 'reset' {
  if (serviceClass !== 'handover' && serviceClass !== 'interactive') return 'free'
  if (maxBytes !== undefined && lteBytes >= maxBytes) return atCap
  return roaming ? 'back' : 'free'
}

/** What each connection's subflows on LTE have carried, as far as they were seen. */
export class LteBytes {
  readonly #connections = new Map<number, Spent>()

  /** All subflows on LTE that there are: `ends` tells them apart, `bytes` counts from their beginning. */
  see(
    subflows: Iterable<{ readonly token: number; readonly ends: string; readonly bytes: number }>,
  ) {
    for (const { token, ends, bytes } of subflows) {
      const spent = this.#connections.get(token) ?? { ended: 0, open: new Map<string, number>() }
      this.#connections.set(token, spent)
      const before = spent.open.get(ends) ?? 0
      // The same two ends once more, from the beginning.
      if (bytes < before) spent.ended += before
      spent.open.set(ends, bytes)
    }
  }

  of(token: number): number {
    const spent = this.#connections.get(token)
    if (spent === undefined) return 0
    let bytes = spent.ended
    for (const open of spent.open.values()) bytes += open
    return bytes
  }

  /** Forget connections that are over. */
  keep(isOpen: (token: number) => boolean): void {
    for (const token of this.#connections.keys()) {
      if (!isOpen(token)) this.#connections.delete(token)
    }
  }
}

interface Spent {
  ended: number
  /** Also of subflows that have ended meanwhile: nobody counts them again. */
  readonly open: Map<string, number>
}
