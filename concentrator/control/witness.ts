/**
 * What the concentrator has seen of a home since that home's report before: how its transfers fared here, and how busy
 * our own processor was.
 */
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import { ProcessorLook } from '../../shared/linux/processor.ts'
import { type StreetWaits, type Waits, waitsBetween } from '../subscribers/street-waits.ts'

export class Witness {
  readonly #waits: Pick<StreetWaits, 'read'>
  /** By id: how it stood at the home's last report, and when. */
  readonly #before = new Map<string, { readonly waits: Waits; readonly atMs: number }>()
  readonly #processor: Pick<ProcessorLook, 'look'>
  #processorShare: number | undefined

  constructor(
    waits: Pick<StreetWaits, 'read'>,
    processor: Pick<ProcessorLook, 'look'> = new ProcessorLook(),
  ) {
    this.#waits = waits
    this.#processor = processor
  }

  /** Every PROCESSOR_MS: all homes share one processor. */
  lookAtProcessor(nowMs: number): void {
    this.#processorShare = this.#processor.look(nowMs)
  }

  /** A home reports; undefined of the first time, or of a home that was away for long. */
  testify(
    home: { readonly id: string; readonly number: number },
    nowMs: number,
  ): StreetInterval | undefined {
    const before = this.#before.get(home.id)
    const waits = this.#waits.read(home.number)
    this.#before.set(home.id, { waits, atMs: nowMs })
    const ms = nowMs - (before?.atMs ?? -Infinity)
    if (before === undefined || ms > AWAY_MS || ms < AT_ONCE_MS) return undefined
    return { processorShare: this.#processorShare, ...waitsBetween(before.waits, waits, ms) }
  }

  forget(id: string): void {
    this.#before.delete(id)
  }
}

export const PROCESSOR_MS = 5_000
/** The longest pause between two reports is a minute. */
const AWAY_MS = 120_000
const AT_ONCE_MS = 1_000
