/**
 * ⑤' The other door out: to nowhere. A home measures its lines against us (ADR 0051): we send bytes of chance, count
 * what comes, or say it again. It is a connection of the home's like any other, in its limits, its shaping and its
 * accounts; only that no server is behind it.
 */
import { randomFillSync } from 'node:crypto'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'
import { FAILED, READABLE, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { HalfFlow } from '../../shared/relay/pump.ts'
import { encodeConvert } from '../../shared/wire/convert.ts'
import {
  decodeOrder,
  encodeCount,
  ORDER_BYTES,
  SpeedTestMode,
  type SpeedTestOrder,
} from '../../shared/wire/speed-test.ts'
import type { Admitted } from './egress.ts'
import { EXCESS } from './judge.ts'
import { refuse } from './refuse.ts'
import type { StreetRoom } from './room.ts'
import { shapePlain } from './shape-plain.ts'

/** Take over what was admitted. */
export function testSpeed(room: StreetRoom, home: Admitted): void {
  if (room.speedTests.size >= TESTS_MAX) return refuse(room, home, EXCESS)
  new SpeedTest(room, home).begin()
}

class SpeedTest implements Watcher {
  readonly #room: StreetRoom
  readonly #home: Admitted
  readonly #deadline = new Deadline(() => this.#end(resetAndClose))
  readonly #counting = new Deadline(() => this.#onCount())
  /** What is sent, for whoever keeps send queues short. */
  readonly #down: HalfFlow
  #head: Uint8Array
  #order: SpeedTestOrder | undefined
  #received = 0
  #firstMs: number | undefined
  #lastMs = 0
  #isOver = false
  #isQueued = false

  constructor(room: StreetRoom, home: Admitted) {
    this.#room = room
    this.#home = home
    this.#head = home.earlyData
    this.#down = new HalfFlow(home.fd, home.fd)
  }

  begin(): void {
    const { loop, speedTests } = this.#room
    const { fd, seat, answer } = this.#home
    speedTests.add(this)
    seat.settled()
    shapePlain(this.#room, this.#home)
    loop.handOver(fd, this)
    loop.arm(this.#deadline, TEST_MS_MAX)
    const yes = encodeConvert(answer)
    libc.sendHead(fd, yes, yes.length)
    this.#obey()
  }

  onReady(_fd: number, events: number): void {
    if ((events & FAILED) !== 0) return this.#end(resetAndClose)
    if ((events & READABLE) !== 0) this.#read()
    if ((events & WRITABLE) !== 0 && !this.#isOver) this.#send()
  }

  onTurn(): void {
    this.#isQueued = false
    if (this.#isOver) return
    this.#read()
    if (!this.#isOver) this.#send()
  }

  #read(): void {
    const { scratch } = this.#room
    const { fd } = this.#home
    for (let burst = 0; burst < BURST_BYTES_MAX; ) {
      const got = libc.recvHead(fd, scratch, scratch.length)
      if (got === -EAGAIN) return
      if (got < 0) return this.#end(resetAndClose)
      if (got === 0) return this.#ended()
      burst += got
      if (this.#order === undefined) {
        this.#head = Buffer.concat([this.#head, scratch.subarray(0, got)])
        this.#obey()
        if (this.#isOver) return
        continue
      }
      if (this.#order.mode === SpeedTestMode.up) this.#count(got)
      // What a full queue does not take is not said again: the home misses one answer.
      if (this.#order.mode === SpeedTestMode.echo) libc.sendHead(fd, scratch, got)
    }
    this.#soon()
  }

  #obey(): void {
    const order = decodeOrder(this.#head)
    if (order === 'incomplete') return
    if (order === 'alien' || order.bytes > BYTES_MAX) return this.#end(resetAndClose)
    this.#order = order
    const rest = this.#head.subarray(ORDER_BYTES)
    this.#head = NO_BYTES
    const { loop, sendQueues } = this.#room
    if (order.mode === SpeedTestMode.up) {
      if (rest.length > 0) this.#count(rest.length)
      loop.arm(this.#counting, COUNT_MS)
    }
    if (order.mode === SpeedTestMode.echo) libc.sendHead(this.#home.fd, rest, rest.length)
    if (order.mode === SpeedTestMode.down) sendQueues.keep(this.#down)
    this.#send()
  }

  #count(bytes: number): void {
    const { nowMs } = this.#room.loop
    this.#firstMs ??= nowMs
    this.#lastMs = nowMs
    this.#received += bytes
  }

  #onCount(): void {
    this.#room.loop.arm(this.#counting, COUNT_MS)
    this.#sayCount()
  }

  #sayCount(): void {
    const us = Math.round(1_000 * (this.#lastMs - (this.#firstMs ?? this.#lastMs)))
    const count = encodeCount({ bytes: this.#received, us })
    libc.sendHead(this.#home.fd, count, count.length)
  }

  #send(): void {
    const order = this.#order
    if (order?.mode !== SpeedTestMode.down) return
    for (let burst = 0; burst < BURST_BYTES_MAX; ) {
      const left = Math.min(CHANCE.length, order.bytes - this.#down.bytes)
      if (left === 0) return void libc.shutdownWrite(this.#home.fd)
      const sent = libc.sendHead(this.#home.fd, CHANCE, left)
      if (sent === -EAGAIN) return
      if (sent < 0) return this.#end(resetAndClose)
      this.#down.bytes += sent
      burst += sent
    }
    this.#soon()
  }

  /** Others have their turn first. */
  #soon(): void {
    if (this.#isQueued) return
    this.#isQueued = true
    this.#room.loop.soon(this)
  }

  /** The home has said all. */
  #ended(): void {
    if (this.#order?.mode === SpeedTestMode.up) this.#sayCount()
    this.#end(libc.close)
  }

  #end(close: (fd: number) => unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const { loop, speedTests, sendQueues } = this.#room
    const { fd, seat } = this.#home
    loop.disarm(this.#deadline)
    loop.disarm(this.#counting)
    sendQueues.forget(this.#down)
    speedTests.delete(this)
    loop.unwatch(fd)
    seat.leave()
    close(fd)
  }
}

/** Connections in a thread: a test has two at a time. */
const TESTS_MAX = 64
/** Of one connection, whatever the home asks for. */
const BYTES_MAX = 10_000_000_000
const TEST_MS_MAX = 60_000
const COUNT_MS = 100
/** As of a flow of the relay (pump.ts). */
const BURST_BYTES_MAX = 1_048_576
const NO_BYTES = new Uint8Array(0)
/** What no middlebox can make smaller. */
const CHANCE = randomFillSync(new Uint8Array(65_536))
