import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HelpedFlows } from './helped-flows.ts'

const RESTS = { engaged: false, full: false, slack: false }
const HELPS = { engaged: true, full: true, slack: false }
const SUFFICES = { engaged: true, full: false, slack: false }
const TOO_MANY = { engaged: true, full: false, slack: true }

test('the fastest are helped first, and more of them while DSL stays full', () => {
  const home = new Home([40, 30, 20, 10])
  const steps: number[][] = []
  for (let i = 0; i < 13; i++) if (home.look(HELPS)) steps.push(home.helped())
  assert.deepEqual(steps, [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]])
})

test('when DSL is not full any more nobody else is helped, and whoever is stays so', () => {
  const home = new Home([40, 30, 20, 10])
  for (let i = 0; i < 4; i++) home.look(HELPS)
  assert.deepEqual(home.helped(), [0, 1])
  home.rates.splice(0, 4, 1, 2, 30, 40)
  for (let i = 0; i < 30; i++) home.look(SUFFICES)
  assert.deepEqual(home.helped(), [0, 1])
})

test('when DSL has room the slowest of the helped are left to it, but never all', () => {
  const home = new Home([40, 30, 20, 10])
  for (let i = 0; i < 20; i++) home.look(HELPS)
  for (let i = 0; i < 16; i++) home.look(TOO_MANY)
  assert.deepEqual(home.helped(), [0, 1])
  for (let i = 0; i < 100; i++) home.look(TOO_MANY)
  assert.deepEqual(home.helped(), [0, 1])
  home.rates.splice(0, 2, 40, 1)
  for (let i = 0; i < 100; i++) home.look(TOO_MANY)
  assert.deepEqual(home.helped(), [0])
})

test('a step down that is regretted is not tried again soon', () => {
  const home = new Home([40, 30, 20, 10])
  for (let i = 0; i < 20; i++) home.look(HELPS)
  let steps = 0
  for (let i = 0; i < 200; i++) {
    const all = home.helped().length === 4
    if (home.look(all ? TOO_MANY : HELPS) && all) steps++
  }
  assert.ok(steps >= 2 && steps <= 3, `${steps} steps down in 20 s`)
})

test('two hundred equal flows are all helped within three seconds', () => {
  const home = new Home(Array.from({ length: 200 }, () => 5))
  for (let i = 0; i < 25; i++) home.look(HELPS)
  assert.equal(home.helped().length, 200)
})

test('an upload is not helped for a download, nor a small flow, nor one that rests', () => {
  const home = new Home([50, 100, 0, 3])
  home.uploads.add(1)
  home.small.add(3)
  for (let i = 0; i < 20; i++) home.look(HELPS)
  assert.deepEqual(home.helped(), [0])
  for (let i = 0; i < 20; i++) home.look(RESTS, HELPS)
  assert.deepEqual(home.helped(), [1])
})

test('an upload that waits in its socket is helped, behind those that move, and not for ever', () => {
  const home = new Home([40, 60_000, 10, 300])
  for (const upload of [1, 2, 3]) home.uploads.add(upload)
  home.look(HELPS)
  // A large request is no upload.
  home.rates[1] = 0
  home.rates[3] = 0
  for (let i = 0; i < 5; i++) home.look(HELPS)
  assert.equal(home.look(RESTS, HELPS), true)
  assert.deepEqual(home.helped(), [2])
  for (let i = 0; i < 20; i++) home.look(RESTS, HELPS)
  assert.deepEqual(home.helped(), [1, 2])
  home.look(RESTS)
  for (let i = 0; i < 100; i++) home.look(RESTS)
  for (let i = 0; i < 20; i++) home.look(RESTS, HELPS)
  assert.deepEqual(home.helped(), [2])
})

test('who was helped and is barred stays so for ten seconds, or until LTE helps again', () => {
  const home = new Home([40, 30])
  home.look(HELPS)
  home.bar()
  home.look(RESTS)
  assert.deepEqual([home.helped(), home.barred()], [[], [0]])
  home.look(HELPS)
  assert.deepEqual([home.helped(), home.barred()], [[0], []])
  home.bar()
  home.look(RESTS)
  let looks = 0
  while (home.barred().length > 0 && looks < 200) {
    const changed = home.look(RESTS)
    looks++
    assert.equal(changed, home.barred().length === 0)
  }
  assert.ok(looks >= 98 && looks <= 101, `${looks} looks`)
})

test('all are let go at once when LTE rests', () => {
  const home = new Home([40, 30])
  for (let i = 0; i < 9; i++) home.look(HELPS)
  assert.equal(home.look(RESTS), true)
  assert.deepEqual(home.helped(), [])
  assert.equal(home.look(RESTS), false)
})

test('when one direction rests, who was helped for it is let go, and the others stay', () => {
  const home = new Home([40, 30])
  home.uploads.add(1)
  for (let i = 0; i < 20; i++) home.look(HELPS, HELPS)
  assert.deepEqual(home.helped(), [0, 1])
  assert.equal(home.look(RESTS, HELPS), true)
  assert.deepEqual(home.helped(), [1])
})

test('a connection that has gone is not remembered', () => {
  const home = new Home([40, 30])
  for (let i = 0; i < 9; i++) home.look(HELPS)
  home.rates.pop()
  home.look(SUFFICES)
  home.rates.push(30)
  home.look(SUFFICES)
  assert.deepEqual(home.helped(), [0])
})

/** Flows by their rates, looked at every 100 ms. */
class Home {
  readonly rates: number[]
  readonly uploads = new Set<number>()
  readonly small = new Set<number>()
  readonly #helped = new HelpedFlows()
  readonly #bytes = new Map<number, number>()
  #nowMs = 0

  constructor(rates: number[]) {
    this.rates = rates
    this.look(RESTS)
  }

  look(down: typeof RESTS, up = RESTS): boolean {
    this.#nowMs += 100
    const flows = this.rates.map((rate, token) => {
      const bytes = (this.#bytes.get(token) ?? 0) + rate * 100
      this.#bytes.set(token, bytes)
      const carried = this.uploads.has(token)
        ? { upBytes: bytes, downBytes: 0 }
        : { upBytes: 0, downBytes: bytes }
      return { token, bulk: !this.small.has(token), ...carried }
    })
    return this.#helped.choose(flows, down, up, this.#nowMs)
  }

  bar(): void {
    this.#helped.bar(this.#nowMs)
  }

  barred(): number[] {
    return [...this.rates.keys()].filter((token) => this.#helped.bars(token))
  }

  helped(): number[] {
    return [...this.rates.keys()].filter((token) => this.#helped.has(token))
  }
}
