/**
 * One home's tunnel as one end of it sees it: packets become frames, frames become packets. It has neither
 * socket nor clock; batch.ts has the seam to the thread that does.
 *
 *     home                                                   concentrator
 *     place, order ──▶ offers ──────── offer, answer ───────── answers
 *                      questions ◀──── question, reply ────▶ questions
 *     send ──────────▶ sender ───────────── data ──────────▶ receiver ──▶ PacketOut
 *     PacketOut ◀───── receiver ◀────────── data ─────────── sender ◀──── send
 *                      reports ◀────── report, order ──────▶ reports
 */
import { randomBytes } from 'node:crypto'
import { STANDBY } from '../core/datagram-scheduler.ts'
import { MannerLegs } from '../core/manner.ts'
import type { Pinned } from '../linux/pinned.ts'
import { ControlKind, type ControlLead, readControlLead } from '../wire/control.ts'
import { Ecn } from '../wire/ecn.ts'
import { FrameType, frameType, HEAD_BYTES, isOfSession, legAt, TAG_BYTES } from '../wire/tunnel.ts'
import { Answers } from './answers.ts'
import { FRAME_BYTES_MAX, type LegBatch, type PacketOut } from './batch.ts'
import { Frames } from './frames.ts'
import { KeyRing, type SessionKey } from './key-ring.ts'
import type { TunnelSecret } from './keys.ts'
import { sameBytes, type TunnelLeg } from './leg.ts'
import { Legs } from './legs.ts'
import { Offers, writeHandshake } from './offers.ts'
import { type OpenCounts, Opener } from './opener.ts'
import type { PacketStore } from './packet-store.ts'
import { PRIMARY, Questions } from './questions.ts'
import { type ReceiveCounts, Receiver } from './receiver.ts'
import { type LegOrder, Reports } from './reports.ts'
import type { CipherName } from './seal.ts'
import { type MannerOf, Sender, type Sent } from './sender.ts'

export interface SessionSettings {
  readonly role: 'home' | 'concentrator'
  readonly secret: TunnelSecret
  /** The home asks for it; the concentrator takes what is asked. */
  readonly cipher: CipherName
  /** The home says in which manner a flow is carried; the concentrator hears it. */
  readonly mannerOf: MannerOf | undefined
  /** No packet waits longer for an earlier one. */
  readonly reorderMsMax: number
  /** The thread's. */
  readonly store: PacketStore
  /** Where it counts, together with others; without them by itself. */
  readonly opened?: OpenCounts
  readonly received?: ReceiveCounts
}

export class TunnelSession implements Disposable {
  /** Which start of the far end it is that has our keys. */
  farInstance: number | undefined
  readonly legs = new Legs()
  readonly sender: Sender
  readonly receiver: Receiver
  readonly opener: Opener
  readonly #settings: SessionSettings
  readonly #ring = new KeyRing()
  readonly #frames: Frames
  readonly #questions: Questions
  readonly #reports: Reports
  readonly #offers: Offers | undefined
  readonly #answers: Answers | undefined
  readonly #wishes = new Map<number, LegOrder>()
  readonly #control: ControlLead = { sentUs: 0, kind: ControlKind.question, count: 0, bytes: 0 }
  #heardUs = -Infinity

  constructor(settings: SessionSettings) {
    const { role, secret, cipher, store } = settings
    this.#settings = settings
    const instance = randomBytes(4).readUInt32BE()
    const isHome = role === 'home'
    this.#offers = isHome ? new Offers(secret, cipher, instance) : undefined
    this.#answers = isHome ? undefined : new Answers(secret, instance, this.#ring)
    this.#frames = new Frames(secret.sessionId, this.#ring)
    this.#questions = new Questions(this.#frames, role)
    this.#reports = new Reports(this.#frames)
    this.opener = new Opener(this.#ring, settings.opened)
    this.sender = new Sender(this.#frames, this.legs, store, settings.mannerOf)
    this.receiver = new Receiver(store, settings.reorderMsMax * 1_000, settings.received)
  }

  /** There are keys, and the far end speaks when it should. */
  get up(): boolean {
    if (this.#ring.current === undefined || this.#offers?.isDown === true) return false
    return this.legs.list.some((leg) => leg.far !== undefined)
  }

  /** What fits into a frame on every leg in use; what is longer may find no leg. */
  get packetBytesMax(): number {
    return this.legs.packetBytesMax()
  }

  /** Home: where a leg leads, a whole sockaddr_in6; undefined when the leg has no socket. Another socket: again. */
  place(leg: number, to: Uint8Array | undefined): void {
    const placed = this.legs.make(leg)
    if (placed === undefined) throw new RangeError(`Cannot place leg ${leg}: there are 1 to 8`)
    placed.far = to === undefined ? undefined : Uint8Array.from(to)
    placed.forgetPath()
  }

  /** Home: what steering wants of a leg, in both directions. */
  order(leg: number, up: LegOrder, down: LegOrder): void {
    const ordered = this.legs.make(leg)
    if (ordered === undefined) throw new RangeError(`Cannot order leg ${leg}: there are 1 to 8`)
    ordered.priority = up.priority
    ordered.spared = up.spared
    ordered.rate.bound(up.capacity, up.beside)
    const before = this.#wishes.get(leg)
    if (before?.priority !== down.priority || before.spared !== down.spared) {
      this.#reports.orderSoon()
    }
    this.#wishes.set(leg, down)
  }

  /**
   * An IP packet; PACKET_HEADROOM_BYTES before `at` are free, and get overwritten. `checksum`: the transport's is
   * good (DataFlag), or 0.
   */
  send(
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
    checksum = 0,
  ): Sent {
    return this.sender.send(packet, at, bytes, nowUs, batch, checksum)
  }

  /** A datagram that `sessionAt` gave to this session. It is opened in place. `from`: a whole sockaddr_in6. */
  receive(
    datagram: Pinned,
    at: number,
    bytes: number,
    from: Uint8Array,
    trafficClass: number,
    nowUs: number,
    out: PacketOut,
    batch: LegBatch,
  ): void {
    const { counts } = this.opener
    // UDP carries more than we ever send: who has our keys could have it copied beyond what it is copied into.
    const type = bytes > FRAME_BYTES_MAX ? 0 : frameType(datagram.bytes, at, bytes)
    if (type === 0) counts.alien += 1
    else if (!isOfSession(datagram.bytes, at, this.#settings.secret.sessionId)) counts.foreign += 1
    else if (type === FrameType.offer || type === FrameType.answer) {
      this.#shakeHands(datagram.bytes.subarray(at, at + bytes), from, nowUs, out, batch)
    } else {
      const key = this.opener.open(datagram, at, bytes)
      const leg = key === undefined ? undefined : this.#legOf(legAt(datagram.bytes, at))
      if (key === undefined || leg === undefined) return
      this.#hear(key, leg, from, nowUs, out, batch)
      if (type === FrameType.data) {
        leg.busyUs = nowUs
        leg.reportDue = true
        this.receiver.take(leg, datagram, at, bytes, trafficClass, nowUs, out)
        // What goes back goes as the home has said of what came.
        const { lastFlow, lastManner, lastSentUs, lastMarked } = this.receiver
        if (this.#answers !== undefined) this.sender.hearManner(lastFlow, lastManner, nowUs)
        leg.count(bytes, this.opener.lost, lastSentUs, nowUs, lastMarked)
      } else {
        const marked = (trafficClass & 3) === Ecn.ce
        this.#hearControl(leg, datagram.bytes, at, bytes, from, marked, nowUs, batch)
      }
    }
  }

  /**
   * Timers, and what waits. To be called after each batch of packets or datagrams, and at the latest when the
   * answer says, in microseconds.
   */
  tick(nowUs: number, out: PacketOut, batch: LegBatch): number {
    this.#ring.tidy(nowUs)
    this.#answers?.tidy()
    if (nowUs - this.#heardUs > REST_US) this.#ring.current?.rest()
    this.legs.paint(0, MannerLegs.ordered, nowUs)
    let nextUs = Math.min(this.receiver.tick(nowUs, out), nowUs + TICK_US_MAX)
    const offersUs = this.#offers?.tick(this.#ring, this.legs, this.#heardUs, nowUs, batch)
    nextUs = Math.min(nextUs, offersUs ?? Infinity)
    if (this.#ring.current === undefined) return nextUs
    for (const leg of this.legs.list) {
      nextUs = Math.min(nextUs, this.#questions.tick(leg, this.sender.bulkUs, nowUs, batch))
    }
    const best = this.legs.speaker()
    nextUs = Math.min(nextUs, this.#reports.report(this.legs.list, best, nowUs, batch))
    if (this.#offers !== undefined) {
      const busy = this.legs.list.some((leg) => nowUs - leg.busyUs < BUSY_US)
      const { list } = this.legs
      nextUs = Math.min(nextUs, this.#reports.order(list, this.#wishes, best, busy, nowUs, batch))
    }
    return Math.min(nextUs, this.sender.tick(nowUs, batch))
  }

  /** Its keys are forgotten, and its packets' places are the other sessions'. */
  [Symbol.dispose](): void {
    for (const part of [this.sender, this.receiver, this.#ring]) part[Symbol.dispose]()
  }

  /** The concentrator learns of a leg by its first frame; until an order says more, the first leg is primary. */
  #legOf(number: number): TunnelLeg | undefined {
    const known = this.legs.of(number)
    if (known !== undefined || this.#answers === undefined) return known
    const leg = this.legs.make(number)
    if (leg !== undefined) leg.priority = number === 1 ? PRIMARY : STANDBY
    return leg
  }

  #shakeHands(
    datagram: Uint8Array,
    from: Uint8Array,
    nowUs: number,
    out: PacketOut,
    batch: LegBatch,
  ): void {
    const answer = this.#answers?.hear(datagram, from, nowUs)
    if (answer !== undefined) writeHandshake(batch, legAt(datagram, 0), answer, from)
    const key = this.#offers?.hear(datagram, nowUs)
    if (key === undefined) return
    this.#heardUs = nowUs
    this.#use(key, nowUs, out)
    const leg = this.legs.of(legAt(datagram, 0))
    if (leg !== undefined) leg.answeredUs = -Infinity
  }

  /** A frame was opened: its key is in use, and its leg is where it came from. */
  #hear(
    key: SessionKey,
    leg: TunnelLeg,
    from: Uint8Array,
    nowUs: number,
    out: PacketOut,
    batch: LegBatch,
  ): void {
    this.#heardUs = nowUs
    leg.heardUs = nowUs
    if (this.#answers === undefined) return
    const isFirst = this.#ring.pending.includes(key)
    if (isFirst) this.#use(key, nowUs, out)
    if (!this.opener.isNewest || (leg.far !== undefined && sameBytes(leg.far, from))) return
    if (isFirst && this.#answers.wentTo(key, from)) {
      leg.settle(from)
      return
    }
    leg.suppose(from)
    this.#questions.askCandidate(leg, nowUs, batch)
  }

  #use(key: SessionKey, nowUs: number, out: PacketOut): void {
    this.#ring.use(key, nowUs)
    if (key.instance === this.farInstance) return
    this.farInstance = key.instance
    this.receiver.forgetFar(nowUs, out)
    this.#reports.forgetFar()
    for (const leg of this.legs.list) {
      leg.forgetFar()
      leg.answeredUs = -Infinity
    }
  }

  #hearControl(
    leg: TunnelLeg,
    memory: Uint8Array,
    at: number,
    bytes: number,
    from: Uint8Array,
    marked: boolean,
    nowUs: number,
    batch: LegBatch,
  ): void {
    const lead = this.#control
    const leadAt = at + HEAD_BYTES
    if (!readControlLead(memory, leadAt, bytes - HEAD_BYTES - TAG_BYTES, lead)) {
      this.opener.counts.alien += 1
      return
    }
    this.receiver.clocks.observe(leg.number - 1, lead.sentUs, nowUs)
    leg.count(bytes, this.opener.lost, lead.sentUs, nowUs, marked)
    switch (lead.kind) {
      case ControlKind.question:
        this.#questions.hear(leg, from, bytes, lead, nowUs, batch)
        break
      case ControlKind.reply:
        this.#questions.hearReply(leg, memory, leadAt, lead, nowUs)
        break
      case ControlKind.report:
        this.#reports.hearReport((number) => this.legs.of(number), memory, leadAt, lead, nowUs)
        break
      case ControlKind.order:
        if (this.#answers === undefined) break
        this.#reports.hearOrder((number) => this.legs.make(number), memory, leadAt, lead)
    }
  }
}

const TICK_US_MAX = 1_000_000
const BUSY_US = 2_000_000
/** Nothing on the way is older. */
const REST_US = 10_000_000
