/**
 * The probes of one leg: which are open, how long answers take, and how many get lost.
 *
 * Round trips are smoothed as TCP does it (RFC 6298): srtt and rttvar. Two pairs of them: `rttMs` is what
 * a packet takes now, queue and all, for people and for timeouts of connections; the timeout of a probe is
 * reckoned from answers without load, for when a leg falls silent its queues have drained.
 */
import { FadingMax } from './fading-max.ts'
import { LeastOfLate } from './least-of-late.ts'

export class ProbeTrack {
  readonly #open: OpenProbe[] = []
  readonly #quiet = new Smoothed()
  readonly #all = new Smoothed()
  readonly #floor = new LeastOfLate(FLOOR_MS)
  #quietIsLoaded = false
  #sent = 0
  #lost = 0
  #excusedUntilMs = -Infinity
  #samplesLeft = SAMPLES
  readonly #bump = new FadingMax(BUMP_HALF_LIFE_MS, BUMP_MS_MAX)
  readonly #queue = new FadingMax(QUEUE_HALF_LIFE_MS, QUEUE_MS_MAX)

  /** `loaded`: other packets share the queues, so a loss may be theirs. */
  sent(number: number, nowMs: number, loaded: boolean): void {
    this.#samplesLeft = Math.max(0, this.#samplesLeft - 1)
    this.#open.push({ number, atMs: nowMs, loaded })
    if (this.#open.length > OPEN_MAX) this.#open.shift()
  }

  /** When the answered probe had been sent; undefined for one unknown, answered before, or too old. */
  answered(number: number, rttMs: number, loaded: boolean, nowMs: number): number | undefined {
    const index = this.#open.findIndex((probe) => probe.number === number)
    const [probe] = index < 0 ? [] : this.#open.splice(index, 1)
    if (probe === undefined) return undefined
    if (nowMs < this.#excusedUntilMs) return probe.atMs
    this.#count(false)
    this.#all.add(rttMs)
    this.#floor.see(rttMs, nowMs)
    this.#learnQuiet(rttMs, loaded)
    this.#queue.see(rttMs - this.#quiet.meanMs, nowMs)
    return probe.atMs
  }

  /** Drop what will not be answered any more. `countsAsLoss` is false while the leg itself is in doubt. */
  expire(nowMs: number, countsAsLoss: boolean): void {
    for (;;) {
      const [oldest] = this.#open
      if (oldest === undefined || nowMs - oldest.atMs < LOST_MS) return
      this.#open.shift()
      if (countsAsLoss && !oldest.loaded) this.#count(true)
    }
  }

  /** The leg lived through a silence of this length: later ones of its kind shall not look like death. */
  survived(silenceMs: number, nowMs: number): void {
    if (nowMs < this.#excusedUntilMs) return
    this.#bump.see(silenceMs, nowMs)
  }

  /** Whoever should answer could not: what comes late now says nothing about the leg. */
  excuse(nowMs: number): void {
    this.#excusedUntilMs = nowMs + EXCUSED_MS
  }

  /** Another path: forget its round trips, keep what we know of its manners. */
  forget(): void {
    this.#open.length = 0
    this.#quiet.forget()
    this.#all.forget()
    this.#floor.forget()
    this.learnAnew()
  }

  /** Its manners may have changed. */
  learnAnew(): void {
    this.#samplesLeft = SAMPLES
  }

  /** Little is known of it: `waitedMs` after the last probe it should be asked again. */
  wantsSample(waitedMs: number): boolean {
    return this.#samplesLeft > 0 && waitedMs >= SAMPLE_MS
  }

  /** The smoothed round trip, load and all; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#all.known ? this.#all.meanMs : undefined
  }

  /** The least round trip of late; undefined before the first answer. */
  get rttFloorMs(): number | undefined {
    const { least } = this.#floor
    return least === Infinity ? undefined : least
  }

  /** Of the probes that had the leg to themselves; undefined before one was answered or lost. */
  get lossShare(): number | undefined {
    return this.#sent === 0 ? undefined : this.#lost / this.#sent
  }

  /** How long an answer may take on this leg without load, before any floor. */
  get answerMs(): number {
    return this.#quiet.known ? this.#quiet.meanMs + 4 * this.#quiet.deviationMs : ANSWER_MS_UNKNOWN
  }

  /** How long a probe may stay unanswered. */
  get timeoutMs(): number {
    return Math.max(TIMEOUT_MS_MIN, this.answerMs + TIMEOUT_MARGIN_MS)
  }

  /** The longest queue that answers stood in of late. */
  queueMs(nowMs: number): number {
    return this.#queue.at(nowMs)
  }

  /** No silence shorter than this is taken for death. */
  silenceMsMin(nowMs: number): number {
    return this.#bump.at(nowMs) * BUMP_MARGIN
  }

  /** So many probes in a row that loss alone would hardly ever eat them all. */
  needed(retries: number): number {
    const loss = (this.#lost + PRIOR_LOST) / (this.#sent + PRIOR_SENT)
    const enough = Math.ceil(Math.log(FALSE_ALARM_CHANCE) / Math.log(loss))
    return Math.max(1 + retries, Math.min(enough, NEEDED_MAX))
  }

  /** A leg first met under load shows its quiet round trip later: until then, the loaded one must do. */
  #learnQuiet(rttMs: number, loaded: boolean): void {
    if (loaded && !this.#quietIsLoaded && this.#quiet.known) return
    if (!loaded && this.#quietIsLoaded) this.#quiet.forget()
    if (!this.#quiet.known) this.#quietIsLoaded = loaded
    this.#quiet.add(rttMs)
  }

  #count(lost: boolean): void {
    this.#sent += 1
    if (lost) this.#lost += 1
    if (this.#sent < REMEMBERED_MAX) return
    this.#sent /= 2
    this.#lost /= 2
  }
}

interface OpenProbe {
  readonly number: number
  readonly atMs: number
  readonly loaded: boolean
}

class Smoothed {
  meanMs = 0
  deviationMs = 0
  known = false

  add(sampleMs: number): void {
    if (this.known) {
      this.deviationMs += (Math.abs(sampleMs - this.meanMs) - this.deviationMs) / 4
      this.meanMs += (sampleMs - this.meanMs) / 8
    } else {
      this.meanMs = sampleMs
      this.deviationMs = sampleMs / 2
      this.known = true
    }
  }

  forget(): void {
    this.known = false
  }
}

const OPEN_MAX = 64
/** Routes change, and so does the least that they take. */
const FLOOR_MS = 600_000
/** A new path is asked a few times, to learn its manners before they matter. */
const SAMPLES = 12
const SAMPLE_MS = 100
/** What was held up arrives within this time of the first answer, on whichever leg. */
const EXCUSED_MS = 300
/** An answer later than this is nobody's. */
const LOST_MS = 3_000
const ANSWER_MS_UNKNOWN = 300
const TIMEOUT_MS_MIN = 80
/** A sample is up to one tick old, and timers are late. */
const TIMEOUT_MARGIN_MS = 20
const BUMP_MS_MAX = 1_000
const BUMP_MARGIN = 1.3
const BUMP_HALF_LIFE_MS = 300_000
const QUEUE_HALF_LIFE_MS = 10_000
const QUEUE_MS_MAX = 1_500
/** Before we have counted, 0.5 % of the probes of a leg are taken to get lost. */
const PRIOR_SENT = 50
const PRIOR_LOST = 0.25
const FALSE_ALARM_CHANCE = 1e-8
const NEEDED_MAX = 8
const REMEMBERED_MAX = 1_000
