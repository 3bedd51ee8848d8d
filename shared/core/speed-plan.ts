/**
 * How many bytes each part of a speed test may carry: DSL's are free and LTE's are not, so each has its own sum.
 *
 *            DSL alone      LTE alone      both together
 *     DSL    40 %            -             60 %
 *     LTE     -             40 %           50 %, and a tenth is kept back, for it is stopped while it runs
 */

export interface SpeedTestLimits {
  /** In all, and of these over LTE. */
  readonly megabytes: number
  readonly lteMegabytes: number
}

export interface SpeedTestPart {
  readonly downBytes: number
  readonly upBytes: number
  /** Of either direction, over LTE: from here on it is stopped. */
  readonly lteDownBytes: number
  readonly lteUpBytes: number
}

export interface SpeedTestPlan {
  readonly dsl: SpeedTestPart
  readonly lte: SpeedTestPart
  readonly both: SpeedTestPart
}

export function planSpeedTest({ megabytes, lteMegabytes }: SpeedTestLimits): SpeedTestPlan {
  const lteBytes = 1e6 * Math.min(lteMegabytes, megabytes)
  const dslBytes = 1e6 * megabytes - lteBytes
  const part = (dsl: number, lte: number): SpeedTestPart => ({
    downBytes: Math.floor(DOWN * (dsl + lte)),
    upBytes: Math.floor((1 - DOWN) * (dsl + lte)),
    lteDownBytes: Math.floor(DOWN * lte),
    lteUpBytes: Math.floor((1 - DOWN) * lte),
  })
  return {
    dsl: part(0.4 * dslBytes, 0),
    lte: part(0, 0.4 * lteBytes),
    both: part(0.6 * dslBytes, 0.5 * lteBytes),
  }
}

/** Lines are faster downwards. */
const DOWN = 0.75
