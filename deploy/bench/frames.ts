/**
 * What the tunnel costs in memory, without a kernel: sealing and opening a frame, and the whole engine, packet
 * to frame and frame to packet. One thread, its processor time, so that neighbours on the machine matter little;
 * each case begins warm.
 */
import { createCipheriv } from 'node:crypto'
import { Command } from 'commander'
import { MannerLegs, mannerOf } from '../../shared/core/manner.ts'
import { type Pinned, pinned } from '../../shared/linux/pinned.ts'
import { FRAME_BYTES_MAX, type LegBatch, PACKET_HEADROOM_BYTES } from '../../shared/tunnel/batch.ts'
import { tunnelSecret } from '../../shared/tunnel/keys.ts'
import { PacketStore } from '../../shared/tunnel/packet-store.ts'
import { CIPHERS, type CipherName, IV_BYTES, keyBytesOf, Seal } from '../../shared/tunnel/seal.ts'
import { TunnelSession } from '../../shared/tunnel/session.ts'
import { HEAD_BYTES } from '../../shared/wire/tunnel.ts'
import { row } from './table.ts'

export const frameBench = new Command('frames')
  .description("the tunnel's engine in memory: ns a packet, Mbit/s of one thread")
  .option('--packets <n>', 'of each case', Number, 300_000)
  .action(({ packets }: { packets: number }) => {
    row('case', 'bytes', 'ns', 'Mbit/s')
    for (const bytes of [160, 1_400]) {
      say('createCipheriv aes-128-gcm, seal', bytes, timeNodeCrypto(bytes, packets / 10))
      for (const cipher of CIPHERS) {
        const { seal, open } = timeSeal(cipher, bytes, packets)
        say(`${cipher}, seal`, bytes, seal)
        say(`${cipher}, open`, bytes, open)
      }
      for (const cipher of CIPHERS) {
        const { send, receive } = timeEngine(cipher, bytes, packets)
        say(`engine ${cipher}, packet to frame`, bytes, send)
        say(`engine ${cipher}, frame to packet`, bytes, receive)
      }
    }
  })

function say(name: string, bytes: number, ns: number): void {
  row(name, String(bytes), ns.toFixed(0), ((bytes * 8 * 1_000) / ns).toFixed(0))
}

function timeNodeCrypto(bytes: number, packets: number): number {
  const key = new Uint8Array(16)
  const nonce = new Uint8Array(12)
  const packet = new Uint8Array(bytes)
  return time(packets, () => {
    const cipher = createCipheriv('aes-128-gcm', key, nonce)
    cipher.update(packet)
    cipher.final()
    cipher.getAuthTag()
  })
}

function timeSeal(cipher: CipherName, bytes: number, packets: number) {
  const keys = { key: new Uint8Array(keyBytesOf(cipher)), iv: new Uint8Array(IV_BYTES) }
  using seals = new Seal(cipher, keys, 'seal')
  using opens = new Seal(cipher, keys, 'open')
  const frame = pinned(FRAME_BYTES_MAX)
  const source = pinned(FRAME_BYTES_MAX)
  let number = 0
  const seal = time(packets, () => {
    frame.bytes[HEAD_BYTES - 1] = number++
    seals.seal(frame, 0, source, 0, bytes)
  })
  const length = seals.seal(frame, 0, source, 0, bytes)
  // Opened in place, it is genuine once; then the same work comes to another end.
  const open = time(packets, () => opens.open(frame, 0, length))
  return { seal, open }
}

/** A burst is sealed, then opened, over and over: neither waits for the other inside its time. */
function timeEngine(cipher: CipherName, bytes: number, packets: number) {
  using street = new Loopback(cipher)
  street.connect()
  const packet = pinned(FRAME_BYTES_MAX)
  packet.bytes.set(udp(bytes), PACKET_HEADROOM_BYTES)
  let sendNs = 0
  let receiveNs = 0
  for (let sent = 0; sent < packets; sent += BURST) {
    const begun = cpuNs()
    for (let i = 0; i < BURST; i++) street.send(packet, bytes)
    const sealed = cpuNs()
    street.deliver('concentrator')
    sendNs += sealed - begun
    receiveNs += cpuNs() - sealed
    street.turn()
  }
  if (street.delivered < packets) {
    throw new Error(`Cannot judge: ${street.delivered} of ${packets} packets arrived`)
  }
  return { send: sendNs / packets, receive: receiveNs / packets }
}

type End = 'home' | 'concentrator'

/** Two sessions, two legs, and a wire that is memory. Its clock is its own: 10 us a packet. */
class Loopback implements Disposable {
  delivered = 0
  readonly #sessions: Record<End, TunnelSession>
  readonly #wires: Record<End, Wire> = { home: new Wire(), concentrator: new Wire() }
  readonly #out = () => {
    this.delivered += 1
  }
  #nowUs = 1_000_000

  constructor(cipher: CipherName) {
    const store = new PacketStore(4_096)
    const open = (role: End) =>
      new TunnelSession({
        role,
        secret: tunnelSecret(new Uint8Array(22).fill(7)),
        cipher,
        mannerOf: () => mannerOf('cheapest-first', MannerLegs.ordered),
        reorderMsMax: 100,
        store,
      })
    this.#sessions = { home: open('home'), concentrator: open('concentrator') }
    for (const leg of [1, 2]) {
      this.#sessions.home.place(leg, ADDRESS)
      this.#sessions.home.order(leg, UNLIMITED, UNLIMITED)
    }
  }

  connect(): void {
    for (let i = 0; i < 1_000; i++) {
      this.turn()
      this.#nowUs += 1_000
    }
  }

  send(packet: Pinned, bytes: number): void {
    this.#nowUs += 10
    const batch = this.#wires.concentrator
    this.#sessions.home.send(packet, PACKET_HEADROOM_BYTES, bytes, this.#nowUs, batch)
  }

  /** What is on the wire towards this end arrives. */
  deliver(end: End): void {
    const wire = this.#wires[end]
    const back = this.#wires[end === 'home' ? 'concentrator' : 'home']
    const frames = wire.take()
    for (let i = 0; i < frames; i++) {
      const at = i * FRAME_BYTES_MAX
      const bytes = wire.lengthOf(i)
      this.#sessions[end].receive(wire.memory, at, bytes, ADDRESS, 0, this.#nowUs, this.#out, back)
    }
  }

  /** Timers of both ends, and what they say to each other. */
  turn(): void {
    this.#sessions.home.tick(this.#nowUs, this.#out, this.#wires.concentrator)
    this.deliver('concentrator')
    this.#sessions.concentrator.tick(this.#nowUs, this.#out, this.#wires.home)
    this.deliver('home')
  }

  [Symbol.dispose](): void {
    this.#sessions.home[Symbol.dispose]()
    this.#sessions.concentrator[Symbol.dispose]()
  }
}

class Wire implements LegBatch {
  readonly memory = pinned(FRAMES * FRAME_BYTES_MAX)
  readonly #lengths = new Uint16Array(FRAMES)
  #frames = 0

  place(): number {
    return this.#frames < FRAMES ? this.#frames * FRAME_BYTES_MAX : -1
  }

  commit(_leg: number, bytes: number): void {
    this.#lengths[this.#frames++] = bytes
  }

  lengthOf(frame: number): number {
    return this.#lengths[frame]!
  }

  /** How many frames are there, which may be overwritten only when all were read. */
  take(): number {
    const frames = this.#frames
    this.#frames = 0
    return frames
  }
}

function time(rounds: number, work: () => void): number {
  for (let i = 0; i < rounds / 10; i++) work()
  const begun = cpuNs()
  for (let i = 0; i < rounds; i++) work()
  return (cpuNs() - begun) / rounds
}

function cpuNs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) * 1_000
}

function udp(bytes: number): Uint8Array {
  const packet = new Uint8Array(bytes)
  packet.set([
    0x45,
    0,
    bytes >> 8,
    bytes & 0xff,
    0,
    0,
    0,
    0,
    64,
    17,
    0,
    0,
    10,
    0,
    0,
    2,
    192,
    0,
    2,
    9,
  ])
  return packet
}

const BURST = 256
const FRAMES = 512
/** 80 Gbit/s: no packet waits. */
const UNLIMITED = { priority: 3, spared: false, capacity: 10_000_000, beside: 0 }
/** ::ffff:192.0.2.1, as sockaddr_in6. */
const ADDRESS = Uint8Array.from([
  10, 0, 0x22, 0x63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0, 0, 0, 0,
])
