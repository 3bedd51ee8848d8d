/**
 * Unfinished handshakes, on a clock that moves when told and over sockets that are painted.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Deadline, TimerWheel } from '../../shared/core/timer-wheel.ts'
import { Handshakes } from './handshakes.ts'

test('a handshake that is over is told once, and its socket nudged', () => {
  const door = new Door()
  door.accept(7)
  door.accept(8)
  assert.deepEqual(door.done, [])
  door.finish(7)
  door.advance(20)
  assert.deepEqual([door.done, door.nudged], [[7], [7]])
  door.advance(1_000)
  assert.deepEqual(door.done, [7])
})

test('one that was over at once is told at once', () => {
  const door = new Door()
  assert.equal(
    door.handshakes.watch(7, () => door.done.push(7)),
    false,
  )
  assert.deepEqual(door.done, [7])
})

test('one that never ends is looked at more and more rarely, and given up after a minute', () => {
  const door = new Door()
  door.accept(7)
  door.advance(100)
  const early = door.looks
  assert.ok(early >= 6 && early <= 9, `${early} looks in 100 ms`)
  door.advance(59_900)
  assert.ok(door.looks <= 60_000 / 80 + 16, `${door.looks} looks in a minute`)
  const all = door.looks
  door.advance(10_000)
  assert.equal(door.looks, all)
})

test('a flood of them costs no more than 128 looks at a time, and they take turns', () => {
  const door = new Door()
  for (let fd = 0; fd < 4_096; fd++) door.accept(fd)
  const { looks } = door
  for (let i = 0; i < 100; i++) {
    const before = door.looks
    door.advance(10)
    assert.ok(door.looks - before <= 128)
  }
  assert.equal(door.looks - looks, 12_800)
  assert.equal(new Set(door.lookedAt.slice(looks, looks + 4_096)).size, 4_096)
})

test('a descriptor that was forgotten is not looked at', () => {
  const door = new Door()
  door.accept(7)
  door.handshakes.forget(7)
  const { looks } = door
  door.advance(1_000)
  assert.equal(door.looks, looks)
})

class Door {
  readonly #wheel = new TimerWheel(0)
  readonly #loop = {
    nowMs: 0,
    arm: (deadline: Deadline, inMs: number) => this.#wheel.arm(deadline, this.#loop.nowMs + inMs),
  }
  readonly #unfinished = new Set<number>()
  readonly lookedAt: number[] = []
  readonly nudged: number[] = []
  readonly done: number[] = []
  readonly handshakes = new Handshakes(this.#loop, {
    isHandshaking: (fd) => {
      this.lookedAt.push(fd)
      return this.#unfinished.has(fd)
    },
    nudge: (fd) => {
      this.nudged.push(fd)
    },
  })

  get looks(): number {
    return this.lookedAt.length
  }

  accept(fd: number): void {
    this.#unfinished.add(fd)
    this.handshakes.watch(fd, () => this.done.push(fd))
  }

  finish(fd: number): void {
    this.#unfinished.delete(fd)
  }

  advance(byMs: number): void {
    for (const untilMs = this.#loop.nowMs + byMs; this.#loop.nowMs < untilMs; ) {
      this.#loop.nowMs += 10
      this.#wheel.advance(this.#loop.nowMs)
    }
  }
}
