/**
 * The thread of one line: two TUN devices, one at each end, and what happens to packets between them.
 *
 *   near (the home) ◀── down ── far (the operator)
 *                   ─── up ──▶
 *
 * A line at rest sleeps in ppoll until a packet comes or one is due, so that a lone ping is timed to a
 * tenth of a millisecond. A busy line looks every ROUND_US instead: packets then share their wake-ups.
 */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { must } from '../../shared/linux/errors.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import { close, ppoll, read, setTimerSlack, write } from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { openTun, setTunCarrier } from '../../shared/linux/tun.ts'
import { directionsOf, LineDirection } from './line.ts'
import { COUNT, LineCells, type LineState, type Strip } from './line-cells.ts'
import type { LineEnd, LineSpec } from './line-spec.ts'
import { stripMptcp } from './line-strip.ts'

export interface LineWork {
  readonly spec: LineSpec
  readonly memory: SharedArrayBuffer
  /** An eventfd: look at the cells. */
  readonly wake: number
}

/** One way through the line. */
interface Way {
  readonly from: number
  readonly to: number
  readonly line: LineDirection
  readonly counts: Float64Array
}

function runLine({ spec, memory, wake }: LineWork): void {
  goFirst()
  must(setTimerSlack(TIMER_SLACK_NS), 'make timers exact', 'prctl(PR_SET_TIMERSLACK)')
  const near = openEnd(spec.near, spec.mtu)
  const far = openEnd(spec.far, spec.mtu)
  const cells = new LineCells(memory)
  const params = directionsOf(cells.state())
  const down = way(far, near, new LineDirection(params.down, 2 * spec.seed), cells.down)
  const up = way(near, far, new LineDirection(params.up, 2 * spec.seed + 1), cells.up)
  parentPort!.postMessage('open')

  emulate(down, up, cells, wake)
  close(near)
  close(far)
}

/**
 * A line is hardware: it must not wait for a processor behind those whose packets it carries. With three
 * busy processes on two cores, a round trip of 20 ms measures 20.4 so, and 28 otherwise. Only this thread.
 */
function goFirst(): void {
  try {
    setPriority(NICE)
  } catch (error) {
    // Where a container may make devices but not this, lines are as exact as the scheduler lets them.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error
  }
}

/** Until the cells say stop. */
function emulate(down: Way, up: Way, cells: LineCells, wake: number): void {
  const sleep = new Sleep([wake, up.from, down.from])
  let obeyed = -1
  let dead = false
  let strip: Strip = 'off'
  let lastUs = 0

  while (!cells.stopping()) {
    const wanted = cells.wanted()
    if (wanted !== obeyed) {
      const state = cells.state()
      dead = obey(state, down, up)
      strip = state.strip
      cells.obeyed(wanted)
      obeyed = wanted
    }

    const nowUs = clockUs()
    let moved = arrive(down, dead, strip, nowUs) + arrive(up, dead, strip, nowUs)
    moved += leave(down) + leave(up)
    cells.stamp(clockUs())

    const busy = moved > 0 && nowUs - lastUs < BUSY_US
    lastUs = nowUs
    if (busy) sleep.deaf(ROUND_US)
    else sleep.until(Math.min(down.line.wakeAtUs(), up.line.wakeAtUs()))
  }
}

/** Do what the cells say; answers whether packets vanish from now on. */
function obey(state: LineState, down: Way, up: Way): boolean {
  const nowUs = clockUs()
  const params = directionsOf(state)
  down.line.configure(params.down, nowUs)
  up.line.configure(params.up, nowUs)
  setTunCarrier(down.to, state.carrier)
  setTunCarrier(up.to, state.carrier)

  const dead = state.silent || !state.carrier
  if (dead) {
    for (const { line, counts } of [down, up]) counts[COUNT.faultDrops]! += line.clear(nowUs)
  }
  return dead
}

/** Packets enter the line. Answers how many came. */
function arrive(way: Way, dead: boolean, strip: Strip, nowUs: number): number {
  const { from, line, counts } = way
  for (let packets = 0; packets < BURST_PACKETS_MAX; packets++) {
    const bytes = read(from, PACKET)
    if (bytes < 0) {
      if (bytes !== -EAGAIN) must(bytes, 'read from the end of a line', 'read')
      return packets
    }
    if (dead) {
      counts[COUNT.faultDrops]!++
      continue
    }
    if (strip !== 'off') stripMptcp(PACKET, bytes, strip)
    if (!line.offer(PACKET, bytes, nowUs)) counts[COUNT.queueDrops]!++
  }
  return BURST_PACKETS_MAX
}

/** Packets that are due leave the line. Answers how many did. */
function leave(way: Way): number {
  const { to, line, counts } = way
  const nowUs = clockUs()
  let packets = 0
  for (; packets < BURST_PACKETS_MAX; packets++) {
    const bytes = line.take(PACKET, nowUs)
    if (bytes === 0) break
    if (write(to, PACKET, bytes) < 0) {
      counts[COUNT.faultDrops]!++
      continue
    }
    counts[COUNT.bytes]! += bytes
    counts[COUNT.packets]!++
  }
  counts[COUNT.lossDrops] = line.lost
  counts[COUNT.idleUs] = line.idleUs
  counts[COUNT.queuedBytes] = line.queuedBytes
  return packets
}

/** The thread's way of waiting: struct pollfd and struct timespec, made once. */
class Sleep {
  readonly #all: Uint8Array
  readonly #wakeOnly: Uint8Array
  readonly #results: DataView
  readonly #timeout = new Uint8Array(16)
  readonly #timespec = new Uint32Array(this.#timeout.buffer)
  readonly #wake: number
  readonly #drained = new Uint8Array(8)

  /** The first descriptor is the eventfd. */
  constructor(fds: readonly [wake: number, ...others: number[]]) {
    this.#all = new Uint8Array(fds.length * POLLFD_BYTES)
    this.#results = new DataView(this.#all.buffer)
    for (const [i, fd] of fds.entries()) {
      this.#results.setInt32(i * POLLFD_BYTES, fd, true)
      this.#results.setInt16(i * POLLFD_BYTES + 4, POLLIN, true)
    }
    this.#wakeOnly = this.#all.subarray(0, POLLFD_BYTES)
    this.#wake = fds[0]
  }

  /** For `us`, whatever packets come. */
  deaf(us: number): void {
    this.#poll(this.#wakeOnly, us)
  }

  /** Until the clock says `atUs` or a packet comes. */
  until(atUs: number): void {
    this.#poll(this.#all, Math.min(Math.max(0, atUs - clockUs()), SLEEP_US_MAX))
  }

  #poll(fds: Uint8Array, us: number): void {
    const seconds = Math.floor(us / 1e6)
    this.#timespec[0] = seconds
    this.#timespec[2] = (us - seconds * 1e6) * 1e3
    // A signal that ends the wait early costs one round; there is nothing else to tell apart.
    const ready = ppoll(fds, this.#timeout)
    if (ready > 0 && this.#results.getInt16(6, true) !== 0) read(this.#wake, this.#drained)
  }
}

function openEnd({ netns, device }: LineEnd, mtuBytes: number): number {
  return inNetworkNamespace(netns, () => openTun(device, mtuBytes))
}

function way(from: number, to: number, line: LineDirection, counts: Float64Array): Way {
  return { from, to, line, counts }
}

/** CLOCK_MONOTONIC since the thread began, in microseconds. */
function clockUs(): number {
  return performance.now() * 1_000
}

/** At 150 Mbit/s a round is two full packets each way. */
const ROUND_US = 200
/** A line is busy while packets keep coming closer together than this. */
const BUSY_US = 400
/** So that neither direction, nor the wish to stop, waits behind a flood. */
const BURST_PACKETS_MAX = 256
const SLEEP_US_MAX = 1e6
const TIMER_SLACK_NS = 1_000
const NICE = -15

/** One packet on its way through this thread: the largest there is. */
const PACKET = Buffer.allocUnsafeSlow(65_536)

const POLLIN = 1
const POLLFD_BYTES = 8

runLine(workerData as LineWork)
