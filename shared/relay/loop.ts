/**
 * A data thread's loop: wait for descriptors, run what is ready, fire what is due, begin again.
 *
 * Edge-triggered, so a watcher hears of readiness once and must go on until EAGAIN; who stops
 * earlier (a spent burst) asks to come again `soon`. The thread's JavaScript event loop never turns:
 * the main thread reaches it through shared memory and an eventfd (workers.ts).
 */
import { performance } from 'node:perf_hooks'
import { type Deadline, TimerWheel } from '../core/timer-wheel.ts'
import { must } from '../linux/errors.ts'
import { EINTR } from '../linux/kernel.ts'
import * as libc from '../linux/libc.ts'

/** Whoever owns a descriptor. `events` are EPOLL bits. */
export interface Watcher {
  onReady(fd: number, events: number): void
  /** Called in the next round after `soon`. */
  onTurn(): void
}

export class Loop {
  /** Milliseconds on the monotonic clock, read once a round. */
  nowMs = performance.now()
  /** Watched descriptors: what the limits are about. */
  descriptors = 0
  readonly #epoll = must(libc.epollCreate(), 'start a data thread', 'epoll_create1')
  readonly #events = new Uint32Array(EVENTS_MAX * 3)
  readonly #event = new Uint32Array(3)
  readonly #wheel = new TimerWheel(this.nowMs)
  /** By descriptor: a table, for a lookup per event must cost nothing. */
  readonly #watchers: Array<Watcher | undefined> = []
  /** By descriptor: how often it was watched, so that an event of its past life is told apart. */
  readonly #lives: number[] = []
  #turns: Watcher[] = []
  #turnsNow: Watcher[] = []
  #stopped = false

  /** Hear of everything on `fd`. 0 or `-errno`. */
  watch(fd: number, watcher: Watcher): number {
    return this.#add(fd, watcher, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
  }

  /** Hear only of what may be read: of a datagram socket that always has room. 0 or `-errno`. */
  watchReading(fd: number, watcher: Watcher): number {
    return this.#add(fd, watcher, EPOLLIN | EPOLLET)
  }

  /** Another watcher takes over `fd`; the kernel is not asked. */
  handOver(fd: number, watcher: Watcher): void {
    this.#watchers[fd] = watcher
  }

  /** Stop watching. Closing the descriptor is the caller's, who owns it. */
  unwatch(fd: number): void {
    if (this.#watchers[fd] === undefined) return
    this.#watchers[fd] = undefined
    this.descriptors--
    libc.epollCtl(this.#epoll, EPOLL_CTL_DEL, fd, this.#event)
  }

  soon(watcher: Watcher): void {
    this.#turns.push(watcher)
  }

  arm(deadline: Deadline, inMs: number): void {
    this.#wheel.arm(deadline, this.nowMs + inMs)
  }

  disarm(deadline: Deadline): void {
    this.#wheel.disarm(deadline)
  }

  stop(): void {
    this.#stopped = true
  }

  run(): void {
    while (!this.#stopped) this.round(this.#waitMs())
  }

  /**
   * The same, but nobody sleeps longer than `atMost` says each time, in milliseconds: for what is due sooner
   * than the wheel can tell. `then` ends each round.
   */
  runWith(atMost: () => number, then: () => void): void {
    while (!this.#stopped) {
      const waitMs = this.#waitMs()
      const most = Math.max(0, Math.ceil(atMost()))
      this.round(waitMs < 0 ? most : Math.min(waitMs, most))
      then()
    }
  }

  [Symbol.dispose](): void {
    libc.close(this.#epoll)
  }

  /** Wait for at most `waitMs` (-1: for ever), then do once what there is to do. */
  round(waitMs: number): void {
    const ready = libc.epollWait(this.#epoll, this.#events, waitMs)
    this.nowMs = performance.now()
    if (ready < 0 && ready !== -EINTR) must(ready, 'wait for connections', 'epoll_wait')
    for (let i = 0; i < ready; i++) this.#dispatch(i * 3)
    this.#wheel.advance(this.nowMs)
    this.#takeTurns()
  }

  #add(fd: number, watcher: Watcher, events: number): number {
    const life = (this.#lives[fd] ?? 0) + 1
    this.#event[0] = events
    this.#event[1] = fd
    this.#event[2] = life
    const result = libc.epollCtl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event)
    if (result < 0) return result
    this.#lives[fd] = life
    this.#watchers[fd] = watcher
    this.descriptors++
    return 0
  }

  #dispatch(at: number): void {
    const fd = this.#events[at + 1]!
    const watcher = this.#watchers[fd]
    if (watcher === undefined || this.#lives[fd] !== this.#events[at + 2]) return
    watcher.onReady(fd, this.#events[at]!)
  }

  #waitMs(): number {
    return this.#turns.length > 0 ? 0 : this.#wheel.waitMs(performance.now())
  }

  #takeTurns(): void {
    const turns = this.#turns
    this.#turns = this.#turnsNow
    this.#turnsNow = turns
    for (let i = 0; i < turns.length; i++) turns[i]!.onTurn()
    turns.length = 0
  }
}

/** Something may be read: data, the end, or an error that recv will name. */
export const READABLE = 0x001 | 0x2000 | 0x008 | 0x010
/** Something may be written, or an error that send will name. */
export const WRITABLE = 0x004 | 0x008 | 0x010
/** EPOLLERR: SO_ERROR knows. */
export const FAILED = 0x008

const EVENTS_MAX = 256
const EPOLLIN = 0x001
const EPOLLOUT = 0x004
const EPOLLRDHUP = 0x2000
const EPOLLET = 0x80000000
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
