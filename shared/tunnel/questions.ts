/**
 * Questions and replies: whether a leg lives, how long its round trip is, what length it carries, and whether
 * a new address is its own.
 *
 *     question ──▶          busy leg: every second; idle and primary: every 25 s; idle and dear: every 300 s;
 *            ◀── reply      unanswered: again after 250 ms, 500 ms, ... 8 s
 *
 * The concentrator asks only where data run or an address is new: at an idle home the home's questions are
 * enough, and each is 96 bytes of IPv4.
 */
import type { ControlLead } from '../wire/control.ts'
import { CONTROL_LEAD_BYTES, ControlKind, REPLY_BYTES } from '../wire/control.ts'
import { HEAD_BYTES, readUint32, since32, TAG_BYTES, writeUint32 } from '../wire/tunnel.ts'
import type { LegBatch } from './batch.ts'
import { ASIDE, ASKED, type FrameManner, type Frames, SCRATCH } from './frames.ts'
import type { TunnelLeg } from './leg.ts'

export class Questions {
  readonly #frames: Frames
  readonly #asksIdle: boolean
  readonly #lead: ControlLead = { sentUs: 0, kind: ControlKind.question, count: 0, bytes: 0 }

  constructor(frames: Frames, role: 'home' | 'concentrator') {
    this.#frames = frames
    this.#asksIdle = role === 'home'
  }

  /** Ask what is due on this leg; when to come again. `bulkUs`: when the session last carried bulk. */
  tick(leg: TunnelLeg, bulkUs: number, nowUs: number, batch: LegBatch): number {
    if (leg.far === undefined || leg.priority === 0) return Infinity
    const busy = nowUs - leg.busyUs < BUSY_US
    // A leg that has become busy is not left alone for as long as an idle one.
    if (leg.unanswered === 0) leg.askUs = leg.answeredUs + pauseUs(leg, nowUs)
    if (nowUs >= leg.askUs && (busy || this.#asksIdle || leg.unanswered > 0)) {
      const again = Math.min(AGAIN_US * 2 ** leg.unanswered, AGAIN_US_MAX)
      leg.askUs = nowUs + again
      leg.unanswered += 1
      this.#ask(leg, leg.far, 0, SHORT_BYTES, ASKED, nowUs, batch)
    }
    const wanted =
      leg.priority >= PRIMARY || nowUs - bulkUs < BULK_US || nowUs - leg.longUs < BUSY_US
    const askUs = busy || this.#asksIdle || leg.unanswered > 0 ? leg.askUs : Infinity
    if (!wanted) return askUs
    const long = nowUs - leg.longUs < BUSY_US || !leg.mtu.known
    for (const mtu of leg.mtu.due(long, nowUs)) {
      const inside = mtu - leg.outerBytes - HEAD_BYTES - TAG_BYTES
      this.#ask(leg, leg.far, 0, inside, ASIDE, nowUs, batch)
    }
    return Math.min(askUs, leg.mtu.nextUs(long))
  }

  /** A frame came from an address that is not the leg's: ask there, as seldom as CANDIDATE_US. */
  askCandidate(leg: TunnelLeg, nowUs: number, batch: LegBatch): void {
    if (leg.candidate === undefined) return
    if (nowUs - leg.candidateAskedUs < CANDIDATE_US) return
    leg.candidateAskedUs = nowUs
    // Never longer than what came: no sealed frame is shorter than a question.
    this.#ask(leg, leg.candidate, leg.candidateNumber, SHORT_BYTES, ASIDE, nowUs, batch)
  }

  /** A question was opened: answer where it came from. `bytes` is its whole frame. */
  hear(
    leg: TunnelLeg,
    from: Uint8Array,
    bytes: number,
    { sentUs, count }: Readonly<ControlLead>,
    nowUs: number,
    batch: LegBatch,
  ): void {
    const lead = this.#lead
    lead.kind = ControlKind.reply
    lead.count = count
    lead.bytes = bytes
    writeUint32(SCRATCH.bytes, CONTROL_LEAD_BYTES, sentUs)
    this.#frames.writeControl(lead, leg, from, REPLY_BYTES, ASIDE, nowUs, batch)
  }

  /** A reply was opened; `at` is its control lead. */
  hearReply(
    leg: TunnelLeg,
    memory: Uint8Array,
    at: number,
    { bytes, count }: Readonly<ControlLead>,
    nowUs: number,
  ): void {
    const askedUs = readUint32(memory, at + CONTROL_LEAD_BYTES)
    // Of a burst, each frame's Send Time is a little more than the clock was: such a reply took no time.
    const rttUs = Math.max(0, since32(Math.floor(nowUs), askedUs))
    if (rttUs > RTT_US_MAX) return
    leg.observeRtt(rttUs)
    leg.confirm(askedUs, nowUs)
    leg.mtu.hear(bytes + leg.outerBytes, nowUs)
    leg.unanswered = 0
    leg.answeredUs = nowUs
    // Who repeats the candidate's number has heard us there.
    if (leg.candidate !== undefined && count === leg.candidateNumber) leg.settle(leg.candidate)
  }

  #ask(
    leg: TunnelLeg,
    to: Uint8Array,
    count: number,
    bytes: number,
    manner: FrameManner,
    nowUs: number,
    batch: LegBatch,
  ): void {
    const lead = this.#lead
    lead.kind = ControlKind.question
    lead.count = count
    lead.bytes = 0
    SCRATCH.bytes.fill(0, CONTROL_LEAD_BYTES, bytes)
    this.#frames.writeControl(lead, leg, to, bytes, manner, nowUs, batch)
  }
}

/** How long a leg is left alone after an answer. */
function pauseUs(leg: TunnelLeg, nowUs: number): number {
  if (nowUs - leg.busyUs < BUSY_US) return BUSY_PAUSE_US
  return leg.priority >= PRIMARY ? PRIMARY_PAUSE_US : DEAR_PAUSE_US
}

const SHORT_BYTES = CONTROL_LEAD_BYTES
/** RFC 9897: from here on a leg is primary. */
export const PRIMARY = 3
const BUSY_US = 2_000_000
const BULK_US = 30_000_000
const BUSY_PAUSE_US = 1_000_000
/** A NAT keeps a UDP mapping for 30 s at least (RFC 4787 says 120 s, and few obey). */
const PRIMARY_PAUSE_US = 25_000_000
const DEAR_PAUSE_US = 300_000_000
const AGAIN_US = 250_000
const AGAIN_US_MAX = 8_000_000
const CANDIDATE_US = 20_000
/** A question of longer ago says nothing of now. */
const RTT_US_MAX = 10_000_000
