/**
 * What the interface counters of a leg say about it being alive.
 *
 * Progress is the best probe: a byte that arrived proves the leg. So we keep when something last arrived,
 * and since when the leg owes us something: since the first packet we sent and nothing came after it.
 * The interface counts our own probes too; those are taken out, or every probe would ask for another.
 */

export interface LegCounters {
  readonly txPackets: number
  readonly txBytes: number
  readonly rxPackets: number
  readonly rxBytes: number
}

export class LegTraffic {
  #last: LegCounters | undefined
  #rxMs = -Infinity
  #txMs = -Infinity
  #idleBeforeMs = Infinity
  #owedSinceMs: number | undefined
  #txBytesSinceRx = 0
  #strayPackets = 0
  #strayBytes = 0
  #strayMs = -Infinity
  #doubted = false
  #ownPackets = 0
  #ownSentMs = -Infinity
  readonly #load = new RateWindow(LOAD_WINDOW_MS)
  readonly #txLoad = new RateWindow(TX_WINDOW_MS)
  #txBytesPerMsMax = 0

  /** A sample of the counters. True when what arrived since the sample before is a sign of life. */
  observe(counters: LegCounters, doubted: boolean, nowMs: number): boolean {
    const last = this.#last
    this.#last = counters
    // Counters that went back belong to another interface of the same name: begin anew.
    if (last === undefined || counters.txPackets < last.txPackets) return false

    const rxPackets = counters.rxPackets - last.rxPackets
    const rxBytes = counters.rxBytes - last.rxBytes
    const txBytes = counters.txBytes - last.txBytes
    const txPackets = this.#withoutOwn(counters.txPackets - last.txPackets, nowMs)
    const alive = rxPackets > 0 && this.#isLife(rxPackets, rxBytes, doubted, nowMs)
    if (alive) {
      this.#rxMs = nowMs
      this.#owedSinceMs = undefined
      this.#txBytesSinceRx = 0
    }
    if (txPackets > 0) {
      // Not only when nothing arrived in this sample: the download that is cut ends with our ACK.
      if (this.#owedSinceMs === undefined) this.#idleBeforeMs = nowMs - this.lastMs
      this.#owedSinceMs ??= nowMs
      this.#txBytesSinceRx += txBytes
      this.#txMs = nowMs
    }
    this.#load.add(txBytes + rxBytes, nowMs)
    this.#txLoad.add(txBytes, nowMs)
    if (alive) this.#learnRate(nowMs)
    return alive
  }

  /** We sent a probe, which the interface will count or has counted. */
  sentProbe(nowMs: number): void {
    this.#ownPackets += 1
    this.#ownSentMs = nowMs
  }

  /** Another address or interface: nothing seen so far says anything about it. */
  forget(): void {
    this.#last = undefined
    this.#owedSinceMs = undefined
    this.#txBytesSinceRx = 0
    this.#txBytesPerMsMax = 0
  }

  /** An echo, or a verdict, settled what the leg owed us. */
  settle(): void {
    this.#owedSinceMs = undefined
  }

  /** When something last arrived; -Infinity before that. */
  get rxMs(): number {
    return this.#rxMs
  }

  /** When something last moved in either direction; -Infinity before that. */
  get lastMs(): number {
    return Math.max(this.#rxMs, this.#txMs)
  }

  /** Since when we sent and nothing arrived. */
  get owedSinceMs(): number | undefined {
    return this.#owedSinceMs
  }

  /** Bytes ever sent, as the interface counts them. */
  get txBytes(): number {
    return this.#last?.txBytes ?? 0
  }

  /** The first packet after a pause may wait for a radio that must wake up. */
  get asleepBefore(): boolean {
    return this.#idleBeforeMs > ASLEEP_MS
  }

  /** More than a chat is being carried. */
  busy(nowMs: number): boolean {
    return this.#load.bytesPerMs(nowMs) > BUSY_BYTES_PER_MS
  }

  /**
   * How long what we sent since anything arrived may take to drain, at the best rate this leg ever took.
   * Closed loops (TCP, QUIC) stop sending when nothing returns, so for them this is a few milliseconds;
   * it is long only for a one-way sender that overfills the line, whose queue must not look like death.
   */
  ownQueueMs(): number {
    const rate = Math.max(this.#txBytesPerMsMax, RATE_BYTES_PER_MS_MIN)
    return Math.min(this.#txBytesSinceRx / rate, OWN_QUEUE_MS_MAX)
  }

  #isLife(packets: number, bytes: number, doubted: boolean, nowMs: number): boolean {
    // What came before the doubt was no answer to it.
    if (nowMs - this.#strayMs > STRAY_MS || (doubted && !this.#doubted)) this.#forgetStrays()
    this.#doubted = doubted
    this.#strayMs = nowMs
    this.#strayPackets += packets
    this.#strayBytes += bytes
    const strict = doubted || this.busy(nowMs)
    const stray = this.#strayPackets <= STRAY_PACKETS_MAX && this.#strayBytes <= STRAY_BYTES_MAX
    if (strict && stray) return false
    this.#forgetStrays()
    return true
  }

  #forgetStrays(): void {
    this.#strayPackets = 0
    this.#strayBytes = 0
  }

  #withoutOwn(txPackets: number, nowMs: number): number {
    if (nowMs - this.#ownSentMs > OWN_COUNTED_MS) this.#ownPackets = 0
    const own = Math.min(this.#ownPackets, txPackets)
    this.#ownPackets -= own
    return txPackets - own
  }

  #learnRate(nowMs: number): void {
    this.#txBytesPerMsMax = Math.max(this.#txBytesPerMsMax, this.#txLoad.bytesPerMs(nowMs))
  }
}

/** The rate over the last whole window, told in two buckets. */
class RateWindow {
  readonly #windowMs: number
  #startMs = -Infinity
  #bytes = 0
  #bytesPerMs = 0

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  add(bytes: number, nowMs: number): void {
    this.#roll(nowMs)
    this.#bytes += bytes
  }

  bytesPerMs(nowMs: number): number {
    this.#roll(nowMs)
    return this.#bytesPerMs
  }

  #roll(nowMs: number): void {
    const elapsedMs = nowMs - this.#startMs
    if (elapsedMs < this.#windowMs) return
    this.#bytesPerMs = elapsedMs < 2 * this.#windowMs ? this.#bytes / elapsedMs : 0
    this.#bytes = 0
    this.#startMs = nowMs
  }
}

/** Neighbours talk in single small packets; within this time they are added up. */
const STRAY_MS = 300
const STRAY_PACKETS_MAX = 2
const STRAY_BYTES_MAX = 500
const LOAD_WINDOW_MS = 200
const TX_WINDOW_MS = 500
/** 400 kbit/s: below it no line that deserves bonding has a queue. */
export const BUSY_BYTES_PER_MS = 50
/** 1 Mbit/s: the slowest uplink we credit a leg with before it has shown its own. */
const RATE_BYTES_PER_MS_MIN = 125
const OWN_QUEUE_MS_MAX = 1_500
/** A TUN device counts a packet when it is read, not when it is sent. */
const OWN_COUNTED_MS = 200
const ASLEEP_MS = 5_000
