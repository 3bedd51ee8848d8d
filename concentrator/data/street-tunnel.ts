/**
 * The tunnels of all homes in the concentrator: frames of each home become packets of its own inner
 * address, and packets for an inner address become frames of that home.
 *
 *   homes ─▶ StreetDoors ─▶ sessionAt ─▶ session.receive ─▶ is the source its own? ─write▶ hybridge0 ─▶ NAT
 *   homes ◀─ StreetDoors ◀─────────────── session.send ◀── placeOf the destination ◀─read─ hybridge0 ◀─ NAT
 *
 * A home has a session from its first frame on. Which home a packet belongs to is a number in its address,
 * so nothing is searched.
 */
import { isLegNumber } from '../../shared/core/leg.ts'
import { ARRIVAL_BYTES } from '../../shared/linux/datagrams.ts'
import { type Pinned, pinned } from '../../shared/linux/pinned.ts'
import { TunnelDevice } from '../../shared/linux/tunnel-device.ts'
import type { Loop } from '../../shared/relay/loop.ts'
import { PacketDoor } from '../../shared/relay/packet-door.ts'
import { PACKET_HEADROOM_BYTES, type PacketOut } from '../../shared/tunnel/batch.ts'
import { PacketStore } from '../../shared/tunnel/packet-store.ts'
import { Sent } from '../../shared/tunnel/sender.ts'
import { TunnelSession } from '../../shared/tunnel/session.ts'
import { answerTooBig } from '../../shared/tunnel/too-big.ts'
import { decodeInner } from '../../shared/wire/inner-address.ts'
import { frameType, legAt, sessionAt } from '../../shared/wire/tunnel.ts'
import { TunnelUsage } from '../subscribers/tunnel-usage.ts'
import { Agenda, Appointment } from './agenda.ts'
import { InnerPlaces } from './inner-places.ts'
import { PrefixRoutes } from './prefix-routes.ts'
import { StreetDoors } from './street-doors.ts'
import { TunnelRoll } from './tunnel-roll.ts'
import {
  type StreetTunnelBirth,
  type StreetTunnelNews,
  TUNNELLED,
  type TunnelLetter,
} from './tunnel-room.ts'
import { ShapedHome, TunnelShaping } from './tunnel-shaping.ts'
import { TunnelTally } from './tunnel-tally.ts'

export class StreetTunnel {
  readonly #birth: StreetTunnelBirth
  readonly #loop: Loop
  readonly #tell: (news: StreetTunnelNews) => void
  readonly #doors: StreetDoors
  readonly #door: PacketDoor
  readonly #tally: TunnelTally
  readonly #count: Float64Array
  readonly #packet = pinned(PACKET_HEADROOM_BYTES + PACKET_BYTES_MAX)
  readonly #store = new PacketStore(WAITING_MAX)
  readonly #roll: TunnelRoll
  readonly #routes = new PrefixRoutes()
  /** By number: those that have come. */
  readonly #homes: Array<Home | undefined> = []
  readonly #places: InnerPlaces
  readonly #agenda: Agenda
  readonly #usage: TunnelUsage
  readonly #shaping: TunnelShaping | undefined

  constructor(birth: StreetTunnelBirth, loop: Loop, tell: (news: StreetTunnelNews) => void) {
    this.#birth = birth
    this.#loop = loop
    this.#agenda = new Agenda(loop)
    this.#usage = new TunnelUsage(birth.usage)
    this.#shaping = birth.cappedLegs && new TunnelShaping(birth.cappedLegs)
    this.#tell = tell
    this.#tally = new TunnelTally(birth.counters)
    this.#count = this.#tally.row
    this.#roll = new TunnelRoll(birth.homes, birth.pool6)
    this.#places = new InnerPlaces(birth, this.#roll)
    this.#doors = new StreetDoors(birth.listen)
    this.#door = new PacketDoor(loop, new TunnelDevice(birth.device, MTU_BYTES), {
      onPacket: (at, bytes, checksum, nowUs) => this.#toHome(at, bytes, checksum, nowUs),
      onShare: () => this.#doors.flush(),
    })
    try {
      this.#door.open(this.#places.inside)
      this.#routes.open(this.#door.device.index, this.#roll.prefixes())
    } catch (error) {
      this.#doors[Symbol.dispose]()
      throw error
    }
    this.#doors.watch(loop, (fd) => this.#takeFrames(fd))
  }

  /** The home may have a tunnel, with this identity, or none any more: what it had ends. */
  change(letter: TunnelLetter): void {
    const home = this.#homes[letter.number]
    if (home !== undefined) {
      this.#agenda.cancel(home.appointment)
      this.#bill(home)
      this.#shaping?.forget(home.shaped)
      home.session[Symbol.dispose]()
      this.#homes[letter.number] = undefined
      this.#count[TUNNELLED.sessions]!--
    }
    const before = this.#roll.prefixOf(letter.number)
    if (before !== undefined) this.#routes.remove(before)
    this.#roll.change(letter)
    const now = this.#roll.prefixOf(letter.number)
    if (now !== undefined) this.#routes.add(now)
  }

  /** How long the thread may sleep. */
  waitMs(): number {
    return Math.min(IDLE_MS, this.#agenda.waitMs(performance.now()))
  }

  /** The end of each round. */
  turn(): void {
    this.#agenda.turn(this.#loop.nowMs * 1_000)
    this.#doors.flush()
    if (!this.#door.isOpen) this.#openAgain()
    this.#tally.show(this.#doors)
  }

  [Symbol.dispose](): void {
    this.#shaping?.[Symbol.dispose]()
    this.#routes[Symbol.dispose]()
    this.#door[Symbol.dispose]()
    this.#doors[Symbol.dispose]()
    for (const home of this.#homes) home?.session[Symbol.dispose]()
  }

  /** Batches of frames; true when more may be there. */
  #takeFrames(fd: number): boolean {
    const { memory, lengths, pieces, sources, classes } = this.#doors.arrivals
    for (let batch = 0; batch < BATCHES_A_TURN; batch++) {
      const messages = this.#doors.receive(fd)
      if (messages <= 0) return false
      // Anew for each batch: a time before a frame's arrival would make its way seem short.
      const nowUs = performance.now() * 1_000
      for (let i = 0; i < messages; i++) {
        const end = lengths[i]!
        const piece = Math.max(1, pieces[i]!)
        this.#count[TUNNELLED.upBytes]! += end
        for (let at = 0; at < end; at += piece) {
          const from = i * ARRIVAL_BYTES + at
          this.#take(memory, from, Math.min(piece, end - at), sources[i]!, classes[i]!, nowUs)
        }
      }
      this.#door.flush()
      // Before the next batch is received: what answers these is addressed by their `sources`.
      this.#doors.flush()
    }
    return true
  }

  #take(
    memory: Pinned,
    at: number,
    bytes: number,
    source: Uint8Array,
    trafficClass: number,
    nowUs: number,
  ): void {
    // The format knows eight legs. A third would have no cap, and count as DSL on the bill.
    if (frameType(memory.bytes, at, bytes) === 0 || !isLegNumber(legAt(memory.bytes, at))) {
      this.#tally.opened.alien += 1
      return
    }
    const number = this.#roll.numberOf(sessionAt(memory.bytes, at))
    const home = number === undefined ? undefined : (this.#homes[number] ?? this.#welcome(number))
    if (home === undefined) {
      this.#count[TUNNELLED.unknown]!++
      return
    }
    home.session.receive(memory, at, bytes, source, trafficClass, nowUs, home.out, this.#doors)
    this.#agenda.now(home.appointment, this.#loop.nowMs * 1_000)
  }

  #welcome(number: number): Home | undefined {
    const secret = this.#roll.secretOf(number)
    if (secret === undefined) return undefined
    const session = new TunnelSession({
      role: 'concentrator',
      secret,
      cipher: 'aes-128-gcm',
      mannerOf: undefined,
      reorderMsMax: this.#birth.reorderMsMax,
      store: this.#store,
      opened: this.#tally.opened,
      received: this.#tally.received,
    })
    const home: Home = {
      number,
      session,
      out: (memory, at, bytes, checksum) => this.#toInternet(home, memory, at, bytes, checksum),
      shaped: new ShapedHome(),
      bill: (leg, up, down) => this.#usage.add(number, leg, up, down),
      appointment: new Appointment(this.#loop, (nowUs) => this.#tick(home, nowUs)),
    }
    this.#homes[number] = home
    this.#count[TUNNELLED.sessions]!++
    return home
  }

  /** Nobody sends as another: a home's packets have its own source. */
  #toInternet(home: Home, memory: Pinned, at: number, bytes: number, checksum: number): void {
    if (this.#places.ownerOf('source', memory.bytes, at, bytes) !== home.number) {
      if (decodeInner(memory.bytes, at, bytes) === 'ask') this.#tellAddresses(home)
      else this.#count[TUNNELLED.spoofed]!++
      return
    }
    this.#count[TUNNELLED.packetsUp]!++
    this.#door.write(memory, at, bytes, checksum)
  }

  #tellAddresses(home: Home): void {
    const answer = this.#places.tellOf(home.number)
    this.#packet.bytes.set(answer, PACKET_HEADROOM_BYTES)
    const nowUs = performance.now() * 1_000
    home.session.send(this.#packet, PACKET_HEADROOM_BYTES, answer.length, nowUs, this.#doors)
  }

  #toHome(at: number, bytes: number, checksum: number, nowUs: number): void {
    const packet = this.#door.memory
    const home = this.#homes[this.#places.ownerOf('destination', packet.bytes, at, bytes)]
    if (home === undefined) {
      this.#count[TUNNELLED.unrouted]!++
      return
    }
    switch (home.session.send(packet, at, bytes, nowUs, this.#doors, checksum)) {
      case Sent.sent:
      case Sent.queued:
        this.#count[TUNNELLED.packetsDown]!++
        break
      case Sent.tooBig:
        this.#refuse(home, at, bytes)
        break
      default:
        this.#count[TUNNELLED.dropped]!++
    }
    this.#agenda.now(home.appointment, this.#loop.nowMs * 1_000)
  }

  /** The interface takes what most legs do; this home's take less. */
  #refuse(home: Home, at: number, bytes: number): void {
    this.#count[TUNNELLED.tooBig]!++
    if (bytes > PACKET_BYTES_MAX) return
    // Beside: what follows the packet may be the next.
    const packet = this.#door.memory.bytes.subarray(at, at + bytes)
    this.#packet.bytes.set(packet, PACKET_HEADROOM_BYTES)
    const { own4, own6 } = this.#places
    const answer = answerTooBig(home.session, this.#packet, bytes, own4, own6)
    if (answer > 0) this.#door.write(this.#packet, PACKET_HEADROOM_BYTES, answer, 0)
  }

  #tick(home: Home, nowUs: number): void {
    const dueUs = home.session.tick(nowUs, home.out, this.#doors)
    this.#agenda.set(home.appointment, dueUs, nowUs)
    this.#door.flush()
    this.#doors.flush()
    this.#bill(home)
    this.#shaping?.look(home.number, home.shaped, home.session.legs.list, nowUs)
  }

  #bill({ session, bill }: Home): void {
    const { list } = session.legs
    for (let i = 0; i < list.length; i++) list[i]!.takeCarried(bill)
  }

  #openAgain(): void {
    const refused = this.#door.openAgain(this.#places.inside, this.#loop.nowMs)
    const there = `${this.#birth.device} was deleted and is there again`
    if (this.#door.isOpen) this.#routes.open(this.#door.device.index, this.#roll.prefixes())
    const why = this.#door.isOpen ? there : refused
    if (why !== undefined) this.#tell({ event: 'interface', why })
  }
}

interface Home {
  readonly number: number
  readonly session: TunnelSession
  readonly out: PacketOut
  readonly shaped: ShapedHome
  readonly bill: (leg: number, up: number, down: number) => void
  readonly appointment: Appointment
}

/** What a leg of 1,500 bytes over IPv6 leaves for a packet: 40 + 8 + 52 are around it. */
const MTU_BYTES = 1_400
const PACKET_BYTES_MAX = 2_048
/** Batches of frames read before the Internet is looked at. */
const BATCHES_A_TURN = 8
/** Packets of all homes that wait for room on a leg, or for an earlier one. */
const WAITING_MAX = 8_192
const IDLE_MS = 1_000
