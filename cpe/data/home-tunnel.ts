/**
 * The tunnel in the home: what is not TCP goes from the interface into frames on the legs, and frames from
 * the legs become packets again.
 *
 *   LAN ─▶ route ─▶ hybridge0 ─read──▶ session.send ────▶ TunnelLegs ─sendmmsg─▶ dsl, lte
 *   LAN ◀─ route ◀─ hybridge0 ◀─write─ session.receive ◀── Arrivals ◀─recvmmsg── dsl, lte
 *
 * The interface is made when the concentrator has said which addresses it has, and packets are routed into
 * it only while the session stands (`ifIndex` on the board): until then, and when this thread is gone and
 * the interface with it, the kernel forwards plainly.
 */
import { LEG_NUMBER, LEGS, type LegName } from '../../shared/core/leg.ts'
import { ARRIVAL_BYTES, Arrivals } from '../../shared/linux/datagrams.ts'
import { type Pinned, pinned } from '../../shared/linux/pinned.ts'
import { TunnelDevice } from '../../shared/linux/tunnel-device.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import type { Loop } from '../../shared/relay/loop.ts'
import { PacketDoor } from '../../shared/relay/packet-door.ts'
import { threadStartMs } from '../../shared/relay/shared-clock.ts'
import { PACKET_HEADROOM_BYTES } from '../../shared/tunnel/batch.ts'
import { tunnelSecret } from '../../shared/tunnel/keys.ts'
import { PacketStore } from '../../shared/tunnel/packet-store.ts'
import { Sent } from '../../shared/tunnel/sender.ts'
import { TunnelSession } from '../../shared/tunnel/session.ts'
import { answerTooBig } from '../../shared/tunnel/too-big.ts'
import { formatAddress, formatPrefix, parsePrefix } from '../../shared/wire/address.ts'
import { clampMss } from '../../shared/wire/clamp-mss.ts'
import { decodeInner, encodeAsk, type InnerAddresses } from '../../shared/wire/inner-address.ts'
import { DatagramClasses } from './datagram-classes.ts'
import { TUNNEL_COUNT, type TunnelBoard, tunnelBoard } from './tunnel-board.ts'
import { publishSession } from './tunnel-counts.ts'
import { TunnelLegs } from './tunnel-legs.ts'
import { legOrder } from './tunnel-order.ts'
import type { TunnelBirth, TunnelLetter, TunnelNews } from './tunnel-room.ts'

export class HomeTunnel {
  readonly #loop: Loop
  readonly #tell: (news: TunnelNews) => void
  readonly #originMs = threadStartMs()
  readonly #legBoard: LegBoard
  readonly #board: TunnelBoard
  readonly #count: Float64Array
  readonly #arrivals = new Arrivals()
  readonly #packet = pinned(PACKET_HEADROOM_BYTES + PACKET_BYTES_MAX)
  readonly #door: PacketDoor
  readonly #classes: DatagramClasses
  readonly #session: TunnelSession
  readonly #legs: TunnelLegs
  readonly #toLan = (memory: Pinned, at: number, bytes: number, checksum: number): void =>
    this.#deliver(memory, at, bytes, checksum)
  #inner: InnerAddresses | undefined
  /** The concentrator has said it since the session came up; and which start of it said it. */
  #numbered = false
  #numberedBy: number | undefined
  #standing = false
  #dueUs = 0
  #tickedUs = -Infinity
  #askedMs = -Infinity

  constructor(birth: TunnelBirth, loop: Loop, tell: (news: TunnelNews) => void) {
    this.#loop = loop
    this.#tell = tell
    this.#legBoard = new LegBoard(birth.board)
    this.#board = tunnelBoard(birth.tunnel)
    this.#count = this.#board.counters.row(0)
    this.#door = new PacketDoor(loop, new TunnelDevice(birth.device, MTU_AT_START), {
      onPacket: (at, bytes, checksum, nowUs) => this.#send(at, bytes, checksum, nowUs),
      onShare: () => this.#flush(),
    })
    this.#classes = new DatagramClasses(birth.classes, birth.lan)
    this.#session = new TunnelSession({
      role: 'home',
      secret: tunnelSecret(birth.cookie),
      cipher: birth.cipher,
      mannerOf: this.#classes.mannerOf,
      reorderMsMax: birth.reorderMsMax,
      store: new PacketStore(WAITING_MAX),
    })
    this.#legs = new TunnelLegs(birth, loop, (leg, fd) => this.#takeFrames(leg, fd))
    this.follow()
  }

  /** The legs, or what steering wants of them, may be others than before. */
  follow(): void {
    const dslUp = this.#legBoard.leg('dsl').up
    for (const leg of LEGS) {
      const facts = this.#legBoard.leg(leg)
      const { to, moved } = this.#legs.follow(leg, facts)
      if (moved) this.#session.place(LEG_NUMBER[leg], to)
      this.#session.order(
        LEG_NUMBER[leg],
        legOrder(leg, facts, dslUp, this.#board.orders, 'Up'),
        legOrder(leg, facts, dslUp, this.#board.orders, 'Down'),
      )
    }
    this.#dueUs = 0
  }

  /** The rules are others: for flows that begin from now on, or for all. */
  adopt({ classes, flows }: TunnelLetter): void {
    this.#classes.adopt(classes)
    if (flows !== 'new') this.#session.sender.askAgain()
  }

  /** How long the thread may sleep. */
  waitMs(): number {
    return Math.min(IDLE_MS, this.#dueUs / 1_000 - performance.now())
  }

  /** The end of each round: what is due, and what others shall see. */
  turn(): void {
    const { nowMs } = this.#loop
    if (nowMs * 1_000 >= this.#dueUs) this.#tick(nowMs)
    if (this.#inner !== undefined && !this.#door.isOpen) this.#openDoor(this.#inner, nowMs)
    const standing = this.#session.up && this.#numbered && this.#door.isOpen
    if (standing !== this.#standing) this.#changed(standing)
    const count = this.#count
    count[TUNNEL_COUNT.ifIndex] = standing ? this.#door.device.index : 0
    count[TUNNEL_COUNT.turnedMs] = this.#originMs + nowMs
    count[TUNNEL_COUNT.dslUpBytes] = this.#legs.sentBytes.dsl
    count[TUNNEL_COUNT.lteUpBytes] = this.#legs.sentBytes.lte
    count[TUNNEL_COUNT.framesUnsent] = this.#legs.unsent
  }

  [Symbol.dispose](): void {
    this.#door[Symbol.dispose]()
    this.#legs[Symbol.dispose]()
    this.#session[Symbol.dispose]()
    this.#classes[Symbol.dispose]()
  }

  #send(at: number, bytes: number, checksum: number, nowUs: number): void {
    this.#count[TUNNEL_COUNT.packetsUp]!++
    const { memory } = this.#door
    clampMss(memory.bytes, at, bytes, this.#session.packetBytesMax)
    const sent = this.#session.send(memory, at, bytes, nowUs, this.#legs, checksum)
    if (sent === Sent.sent || sent === Sent.queued) return
    this.#count[TUNNEL_COUNT.packetsDropped]!++
    if (sent !== Sent.tooBig) return
    this.#count[TUNNEL_COUNT.packetsTooBig]!++
    this.#refuse(at, bytes)
  }

  /** The interface takes what IPv6 promises; a leg of less than 1,360 bytes does not. */
  #refuse(at: number, bytes: number): void {
    if (this.#inner === undefined || bytes > PACKET_BYTES_MAX) return
    const { ipv4, ipv6 } = this.#inner
    // Beside: what follows the packet may be the next.
    const packet = this.#packet
    packet.bytes.set(this.#door.memory.bytes.subarray(at, at + bytes), PACKET_HEADROOM_BYTES)
    const answer = answerTooBig(this.#session, packet, bytes, ipv4, ipv6)
    if (answer > 0) this.#door.write(packet, PACKET_HEADROOM_BYTES, answer, 0)
  }

  /** Batches of frames; true when more may be there. */
  #takeFrames(leg: LegName, fd: number): boolean {
    const column = leg === 'dsl' ? TUNNEL_COUNT.dslDownBytes : TUNNEL_COUNT.lteDownBytes
    const headerBytes = this.#legs.headerBytes(leg)
    const { memory, lengths, pieces, sources, classes } = this.#arrivals
    let messages = 1
    for (let batch = 0; batch < BATCHES_A_TURN && messages > 0; batch++) {
      messages = this.#arrivals.receive(fd)
      // Anew for each batch: a time before a frame's arrival would make its way seem short.
      const nowUs = performance.now() * 1_000
      for (let i = 0; i < messages; i++) {
        const end = lengths[i]!
        const piece = Math.max(1, pieces[i]!)
        this.#count[column]! += end + headerBytes * Math.ceil(end / piece)
        for (let at = 0; at < end; at += piece) {
          this.#session.receive(
            memory,
            i * ARRIVAL_BYTES + at,
            Math.min(piece, end - at),
            sources[i]!,
            classes[i]!,
            nowUs,
            this.#toLan,
            this.#legs,
          )
        }
      }
      this.#door.flush()
    }
    this.#flush()
    return messages > 0
  }

  /** After packets or frames: they leave, and the session is looked at soon. */
  #flush(): void {
    this.#legs.flush()
    this.#dueUs = Math.min(this.#dueUs, this.#tickedUs + TICK_US_MIN)
  }

  #deliver(memory: Pinned, at: number, bytes: number, checksum: number): void {
    const said = decodeInner(memory.bytes, at, bytes)
    if (said !== undefined) {
      if (said !== 'ask') this.#number(said)
    } else if (this.#door.isOpen) {
      this.#count[TUNNEL_COUNT.packetsDown]!++
      clampMss(memory.bytes, at, bytes, this.#session.packetBytesMax)
      this.#door.write(memory, at, bytes, checksum)
    }
  }

  #tick(nowMs: number): void {
    this.#tickedUs = nowMs * 1_000
    this.#dueUs = this.#session.tick(nowMs * 1_000, this.#toLan, this.#legs)
    this.#door.device.limit(this.#session.packetBytesMax)
    publishSession(this.#session, this.#count)
    // One that began anew before the session fell, or has this home anew, may have other addresses for it.
    const isNumbered = this.#numbered && this.#numberedBy === this.#session.farInstance
    if (this.#session.up && !isNumbered && nowMs - this.#askedMs >= ASK_MS) {
      this.#askedMs = nowMs
      this.#packet.bytes.set(ASK, PACKET_HEADROOM_BYTES)
      const nowUs = nowMs * 1_000
      this.#session.send(this.#packet, PACKET_HEADROOM_BYTES, ASK.length, nowUs, this.#legs)
    }
    this.#door.flush()
    this.#legs.flush()
  }

  /** The concentrator has said under which addresses this home is known to it. */
  #number(inner: InnerAddresses): void {
    const before = this.#inner
    this.#inner = inner
    this.#numbered = true
    this.#numberedBy = this.#session.farInstance
    if (before === undefined || sameAddresses(before, inner)) return
    this.#door.close()
    // Under other addresses it is another tunnel, and is told of again.
    this.#standing = false
  }

  #openDoor({ ipv4, ipv6 }: InnerAddresses, nowMs: number): void {
    const own = [
      { address: ipv4, bits: 128 },
      { address: ipv6, bits: 128 },
    ]
    const why = this.#door.openAgain(own, nowMs)
    if (why !== undefined) this.#tell({ event: 'refused', why })
  }

  #changed(standing: boolean): void {
    this.#standing = standing
    const inner = this.#inner
    if (!standing || inner === undefined) {
      this.#tell({ event: 'fallen' })
      // A concentrator that comes back may have other addresses for us.
      if (!this.#session.up) this.#numbered = false
      return
    }
    const [ipv4, ipv6] = [formatAddress(inner.ipv4), formatAddress(inner.ipv6)]
    const prefix6 = inner.bits6 === 128 ? undefined : prefixText(ipv6, inner.bits6)
    this.#tell({ event: 'standing', ipv4, ipv6, prefix6 })
  }
}

function sameAddresses(one: InnerAddresses, other: InnerAddresses): boolean {
  return (
    one.bits6 === other.bits6 &&
    formatAddress(one.ipv4) === formatAddress(other.ipv4) &&
    formatAddress(one.ipv6) === formatAddress(other.ipv6)
  )
}

function prefixText(address: string, bits: number): string {
  const prefix = parsePrefix(`${address}/${bits}`)
  return prefix === undefined ? `${address}/128` : formatPrefix(prefix)
}

const ASK = encodeAsk()
/**
 * Batches of frames read before the other leg, the LAN and the session are looked at: 4 ms of small ones. Not much
 * less, for what a gap waits for may be what is not yet read.
 */
const BATCHES_A_TURN = 64
/** How long an answer about our addresses may take. */
const ASK_MS = 200
/** Under load: a look at the session costs as much as a packet. */
const TICK_US_MIN = 1_000
/** Nothing is due: steering wants to see that we turn. */
const IDLE_MS = 1_000
/** Packets that wait for room on a leg, or for an earlier one. */
const WAITING_MAX = 4_096
const PACKET_BYTES_MAX = 2_048
/** The least that IPv6 knows; more when the legs have been probed. */
const MTU_AT_START = 1_280
