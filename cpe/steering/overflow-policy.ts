/**
 * What the operator's file says about overflow, as judgement takes it.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { DslLine } from '../../shared/core/dsl-first.ts'
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

/** What the operator has said that DSL carries; upwards the part of it that it is shaped to. */
export function dslLine({ legs: { dsl }, shaping }: Pick<CpeConfig, 'legs' | 'shaping'>): DslLine {
  const bytesPerMs = (mbps: number | undefined) =>
    mbps === undefined ? undefined : mbps * BYTES_PER_MS_AND_MBPS
  const upMbps = dsl.upMbps === undefined ? undefined : dsl.upMbps * shaping.dslShare
  return {
    configured: { down: bytesPerMs(dsl.downMbps), up: bytesPerMs(upMbps) },
    shapedUp: upMbps !== undefined,
  }
}

const BYTES_PER_MS_AND_MBPS = 125
