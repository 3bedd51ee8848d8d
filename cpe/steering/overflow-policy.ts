/**
 * What the operator's file says about overflow, as judgement takes it.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { Direction } from '../../shared/core/dsl-first.ts'
import type { OverflowPolicy } from '../../shared/core/overflow.ts'

export function overflowPolicy({ overflow }: Pick<CpeConfig, 'overflow'>): OverflowPolicy {
  return {
    engageAt: overflow.engagePercent / 100,
    engageMs: overflow.engageMs,
    releaseAt: overflow.releasePercent / 100,
    releaseMs: overflow.releaseMs,
    trialMs: overflow.trialS * 1_000,
    burstBytesMax: overflow.burstMegabytes * 1e6,
  }
}

/** DSL's capacity in bytes a millisecond, where the operator has said. */
export function configuredCapacity({
  legs: { dsl },
}: Pick<CpeConfig, 'legs'>): Record<Direction, number | undefined> {
  const bytesPerMs = (mbps: number | undefined) =>
    mbps === undefined ? undefined : mbps * BYTES_PER_MS_AND_MBPS
  return { down: bytesPerMs(dsl.downMbps), up: bytesPerMs(dsl.upMbps) }
}

const BYTES_PER_MS_AND_MBPS = 125
