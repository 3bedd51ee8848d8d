/**
 * A painted access line, and a home that hangs on two of them: for judging the judges of health.
 *
 *      cpe ──up──▶ queue, rate ──▶ delay, jitter, loss, handover bumps ──▶ concentrator, servers
 *          ◀─────────────────────── the same the other way ◀──down──
 *
 * Nothing overtakes anything. Data are chunks of a few milliseconds, so that thousands of minutes fit into
 * one test run; probes are packets of their own in the same queues.
 */

export interface LineManners {
  /** Bytes in a millisecond; 125 is 1 Mbit/s. */
  readonly upRate: number
  readonly downRate: number
  readonly rttMs: number
  /** Added or taken away, evenly. */
  readonly jitterMs: number
  readonly loss: number
  readonly queueMs: number
  /** Every 15 s nothing leaves the line for so long. */
  readonly bumpMs: number
}

type Direction = 'up' | 'down'

interface Travelling {
  readonly atMs: number
  readonly bytes: number
  readonly arrive: (nowMs: number) => void
}

export class PaintedLine {
  cut = false
  readonly counters = { txPackets: 0, txBytes: 0, rxPackets: 0, rxBytes: 0 }
  readonly manners: LineManners
  readonly #random: () => number
  readonly #bumpPhaseMs: number
  readonly #ways = {
    up: { freeMs: 0, lastMs: 0, travelling: [] as Travelling[] },
    down: { freeMs: 0, lastMs: 0, travelling: [] as Travelling[] },
  }

  constructor(manners: LineManners, random: () => number) {
    this.manners = manners
    this.#random = random
    this.#bumpPhaseMs = random() * BUMP_EVERY_MS
  }

  send(direction: Direction, bytes: number, nowMs: number, arrive: (nowMs: number) => void): void {
    const way = this.#ways[direction]
    if (direction === 'up') {
      this.counters.txPackets += Math.ceil(bytes / 1_400)
      this.counters.txBytes += bytes
    }
    const { upRate, downRate, rttMs, jitterMs, loss, queueMs } = this.manners
    const beginMs = Math.max(nowMs, way.freeMs)
    // The last free place goes to whoever comes just then: a small packet's luck, not its fate.
    const slackMs = bytes < 200 ? 20 * this.#random() : 0
    if (beginMs - nowMs > queueMs + slackMs) return
    way.freeMs = beginMs + bytes / (direction === 'up' ? upRate : downRate)
    if (this.#random() < loss) return
    const flightMs = rttMs / 2 + jitterMs * (this.#random() - 0.5)
    const atMs = Math.max(way.lastMs, this.#afterBump(way.freeMs) + Math.max(0.5, flightMs))
    way.lastMs = atMs
    way.travelling.push({ atMs, bytes, arrive })
  }

  /** The near end talks to itself: a router advertisement, an ARP. It does so on a cut line too. */
  babble(stepMs: number): void {
    if (this.#random() > stepMs / BABBLE_EVERY_MS) return
    this.counters.rxPackets += 1
    this.counters.rxBytes += 90
  }

  /** Everything that arrives until `nowMs`, in order. */
  deliver(nowMs: number): void {
    for (;;) {
      const up = this.#ways.up.travelling[0]
      const down = this.#ways.down.travelling[0]
      const first = (up?.atMs ?? Infinity) <= (down?.atMs ?? Infinity) ? up : down
      if (first === undefined || first.atMs > nowMs) return
      this.#ways[first === up ? 'up' : 'down'].travelling.shift()
      if (this.cut) continue
      if (first === down) {
        this.counters.rxPackets += Math.ceil(first.bytes / 1_400)
        this.counters.rxBytes += first.bytes
      }
      first.arrive(first.atMs)
    }
  }

  #afterBump(leavesMs: number): number {
    const intoMs = (leavesMs + this.#bumpPhaseMs) % BUMP_EVERY_MS
    return intoMs < this.manners.bumpMs ? leavesMs + this.manners.bumpMs - intoMs : leavesMs
  }
}

const BABBLE_EVERY_MS = 700
const BUMP_EVERY_MS = 15_000

/** Nobody has time to use a line in its first seconds. */
const SETTLE_MS = 3_000

export type Load = 'idle' | 'download' | 'upload' | 'web' | 'chat' | 'shout'
const LOADS: readonly Load[] = ['idle', 'download', 'upload', 'web', 'chat', 'shout']

/** One user of a line: what is going on now, and when it becomes something else. */
export class PaintedUser {
  load: Load = 'idle'
  #untilMs = 0
  #flow = 0
  #nextMs = 0
  #fixed: Load | undefined
  readonly #line: PaintedLine
  readonly #random: () => number
  readonly #timers: Array<{ atMs: number; flow: number; run: (nowMs: number) => void }> = []

  constructor(line: PaintedLine, random: () => number, fixed?: Load) {
    this.#line = line
    this.#random = random
    this.#fixed = fixed
  }

  step(nowMs: number): void {
    for (let i = this.#timers.length - 1; i >= 0; i--) {
      const timer = this.#timers[i]
      if (timer === undefined || timer.atMs > nowMs) continue
      this.#timers.splice(i, 1)
      if (timer.flow === this.#flow) timer.run(nowMs)
    }
    if (nowMs >= this.#untilMs) this.#begin(nowMs)
    const { upRate } = this.#line.manners
    if (nowMs < this.#nextMs) return
    if (this.load === 'web') {
      this.#line.send('up', 500, nowMs, (atMs) => this.#answer(1_400 * 30 * this.#random(), atMs))
      this.#nextMs = nowMs - Math.log(1 - this.#random()) * 600
    } else if (this.load === 'chat') {
      this.#line.send('up', 100, nowMs, (atMs) => this.#answer(200, atMs))
      this.#nextMs = nowMs + 20 + this.#random() * 3_000
    } else if (this.load === 'shout') {
      // One-way datagrams that may overfill the uplink, and nobody answers.
      this.#line.send('up', this.#shoutShare * upRate * 10, nowMs, () => {})
      this.#nextMs = nowMs + 10
    }
  }

  #shoutShare = 0

  #begin(nowMs: number): void {
    this.#flow += 1
    const chance = LOADS[Math.floor(this.#random() * LOADS.length)] ?? 'idle'
    const load = nowMs < SETTLE_MS ? 'idle' : (this.#fixed ?? chance)
    this.load = load
    this.#untilMs = nowMs + 500 + this.#random() ** 2 * 20_000
    if (this.#fixed !== undefined) this.#untilMs = nowMs < SETTLE_MS ? SETTLE_MS : Infinity
    this.#shoutShare = 0.05 + 1.4 * this.#random()
    if (load !== 'download' && load !== 'upload') return
    const { upRate, downRate, rttMs, queueMs } = this.#line.manners
    const rate = load === 'upload' ? upRate : downRate
    // A window that fills line and part of the queue, in chunks of 5 to 30 ms.
    const windowMs = rttMs + 5 + queueMs * this.#random()
    const chunks = Math.max(2, Math.min(12, Math.ceil(windowMs / 15)))
    for (let i = 0; i < chunks; i++) this.#chunk(load, (rate * windowMs) / chunks, nowMs, 1)
  }

  /** A window's worth of a closed loop: sent, acknowledged, sent again; sent again when lost. */
  #chunk(load: 'download' | 'upload', bytes: number, nowMs: number, tries: number): void {
    const flow = this.#flow
    const [there, back]: readonly [Direction, Direction] =
      load === 'upload' ? ['up', 'down'] : ['down', 'up']
    let acked = false
    // As TCP does it: one segment after a timeout, the rest when that was acknowledged.
    const sent = tries === 1 ? bytes : Math.min(bytes, 1_400)
    this.#line.send(there, sent, nowMs, (atMs) =>
      this.#line.send(back, 120, atMs, (ackMs) => {
        acked = true
        if (flow === this.#flow) this.#chunk(load, bytes, ackMs, 1)
      }),
    )
    const timeoutMs = (220 + 2 * this.#line.manners.rttMs + this.#line.manners.queueMs) * tries
    this.#timers.push({
      atMs: nowMs + timeoutMs,
      flow,
      run: (laterMs) => {
        if (!acked) this.#chunk(load, bytes, laterMs, tries * 2)
      },
    })
  }

  #answer(bytes: number, nowMs: number): void {
    this.#line.send('down', Math.max(100, bytes), nowMs, (atMs) =>
      this.#line.send('up', 60, atMs, () => {}),
    )
  }
}
