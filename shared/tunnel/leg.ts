/**
 * One leg of a session: where it leads, how good it is, what went and what came.
 *
 *     heard from another address     ┌───────────┐  our question there is answered
 *   ───────────────────────────────▶ │ candidate │ ────────────────────────────────▶ far
 *                                    └───────────┘
 *     gets one question for each frame that it sends; all else goes on to `far`
 *
 * What was sent and not yet reported tells when a leg may have died: before steering can know, and in the
 * direction that this end sends.
 */
import type { Path } from '../core/datagram-scheduler.ts'
import { LegQuality } from '../core/leg-quality.ts'
import { LegRate } from '../core/leg-rate.ts'
import { type MannerLegs, priorityFor } from '../core/manner.ts'
import { PathMtu } from '../core/path-mtu.ts'
import { type LegCounts, noCounts } from '../wire/control.ts'
import { FRAME_OVERHEAD_BYTES, since32 } from '../wire/tunnel.ts'

export class TunnelLeg {
  /** 1 to LEGS. */
  readonly number: number
  /** As steering orders. What it is for the packet at hand stands in `path`. */
  priority = 0
  /** It carries only while the others are dead, whatever a flow wants. */
  spared = false
  readonly path: Path = {
    priority: 0,
    usable: false,
    roomBytes: 0,
    srttUs: SRTT_US_FIRST,
    rttVarUs: SRTT_US_FIRST / 2,
    srttUsMin: SRTT_US_FIRST,
    srttUsMax: SRTT_US_FIRST,
    windowBytes: 0,
    inflightBytes: 0,
    rate: 0,
  }
  readonly rate = new LegRate()
  readonly quality = new LegQuality()
  readonly mtu = new PathMtu()
  /** A whole sockaddr_in6; undefined: none yet. */
  far: Uint8Array | undefined
  candidate: Uint8Array | undefined
  /** Which candidate it is: its questions carry the number. 1 to 255. */
  candidateNumber = 0
  candidateAskedUs = -Infinity
  /** When something was last sent, and heard. */
  sentUs = -Infinity
  heardUs = -Infinity
  /** Data, in either direction. */
  busyUs = -Infinity
  /** When a question is due; when one was last answered. */
  askUs = 0
  answeredUs = -Infinity
  unanswered = 0
  /** What this end has received, as it reports it. */
  readonly counts: LegCounts
  reportDue = false
  /** Bytes this end has sent, and frames that were long. */
  sentBytes = 0
  longUs = -Infinity
  /** Bytes with outer headers that were heard and sent since `takeCarried`, whatever the far end has forgotten. */
  #heardBytes = 0
  #spentBytes = 0
  #lastStamp = 0
  #unconfirmedUs = 0
  #far: LegCounts | undefined
  #farAtUs = 0
  #rttKnown = false
  #intervalBegun = false

  constructor(number: number) {
    this.number = number
    this.counts = noCounts(number)
  }

  /** Its round trip was measured. */
  get isMeasured(): boolean {
    return this.#rttKnown
  }

  /** Bytes of IP and UDP around each frame. */
  get outerBytes(): number {
    return isMapped(this.far) ? IPV4_UDP_BYTES : IPV6_UDP_BYTES
  }

  /** The longest packet that a frame on this leg holds. */
  get packetBytesMax(): number {
    return this.mtu.mtu - this.outerBytes - FRAME_OVERHEAD_BYTES
  }

  /** The longest packet that the leg carries, in two frames if need be. */
  get longestBytes(): number {
    return Math.max(this.packetBytesMax, PACKET_BYTES_MIN)
  }

  /** A frame came from an address that is not the leg's. */
  suppose(address: Uint8Array): void {
    if (this.candidate !== undefined && sameBytes(this.candidate, address)) return
    this.candidate = Uint8Array.from(address)
    this.candidateNumber = (this.candidateNumber % 255) + 1
    this.candidateAskedUs = -Infinity
  }

  /** The address is the leg's. */
  settle(address: Uint8Array): void {
    this.far = Uint8Array.from(address)
    this.candidate = undefined
  }

  /** The scheduler's picture of the leg, now, for flows that may have these legs. */
  paint(legs: MannerLegs, nowUs: number): void {
    const { path } = this
    const share = this.quality.share(nowUs)
    path.priority = priorityFor(legs, this.number, this.priority, this.spared)
    path.usable = path.priority > 0 && this.far !== undefined && share > 0
    // Of a leg that is out nothing is spent: what it would hold is asked for when it is in.
    if (share > 0) this.#paintRoom(share, nowUs)
  }

  /** The same whatever its quality. */
  paintBad(nowUs: number): void {
    this.path.usable = this.path.priority > 0 && this.far !== undefined
    this.#paintRoom(1, nowUs)
  }

  #paintRoom(share: number, nowUs: number): void {
    const { path, rate } = this
    rate.shareOf(share)
    path.roomBytes = rate.roomBytes(nowUs)
    path.rate = rate.rate
    path.windowBytes = Math.max(path.rate * (path.srttUs / 1_000), WINDOW_BYTES_MIN)
    path.inflightBytes = Math.max(0, this.sentBytes - (this.#far?.bytes ?? 0))
  }

  /** A frame has left, `bytes` long with its outer headers. */
  spend(bytes: number, nowUs: number): void {
    this.sentUs = nowUs
    this.sentBytes += bytes
    this.#spentBytes += bytes
    this.rate.spend(bytes)
  }

  /** It will be reported or answered. */
  expect(stamp: number, nowUs: number): void {
    this.#lastStamp = stamp
    if (this.#unconfirmedUs === 0) this.#unconfirmedUs = nowUs
  }

  /** The far end has what was sent at `latest`: a Send Time of ours. */
  confirm(latest: number, nowUs: number): void {
    // Of a burst, each Send Time is a little more than the clock was.
    const ageUs = Math.max(0, since32(Math.floor(nowUs), latest))
    if (since32(this.#lastStamp, latest) <= 0) this.#unconfirmedUs = 0
    else this.#unconfirmedUs = Math.max(this.#unconfirmedUs, nowUs - ageUs)
  }

  /** Silent for so long that, beside a leg that speaks, it gets nothing but questions. */
  isDead(nowUs: number): boolean {
    return this.isSilent(nowUs, DEAD_US)
  }

  /** Something was sent that must still be reported or answered. */
  get isExpecting(): boolean {
    return this.#unconfirmedUs !== 0
  }

  /** Sent on this leg, and no word of it for a round trip and `graceUs`. */
  isSilent(nowUs: number, graceUs: number): boolean {
    if (this.#unconfirmedUs === 0) return false
    const { srttUs, rttVarUs } = this.path
    return nowUs - this.#unconfirmedUs > srttUs + 2 * rttVarUs + graceUs
  }

  /** Nothing sent at this time or before is known to have arrived. */
  isConfirmed(sentUs: number): boolean {
    return this.#unconfirmedUs === 0 || sentUs < this.#unconfirmedUs
  }

  /** A round trip, by a question and its reply. */
  observeRtt(rttUs: number): void {
    const { path } = this
    if (!this.#rttKnown) {
      this.#rttKnown = true
      path.srttUs = rttUs
      path.rttVarUs = rttUs / 4
      path.srttUsMin = rttUs
      path.srttUsMax = rttUs
      return
    }
    // RFC 6298 section 2.
    path.rttVarUs += (Math.abs(path.srttUs - rttUs) - path.rttVarUs) / 4
    path.srttUs += (rttUs - path.srttUs) / 8
    path.srttUsMin = Math.min(path.srttUs, path.srttUsMin * DRIFT)
    path.srttUsMax = Math.max(path.srttUs, path.srttUsMax / DRIFT)
  }

  /** What the far end has counted, and when it said so by its own clock. */
  observeReport(counts: Readonly<LegCounts>, saidUs: number, nowUs: number): void {
    const before = this.#far
    const spanUs = since32(saidUs, this.#farAtUs)
    if (before !== undefined && spanUs < 0) return
    this.#farAtUs = saidUs
    this.#far ??= { ...counts }
    if (before === undefined) return
    const report = {
      spanUs,
      bytes: counts.bytes - before.bytes,
      received: since32(counts.received, before.received),
      lost: since32(counts.lost, before.lost),
      marked: since32(counts.marked, before.marked),
      delayUs: counts.delayUs | 0,
    }
    Object.assign(this.#far, counts)
    if (report.received <= 0) return
    this.rate.observe(report, this.path.srttUs, nowUs)
    this.quality.observe(report, this.rate.queueUs, nowUs)
  }

  /**
   * A frame of this leg was opened. `lost`: how many right before it are missing, -1 for one that was.
   * `marked`: Congestion Experienced.
   */
  count(bytes: number, lost: number, sentUs: number, nowUs: number, marked: boolean): void {
    const { counts } = this
    const delayUs = (nowUs - sentUs) >>> 0
    counts.lost = (counts.lost + lost) >>> 0
    counts.received = (counts.received + 1) >>> 0
    counts.bytes += bytes + this.outerBytes
    this.#heardBytes += bytes + this.outerBytes
    if (marked) counts.marked = (counts.marked + 1) >>> 0
    if (counts.received === 1 || since32(sentUs, counts.latestUs) > 0) counts.latestUs = sentUs
    if (!this.#intervalBegun || since32(delayUs, counts.delayUs) < 0) counts.delayUs = delayUs
    this.#intervalBegun = true
  }

  /** For the bill: what the leg has carried since the last call, if it is anything. */
  takeCarried(tell: (leg: number, heardBytes: number, sentBytes: number) => void): void {
    if (this.#heardBytes + this.#spentBytes === 0) return
    tell(this.number, this.#heardBytes, this.#spentBytes)
    this.#heardBytes = 0
    this.#spentBytes = 0
  }

  /** A report has told of all this. */
  forgetInterval(): void {
    this.reportDue = false
    this.#intervalBegun = false
  }

  /** The far end has started anew: what it counted and what it heard is gone. */
  forgetFar(): void {
    this.#far = undefined
    this.#unconfirmedUs = 0
    this.sentBytes = 0
    Object.assign(this.counts, noCounts(this.number))
  }

  /** It leads elsewhere: nothing that was learnt holds. */
  forgetPath(): void {
    this.rate.forget()
    this.quality.forget()
    this.mtu.forget()
    this.#rttKnown = false
    this.#unconfirmedUs = 0
    this.unanswered = 0
    this.answeredUs = -Infinity
  }
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}

/** An IPv4 address in a sockaddr_in6: ten zero bytes, two of ones. */
function isMapped(sockaddr: Uint8Array | undefined): boolean {
  if (sockaddr === undefined) return false
  for (let i = 8; i < 18; i++) if (sockaddr[i] !== 0) return false
  return sockaddr[18] === 0xff && sockaddr[19] === 0xff
}

/** IPv6 promises so much to every host. */
export const PACKET_BYTES_MIN = 1_280
/** Until the first round trip is known. */
const SRTT_US_FIRST = 50_000
const IPV4_UDP_BYTES = 28
const IPV6_UDP_BYTES = 48
const WINDOW_BYTES_MIN = 3_000
const DEAD_US = 250_000
/** A least or a most of long ago fades, by this much a round trip. */
const DRIFT = 1.002
