/**
 * What may go down each leg of each home, as classes: by the caps of the configuration file, and over them by the
 * home's policy (`rates`), which changes while we run.
 */
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import { CAPPED_HOMES_MAX, cappedLeg, legClass } from '../../shared/core/shaping.ts'
import type { QueuedClass } from '../../shared/wire/tc.ts'

/** Mbit/s. */
export interface LegRates {
  readonly dslDownMbps?: number | undefined
  readonly lteDownMbps?: number | undefined
}

/** What has become another. */
export interface CapChange {
  readonly subscriber: number
  /** LEG_NUMBER. */
  readonly leg: number
  /** `lifted` is a class that holds nothing up any more. */
  readonly kind: 'capped' | 'changed' | 'lifted'
  readonly one: QueuedClass
}

export class LegCaps {
  readonly #ratesOf: (subscriber: number) => LegRates
  readonly #dslShare: number
  /** By handle. */
  readonly #classes = new Map<number, QueuedClass>()

  /** `dslShare` of what a DSL line carries is used, so that packets wait here and not at the line. */
  constructor(ratesOf: (subscriber: number) => LegRates, dslShare: number) {
    this.#ratesOf = ratesOf
    this.#dslShare = dslShare
  }

  /** Undefined where the leg is not capped. */
  classOf(subscriber: number, leg: number): QueuedClass | undefined {
    // What is beyond has no handle of its own.
    if (subscriber >= CAPPED_HOMES_MAX) return undefined
    return this.#classes.get(legClass(subscriber, leg))
  }

  /** What that home's caps are now, against what they were. */
  look(subscriber: number): CapChange[] {
    if (subscriber >= CAPPED_HOMES_MAX) return []
    const { dslDownMbps, lteDownMbps } = this.#ratesOf(subscriber)
    const wanted = [
      { leg: LEG_NUMBER.dsl, mbps: dslDownMbps && dslDownMbps * this.#dslShare },
      { leg: LEG_NUMBER.lte, mbps: lteDownMbps },
    ]
    return wanted.flatMap(({ leg, mbps }): CapChange[] => {
      const handle = legClass(subscriber, leg)
      const before = this.#classes.get(handle)
      if (mbps === undefined) {
        if (!this.#classes.delete(handle)) return []
        return [{ subscriber, leg, kind: 'lifted', one: cappedLeg(subscriber, leg, LIFTED_MBPS) }]
      }
      const one = cappedLeg(subscriber, leg, mbps)
      if (before?.ceilBytesPerS === one.ceilBytesPerS) return []
      this.#classes.set(handle, one)
      return [{ subscriber, leg, kind: before === undefined ? 'capped' : 'changed', one }]
    })
  }
}

/** More than any line of a home, and no more than a class can say. */
const LIFTED_MBPS = 10_000
