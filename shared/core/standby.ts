/**
 * What becomes of a connection's subflow on LTE while DSL carries it (ADR 0026).
 *
 *                      hot, LTE used lately   hot, LTE not used      cold
 *     none yet         joined                 joined                 none
 *     silent for less  kept                   kept                   kept
 *     silent for more  (it never is)          ended, not joined anew ended
 *
 * A carrier forgets the mapping of what is silent (CGNAT) and tells nobody. While LTE is of use, each
 * standby is asked for a sign of life before that; otherwise it is ended while its end still gets through,
 * which costs no more than it would have cost at the end of the connection.
 */

/** `hot`: joined ahead. `cold`: built when it shall carry. */
export const STANDBY_POLICIES = ['hot', 'cold'] as const
export type StandbyPolicy = (typeof STANDBY_POLICIES)[number]

/** `ahead`: make it where it is missing. `kept`: only where it stands. `none`: end it. */
export type Standby = 'ahead' | 'kept' | 'none'

export interface StandbyFacts {
  /** LTE was of use within the last hour. */
  readonly lteUsed: boolean
  /** For how long nothing has come in by it; undefined where none stands. */
  readonly silentMs: number | undefined
  /** It stood once, was silent for too long, and has not been needed since. */
  readonly rested: boolean
}

export function standbyOf(
  policy: StandbyPolicy,
  { lteUsed, silentMs, rested }: StandbyFacts,
  natIdleMs: number,
): Standby {
  const hot = policy === 'hot'
  if (hot && lteUsed) return 'ahead'
  if (silentMs === undefined) return hot && !rested ? 'ahead' : 'none'
  return silentMs >= natIdleMs * REST_SHARE ? 'none' : 'kept'
}

/** When a standby that nothing comes in by shall end. */
export function restsAtMs(heardMs: number, natIdleMs: number): number {
  return heardMs + natIdleMs * REST_SHARE
}

/** A subflow that has been silent for so long may lead nowhere. */
export function isForgotten(silentMs: number, natIdleMs: number): boolean {
  return silentMs >= natIdleMs
}

/** After so many seconds of silence a subflow that shall live is asked for a sign of life; it may be lost once. */
export function keepaliveIdleS(natIdleS: number): number {
  return Math.max(1, Math.floor(natIdleS * KEEPALIVE_SHARE))
}

/** The kernel's list, where silences are read, is up to 10 s old, and 30 s where there are many connections. */
const REST_SHARE = 0.8
const KEEPALIVE_SHARE = 0.6
