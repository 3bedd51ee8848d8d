/**
 * A question put to a leg: a burst of probes, until one is answered or all are overdue.
 *
 *     begun ─┬─ 30 ms ─┬─ 30 ms ─┬─ 30 ms ─┬──── timeout, and what may keep an answer waiting ────▶ failed
 *          probe     probe     probe     probe            (further probes go on, slower)
 *
 * A silence under load is urgent. Every other question waits for its first answer before it repeats
 * itself: an idle LTE is not to be woken four times for what one packet can tell.
 */
import { BUSY_BYTES_PER_MS, type LegTraffic } from './leg-traffic.ts'
import type { ProbeTrack } from './probe-track.ts'

/** `silence`: the leg owes us something. `check`: somebody wants to hear an echo. */
export type QuestionCause = 'silence' | 'check'

/** When and how often a leg is asked. */
export interface ProbePolicy {
  /** How long a leg may rest before it is asked anyway. */
  readonly idleMs: number
  /** The same while another leg is busy: a leg that helps nobody then may be gone. */
  readonly companyMs: number
  /** Between the probes to one that stays lost, at most. */
  readonly lostMs: number
  /** Further probes after the first unanswered one. */
  readonly retries: number
}

export class LegQuestion {
  readonly why: QuestionCause
  readonly sinceMs: number
  /** From when on the leg owed an answer: the start of the silence that made us ask. */
  readonly owedSinceMs: number
  /** So many probes in a row must stay unanswered. */
  readonly needed: number
  readonly #traffic: LegTraffic
  readonly #track: ProbeTrack
  readonly #wakeMs: number
  readonly #txBytesBefore: number
  #sent = 0
  #neededSentMs: number

  constructor(
    why: QuestionCause,
    owedSinceMs: number,
    retries: number,
    leg: { readonly traffic: LegTraffic; readonly track: ProbeTrack },
    nowMs: number,
  ) {
    const { traffic, track } = leg
    this.why = why
    this.sinceMs = nowMs
    this.owedSinceMs = owedSinceMs
    this.needed = track.needed(retries)
    this.#traffic = traffic
    this.#track = track
    const asleep = why === 'silence' ? traffic.asleepBefore : nowMs - traffic.lastMs > WAKE_AFTER_MS
    this.#wakeMs = asleep ? WAKE_MS : 0
    this.#txBytesBefore = traffic.txBytes
    this.#neededSentMs = nowMs
  }

  /** Probes sent so far. */
  get sent(): number {
    return this.#sent
  }

  probeSent(nowMs: number): void {
    this.#sent += 1
    if (this.#sent <= this.needed) this.#neededSentMs = nowMs
  }

  /** `waitedMs`: since the last probe. `patientMs`: between probes once all is lost. */
  wantsProbe(waitedMs: number, patientMs: number, nowMs: number): boolean {
    if (this.#sent === 0) return true
    if (this.#sent < this.needed) return waitedMs >= this.#spacingMs
    return waitedMs >= (this.failed(nowMs) ? patientMs : WAITING_MS)
  }

  /** The first probe is late: time to ask elsewhere too. */
  late(nowMs: number): boolean {
    return this.#sent > 0 && nowMs - this.sinceMs > this.#track.answerMs + LATE_MARGIN_MS
  }

  /** The first probe has stayed unanswered. */
  overdue(nowMs: number): boolean {
    return this.#sent > 0 && nowMs - this.sinceMs > this.#track.timeoutMs
  }

  /** Asked as often as it takes, and every answer is overdue. */
  failed(nowMs: number): boolean {
    if (this.#sent < this.needed) return false
    if (nowMs - this.#neededSentMs < this.#track.timeoutMs + this.#graceMs(nowMs)) return false
    return nowMs - this.owedSinceMs >= this.#track.silenceMsMin(nowMs)
  }

  /** Bytes came in meanwhile. */
  get heard(): boolean {
    return this.#traffic.rxMs >= this.sinceMs
  }

  /**
   * What may keep an answer waiting on a living leg. Who goes on sending into the silence is no closed
   * loop, so the queue that was there a moment ago has not drained.
   */
  #graceMs(nowMs: number): number {
    const sentBytes = this.#traffic.txBytes - this.#txBytesBefore
    const sending = sentBytes > BUSY_BYTES_PER_MS * (nowMs - this.sinceMs)
    const queueMs = sending ? this.#track.queueMs(nowMs) : 0
    return this.#wakeMs + this.#traffic.ownQueueMs() + queueMs
  }

  get #spacingMs(): number {
    // However many it takes, an urgent question is put within the same time.
    return this.why === 'silence'
      ? Math.min(SPACING_MS, BURST_MS / (this.needed - 1))
      : Math.max(SPACING_MS, this.#track.answerMs + LATE_MARGIN_MS)
  }
}

export const SPACING_MS = 30
const BURST_MS = 90
const LATE_MARGIN_MS = 20
/** Between the probes that go on while a verdict waits for a queue to drain. */
const WAITING_MS = 60
/** What a sleeping radio may add to the first round trip. */
const WAKE_MS = 300
const WAKE_AFTER_MS = 5_000
