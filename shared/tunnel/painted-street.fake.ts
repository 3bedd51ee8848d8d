/**
 * Two sessions, home and concentrator, on painted lines: each a rate, a delay, a queue of a length in time, and
 * some loss, each way. Real frames, real ciphers; only the wire and the clock are painted.
 *
 *     home ──▶ queue ──▶ rate ──▶ delay, jitter, loss ──▶ concentrator        and the same back
 *
 * Nothing overtakes anything on a line.
 */
import { mulberry32 } from '../core/chance.fake.ts'
import { type Manner, MannerLegs, mannerOf } from '../core/manner.ts'
import { type Pinned, pinned } from '../linux/pinned.ts'
import { FRAME_BYTES_MAX, type LegBatch, PACKET_HEADROOM_BYTES, type PacketOut } from './batch.ts'
import { tunnelSecret } from './keys.ts'
import { PacketStore } from './packet-store.ts'
import type { CipherName } from './seal.ts'
import { TunnelSession } from './session.ts'

export interface Line {
  /** Bytes a millisecond, each way; 125 is 1 Mbit/s. */
  rate: number
  oneWayUs: number
  jitterUs: number
  queueUs: number
  /** 0 to 1. */
  loss: number
  mtu: number
  cut: boolean
  /** Marks Congestion Experienced on what knows ECN, as RFC 3168 says. */
  marks: boolean
}

interface Travelling {
  readonly atUs: number
  readonly bytes: Uint8Array
  readonly trafficClass: number
  readonly from: Uint8Array
  readonly leg: number
}

export type End = 'home' | 'concentrator'

export class PaintedStreet {
  nowUs = 1_000_000
  /** The finest that the clock steps. */
  stepUs = 100
  /** Every datagram that enters a line towards this end, before the line has judged it. */
  onEnter: (towards: End, bytes: Uint8Array) => void = () => {}
  readonly lines: ReadonlyMap<number, Line>
  readonly sessions: Record<End, TunnelSession>
  readonly store = new PacketStore(4_096)
  readonly homeAddresses = new Map<number, Uint8Array>()
  /** Bytes that entered each line towards the concentrator and towards the home, outer headers included. */
  readonly carried = new Map<number, Record<End, number>>()
  readonly #arrived: Record<End, (packet: Uint8Array) => void>
  readonly #random: () => number
  readonly #open: (role: End) => TunnelSession
  readonly #travelling: Record<End, Map<number, Travelling[]>> = {
    home: new Map(),
    concentrator: new Map(),
  }
  readonly #free = new Map<string, number>()
  readonly #last = new Map<string, number>()
  readonly #wakeUs: Record<End, number> = { home: 0, concentrator: 0 }
  readonly #packet: Pinned = pinned(FRAME_BYTES_MAX)
  readonly #datagram: Pinned = pinned(FRAME_BYTES_MAX)
  readonly #batches: Record<End, LegBatch>
  readonly #outs: Record<End, PacketOut>

  constructor(
    lines: ReadonlyMap<number, Line>,
    arrived: Record<End, (packet: Uint8Array) => void>,
    {
      seed = 1,
      cipher = 'aes-128-gcm',
      mannerOf: mannerOfPacket = () => mannerOf('cheapest-first', MannerLegs.ordered),
    }: {
      readonly seed?: number
      readonly cipher?: CipherName
      /** Said by the home of each flow, by its first packet. */
      readonly mannerOf?: (packet: Uint8Array) => Manner
    } = {},
  ) {
    this.lines = lines
    this.#arrived = arrived
    this.#random = mulberry32(seed)
    this.#batches = { home: this.#batch('home'), concentrator: this.#batch('concentrator') }
    this.#outs = { home: this.#out('home'), concentrator: this.#out('concentrator') }
    this.#open = (role) => {
      const session = new TunnelSession({
        role,
        secret: tunnelSecret(COOKIE),
        cipher,
        mannerOf:
          role === 'home'
            ? (_hash, packet, at, bytes) => mannerOfPacket(packet.subarray(at, at + bytes))
            : undefined,
        reorderMsMax: 100,
        store: this.store,
      })
      if (role === 'home') for (const leg of lines.keys()) session.place(leg, CONCENTRATOR)
      return session
    }
    this.sessions = { home: this.#open('home'), concentrator: this.#open('concentrator') }
    for (const leg of lines.keys()) {
      this.homeAddresses.set(leg, sockaddr(leg, 40_000 + leg))
      this.carried.set(leg, { home: 0, concentrator: 0 })
    }
  }

  /** This end's process ends without a word and begins anew. */
  restart(end: End): void {
    this.sessions[end][Symbol.dispose]()
    this.sessions[end] = this.#open(end)
    this.#wakeUs[end] = 0
  }

  /** An IP packet enters the tunnel at this end. */
  send(end: End, packet: Uint8Array): number {
    this.#packet.bytes.set(packet, PACKET_HEADROOM_BYTES)
    const sent = this.sessions[end].send(
      this.#packet,
      PACKET_HEADROOM_BYTES,
      packet.length,
      this.nowUs,
      this.#batches[end],
    )
    this.#wakeUs[end] = 0
    return sent
  }

  /** A datagram arrives at this end from an address, as if by the leg's line. */
  inject(end: End, bytes: Uint8Array, from: Uint8Array): void {
    this.#hand(end, { atUs: this.nowUs, bytes, trafficClass: 0, from, leg: 0 })
  }

  /** What is on its way to this end now. */
  underway(end: End): Uint8Array[] {
    return [...this.#travelling[end].values()].flat().map(({ bytes }) => bytes)
  }

  /** Let the clock run. */
  run(untilUs: number): void {
    while (this.nowUs < untilUs) {
      this.nowUs = Math.min(untilUs, this.nowUs + this.stepUs)
      for (const end of ['concentrator', 'home'] as const) {
        for (const queue of this.#travelling[end].values()) {
          while (queue.length > 0 && queue[0]!.atUs <= this.nowUs) this.#hand(end, queue.shift()!)
        }
        if (this.#wakeUs[end] > this.nowUs) continue
        const session = this.sessions[end]
        this.#wakeUs[end] = session.tick(this.nowUs, this.#outs[end], this.#batches[end])
      }
    }
  }

  /** Run until both ends are up; how long it took. */
  connect(): number {
    const since = this.nowUs
    while (!this.sessions.home.up || !this.sessions.concentrator.up) {
      if (this.nowUs - since > 5_000_000) throw new Error('The painted street does not come up')
      this.run(this.nowUs + 1_000)
    }
    return this.nowUs - since
  }

  #hand(end: End, { bytes, from, trafficClass }: Travelling): void {
    this.#datagram.bytes.set(bytes)
    this.sessions[end].receive(
      this.#datagram,
      0,
      bytes.length,
      from,
      trafficClass,
      this.nowUs,
      this.#outs[end],
      this.#batches[end],
    )
    this.#wakeUs[end] = 0
  }

  #batch(end: End): LegBatch {
    const memory = pinned(FRAME_BYTES_MAX)
    return {
      memory,
      place: () => 0,
      commit: (leg, bytes, trafficClass, to) => {
        this.#enter(end, leg, memory.bytes.slice(0, bytes), trafficClass, to)
      },
    }
  }

  #out(end: End): PacketOut {
    return (memory, at, bytes) => this.#arrived[end](memory.bytes.slice(at, at + bytes))
  }

  #enter(end: End, leg: number, bytes: Uint8Array, trafficClass: number, to: Uint8Array): void {
    const line = this.lines.get(leg)
    const far: End = end === 'home' ? 'concentrator' : 'home'
    if (line === undefined) return
    // A home's address that it no longer has leads nowhere.
    if (far === 'home' && !sameBytes(to, this.homeAddresses.get(leg)!)) return
    this.onEnter(far, bytes)
    const wire = bytes.length + OUTER_BYTES
    this.carried.get(leg)![far] += wire
    const way = `${leg} ${far}`
    const beginUs = Math.max(this.nowUs, this.#free.get(way) ?? 0)
    if (beginUs - this.nowUs > line.queueUs || wire > line.mtu) return
    const leavesUs = beginUs + (wire * 1_000) / line.rate
    this.#free.set(way, leavesUs)
    if (line.cut || this.#random() < line.loss) return
    const flightUs = line.oneWayUs + line.jitterUs * this.#random()
    const atUs = Math.max(this.#last.get(way) ?? 0, leavesUs + flightUs)
    this.#last.set(way, atUs)
    const from = end === 'home' ? this.homeAddresses.get(leg)! : CONCENTRATOR
    const queue = this.#travelling[far].get(leg) ?? []
    const knowsEcn = (trafficClass & 3) !== 0
    const seen = line.marks && knowsEcn ? trafficClass | 3 : trafficClass
    queue.push({ atUs, bytes, trafficClass: seen, from, leg })
    this.#travelling[far].set(leg, queue)
  }
}

/** A line as a home has it. */
export function line(of: Partial<Line>): Line {
  return {
    rate: 6_250,
    oneWayUs: 10_000,
    jitterUs: 0,
    queueUs: 50_000,
    loss: 0,
    mtu: 1_500,
    cut: false,
    marks: false,
    ...of,
  }
}

/** ::ffff:192.0.2.host, as sockaddr_in6. */
export function sockaddr(host: number, port: number): Uint8Array {
  const bytes = new Uint8Array(28)
  bytes[0] = 10
  bytes[2] = port >> 8
  bytes[3] = port & 0xff
  bytes.set([0xff, 0xff, 192, 0, 2, host], 18)
  return bytes
}

/** A UDP packet over IPv4 that may not be cut, of `bytes` in all, with a number in its first eight bytes of payload. */
export function datagram(bytes: number, flow: number, number: number, tos = 0): Uint8Array {
  const packet = new Uint8Array(bytes)
  const view = new DataView(packet.buffer)
  packet[0] = 0x45
  packet[1] = tos
  view.setUint16(2, bytes)
  packet[6] = 0x40
  packet[8] = 64
  packet[9] = 17
  packet.set([10, 0, 0, 2, 192, 0, 2, 99], 12)
  view.setUint16(20, 5_000 + flow)
  view.setUint16(22, 443)
  view.setUint16(24, bytes - 20)
  view.setFloat64(28, number)
  return packet
}

/** The same flow in the other direction. */
export function reversed(packet: Uint8Array): Uint8Array {
  const back = Uint8Array.from(packet)
  back.set(packet.subarray(16, 20), 12)
  back.set(packet.subarray(12, 16), 16)
  back.set(packet.subarray(22, 24), 20)
  back.set(packet.subarray(20, 22), 22)
  return back
}

export function numberOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getFloat64(28)
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, i) => byte === other[i])
}

export const COOKIE = new TextEncoder().encode('a cookie of twenty-two')
const CONCENTRATOR = sockaddr(1, 8803)
const OUTER_BYTES = 28
