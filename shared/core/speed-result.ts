/**
 * What a speed test tells while it runs and when it is over (ADR 0051).
 */

import type { Starter } from './speed-turns.ts'

/** In the order in which they are tested. */
export const SUBJECTS = ['dsl', 'lte', 'both'] as const
export type Subject = (typeof SUBJECTS)[number]

/** `path`: whether Multipath TCP passes, how large packets may be, and the delay while nothing is sent. */
export const STEPS = ['path', 'down', 'up'] as const
export type Step = (typeof STEPS)[number]

export type Family = 'ipv4' | 'ipv6'

/** One way of a leg to the concentrator. */
export interface PathResult {
  /** Why nothing, or no large packet, passes. */
  readonly why?: 'noAddress' | WhyNot
  readonly multipath?: boolean
  readonly mtuBytes?: number
}

/** What is not there was not measured. */
export interface SubjectResult {
  /** Why it was not tested, or not to the end. */
  readonly why?: WhyNot
  /** Of a leg alone: by each family in which the concentrator has an address. */
  readonly paths?: Readonly<Partial<Record<Family, PathResult>>>
  /** The one by which all that follows was measured. */
  readonly family?: Family
  /** The connection was Multipath TCP to its end; false: the network makes it plain TCP. */
  readonly multipath?: boolean
  /** The largest packet of the path, as the kernel knows it after the transfer. */
  readonly mtuBytes?: number
  readonly downBitsPerS?: number
  readonly upBitsPerS?: number
  /** Medians of round trips: at rest, and while it is filled. */
  readonly idleMs?: number
  readonly loadedDownMs?: number
  readonly loadedUpMs?: number
}

export type WhyNot =
  | 'down'
  | 'unreachable'
  | 'refused'
  | 'stalled'
  | 'lteOff'
  | 'lteSpent'
  | 'lteNotTested'
  | 'lteOften'
  | 'stopped'

export interface SpeedTestResult {
  /** When it began, since 1970. */
  readonly atMs: number
  readonly by: Starter
  readonly subjects: Readonly<Partial<Record<Subject, SubjectResult>>>
  /** What the test's own connections have carried: all of it, and LTE's part. */
  readonly usedBytes: number
  readonly lteUsedBytes: number
}

export interface SpeedTestState {
  /** What one test may carry. */
  readonly megabytes: number
  readonly lteMegabytes: number
  /** Undefined while none runs. */
  readonly running?: { readonly subject: Subject; readonly step: Step }
  /** Of the last one, or of the one that runs, as far as it is known. */
  readonly result?: SpeedTestResult
}
