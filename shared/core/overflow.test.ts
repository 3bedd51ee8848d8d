import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Budget, UNLIMITED } from './budget.ts'
import { POLICY } from './house.fake.ts'
import { Overflow, type OverflowFacts } from './overflow.ts'

/** 50 Mbit/s. */
const DSL = 6_250

test('LTE is engaged when DSL has had a queue at full load for engageMs, and the reason says so', () => {
  const line = new Line()
  line.play(1_000, { load: 0.9 })
  line.play(50, { load: 0.97, queueMs: 26 })
  assert.deepEqual(line.told, [])
  line.play(100, { load: 0.97, queueMs: 26 })
  assert.deepEqual(line.told, ['1100 on dsl-queue 26 ms at 97 % for 100 ms'])
})

test('where no answer tells of a queue, the load of a known capacity is enough', () => {
  const line = new Line()
  line.play(2_000, { load: 0.92, queueMs: undefined })
  assert.deepEqual(line.told, [])
  line.play(200, { load: 0.95, queueMs: undefined })
  assert.deepEqual(line.told, ['2100 on dsl-full 95 % for 100 ms'])
})

test('of a rate that is exact, what needs no help may carry more', () => {
  const line = new Line()
  line.play(5_000, { load: 0.945, queueMs: undefined, exact: true })
  assert.deepEqual(line.told, [])
  line.play(200, { load: 0.97, queueMs: undefined, exact: true })
  assert.deepEqual(line.told, ['5100 on dsl-full 97 % for 100 ms'])
})

test('a load that nothing waits behind is one of blocks, and engages nothing', () => {
  const line = new Line()
  line.play(5_000, { load: 1, queueMs: undefined, waits: false })
  assert.deepEqual(line.told, [])
  line.play(200, { load: 1, queueMs: undefined, waits: true })
  assert.deepEqual(line.told, ['5100 on dsl-full 100 % for 100 ms'])
})

test('at full load a shorter queue is enough, where the line has shown that it is full', () => {
  const line = new Line()
  line.play(2_000, { load: 1.2, queueMs: 5, proven: false })
  line.play(2_000, { load: 0.95, queueMs: 5 })
  assert.deepEqual(line.told, [])
  line.play(200, { load: 0.98, queueMs: 5 })
  assert.deepEqual(line.told, ['4100 on dsl-queue 5 ms at 98 % for 100 ms'])
})

test('a load without a queue engages nothing: a line configured too slow', () => {
  const line = new Line()
  line.play(60_000, { load: 1.1, queueMs: 1 })
  assert.deepEqual(line.told, [])
})

test('a queue at a low load must stand for longer: transfers begin with one', () => {
  const line = new Line()
  line.play(350, { load: 0.6, queueMs: 40 })
  line.play(500, { load: 0.6 })
  assert.deepEqual(line.told, [])
  line.play(500, { load: 0.6, queueMs: 40 })
  assert.deepEqual(line.told, ['1250 on dsl-queue 40 ms at 60 % for 400 ms'])
})

test('a rate that falls while its queue stands holds nothing back', () => {
  const line = new Line()
  line.play(10_000, { load: 1, queueMs: 1 })
  line.play(200, { load: 0.8, queueMs: 26 })
  line.play(1_000, { load: 1, queueMs: 26 })
  assert.deepEqual(line.told, ['10200 on dsl-queue 26 ms at 100 % for 200 ms'])
})

test('a queue of a line whose capacity nobody knows engages', () => {
  const line = new Line('unknown')
  line.play(500, { load: 0.6, queueMs: 40 })
  assert.deepEqual(line.told, ['400 on dsl-queue 40 ms for 400 ms'])
  line.play(1_500, { load: 0.6, lte: 0.3, queueMs: 1 })
  assert.match(line.told[1] ?? '', /^1500 off dsl-spare no queue for 1000 ms$/)
})

test('a policy that is adopted while a line is judged decides from then on', () => {
  const line = new Line()
  line.overflow.adopt({ ...POLICY, engageMs: 1_000 })
  line.play(900, { load: 1, queueMs: 26 })
  assert.deepEqual(line.told, [])
  line.overflow.adopt(POLICY)
  line.play(50, { load: 1, queueMs: 26 })
  assert.deepEqual(line.told, ['900 on dsl-queue 26 ms at 100 % for 900 ms'])
})

test('LTE rests when both lines have carried less than releaseAt of DSL for releaseMs', () => {
  const line = new Line()
  line.play(200, { load: 1, queueMs: 26 })
  line.play(3_000, { load: 0.7, lte: 0.4, queueMs: 1 })
  line.told.length = 0
  line.play(1_500, { load: 0.5, lte: 0.3, queueMs: 1 })
  assert.deepEqual(line.told, ['4600 off dsl-spare 81 % for 1000 ms'])
})

test('just under the whole of DSL LTE is let go for trials, later each time one fails', () => {
  const line = new Line()
  for (let i = 0; i < 4; i++) {
    line.play(300, { load: 0.98, queueMs: 26 })
    line.play(60_000, { load: 0.6, lte: 0.36, queueMs: 1 }, () => !line.overflow.engaged)
  }
  const off = line.told.filter((text) => text.includes(' off '))
  assert.deepEqual(
    off.map((text) => text.split(' off ')[1]),
    [5, 10, 20, 40].map((seconds) => `trial at 96 % of dsl after ${seconds} s`),
  )
})

test('who carries plainly more than DSL has is let go once a minute at most', () => {
  const line = new Line()
  line.play(200, { load: 1, queueMs: 26 })
  line.play(59_000, { load: 0.86, lte: 0.4, queueMs: 1 })
  assert.equal(line.told.length, 1)
  line.play(2_000, { load: 0.86, lte: 0.4, queueMs: 1 })
  assert.match(line.told[1] ?? '', /off trial at 126 % of dsl after 60 s/)
})

test('LTE is never let go while DSL is full', () => {
  const line = new Line()
  line.play(600_000, { load: 1, lte: 0.6, queueMs: 26 })
  assert.equal(line.told.length, 1)
})

test('a dead DSL engages at once, and its return ends that', () => {
  const line = new Line()
  line.play(50, { load: 0.1, dslDown: 'dsl-down no carrier' })
  line.play(500, { load: 0, dslDown: 'dsl-down no carrier' })
  line.play(50, { load: 0.1 })
  assert.deepEqual(line.told, ['0 on dsl-down no carrier', '550 off dsl-up'])
})

test('a dead LTE helps nobody, and helps again when it is back and still needed', () => {
  const line = new Line()
  line.play(300, { load: 1, queueMs: 26 })
  line.play(300, { load: 1, queueMs: 26, lteUp: false })
  line.play(300, { load: 1, queueMs: 26 })
  assert.deepEqual(
    line.told.map((text) => text.replace(/^\d+ /, '')),
    [
      'on dsl-queue 26 ms at 100 % for 100 ms',
      'off lte-down',
      'on dsl-queue 26 ms at 100 % for 300 ms',
    ],
  )
})

test('a film in chunks has LTE twice, and never again', () => {
  const line = new Line()
  for (let chunk = 0; chunk < 100; chunk++) {
    line.play(1_600, { load: 1, queueMs: 26 })
    line.play(2_400, { load: 0, queueMs: 0 })
  }
  assert.equal(line.told.filter((text) => text.includes(' on ')).length, 2)
})

test('an upload that follows the end of a download is helped as if it came alone', () => {
  const line = new Line()
  line.play(8_000, { load: 0.7, queueMs: 0, acknowledging: true })
  line.play(600, { load: 0, queueMs: 0 })
  line.play(2_000, { load: 1, queueMs: 26 })
  assert.equal(line.told[0], '8700 on dsl-queue 26 ms at 100 % for 100 ms')
})

test('an LTE that slows DSL is kept out after the second time, and for longer each time', () => {
  const line = new Line()
  for (let i = 0; i < 40; i++) {
    line.play(2_000, { load: 0.6, lte: 0.1, queueMs: 0 }, () => !line.overflow.engaged)
    line.play(70_000, { load: 1, queueMs: 26 }, () => line.overflow.engaged)
  }
  const pauses = line.told
    .flatMap((text) => /kept out for (\d+) s/.exec(text)?.[1] ?? [])
    .map(Number)
  assert.deepEqual([...new Set(pauses)], [10, 20, 40, 60])
  const guards = line.told.filter((text) => /guard lte slowed dsl to 7\d %/.test(text))
  assert.ok(guards.length >= 3, line.told.join('; '))
})

test('an LTE that DSL waits for is let go in a quarter of a second, and kept out', () => {
  const line = new Line()
  line.play(200, { load: 1, queueMs: 26 })
  line.play(3_000, { load: 0.95, lte: 0.5, queueMs: 20 })
  line.play(1_000, { load: 0.1, lte: 0.06, queueMs: 0 }, () => !line.overflow.engaged)
  assert.equal(line.overflow.heldUp, true)
  line.play(9_000, { load: 1, queueMs: 26 })
  assert.deepEqual(line.told.slice(1), [
    '3450 off guard lte holds dsl at 10 % for 250 ms',
    '3500 off guard lte slowed dsl to 16 %, kept out for 10 s',
  ])
  line.play(2_000, { load: 1, queueMs: 26 })
  assert.equal(line.overflow.engaged, true)
  assert.equal(line.overflow.heldUp, false)
})

test('what waits out of order says that DSL waits for LTE: much of it, without a queue, and not after a change', () => {
  const slowed = { load: 0.3, lte: 0.1, queueMs: 0, gap: 2_000_000 }
  const cases = [
    [slowed, true],
    // 60 ms of DSL: what the slower of two good lines leaves out of order.
    [{ ...slowed, gap: 60 * DSL }, false],
    // DSL has become slow itself.
    [{ ...slowed, queueMs: 40 }, false],
    [{ ...slowed, changed: true }, false],
    // A line that is silent will be dead in a moment, and its data sent again.
    [{ ...slowed, lte: 0 }, false],
  ] as const
  for (const [moment, guards] of cases) {
    const line = new Line()
    line.play(200, { load: 1, queueMs: 26 })
    line.play(3_000, { load: 0.95, lte: 0.5, queueMs: 20, gap: 400_000 })
    line.play(400, moment)
    assert.equal(line.overflow.heldUp, guards, `${JSON.stringify(moment)}: ${line.told.join('; ')}`)
  }
})

test('two lines that fall silent together are a demand that ended', () => {
  const line = new Line()
  line.play(200, { load: 1, queueMs: 26 })
  line.play(3_000, { load: 0.95, lte: 0.5, queueMs: 20 })
  line.play(2_000, { load: 0.1, lte: 0, queueMs: 0 })
  assert.equal(line.overflow.heldUp, false)
  assert.match(line.told[1] ?? '', /off dsl-spare/)
})

test('a demand that comes and goes is no LTE that slows', () => {
  const line = new Line()
  for (let i = 0; i < 20; i++) {
    line.play(8_000, { load: 1, lte: 0.5, queueMs: 26 })
    line.play(3_000, { load: 0.6, queueMs: 0 })
  }
  assert.doesNotMatch(line.told.join(), /guard/)
})

test('who is ahead of the plan waits longer, and hears of it', () => {
  const line = new Line()
  const budget = { pressure: 0.5, aheadPercent: 18, spent: false }
  line.play(4_000, { load: 1, queueMs: 26, budget })
  assert.deepEqual(line.told, [
    '2600 on dsl-queue 26 ms at 100 % for 2600 ms, budget ahead of plan by 18 %',
  ])
})

test('a budget that is spent lets LTE go, but for a dead DSL', () => {
  const line = new Line()
  const budget = { pressure: 1, aheadPercent: 40, spent: true }
  line.play(500, { load: 1, queueMs: 26 })
  line.play(5_000, { load: 1, queueMs: 26, budget })
  line.play(500, { load: 0, budget, dslDown: 'dsl-down no carrier' })
  line.play(500, { load: 1, queueMs: 26, budget })
  assert.deepEqual(
    line.told.slice(1).map((text) => text.replace(/^\d+ /, '')),
    ['off budget spent', 'on dsl-down no carrier', 'off dsl-up'],
  )
})

test('a line without a queue is full where more is unsent than it takes, and has room again where nothing is', () => {
  const line = new Line('unknown')
  line.play(2_000, { load: 0.94, queueMs: 3 })
  line.play(2_000, { load: 0.94, queueMs: 3, unsent: true })
  // Both lines carry more than DSL did alone, and DSL has no queue still.
  line.play(3_000, { load: 0.9, lte: 0.8, queueMs: 3 })
  line.play(3_000, { load: 0.7, lte: 0.06, queueMs: 3 })
  const [on, off, ...more] = line.told
  assert.match(on ?? '', /^2[3-6]\d\d on dsl-full more unsent for \d+ ms$/)
  assert.match(off ?? '', /^8\d\d\d off dsl-spare 8\d %/)
  assert.deepEqual(more, [])
})

test('what is unsent while bbr looks at the empty line, and after it, is no demand', () => {
  const line = new Line()
  line.play(20_000, { load: 0.9 })
  for (let i = 0; i < 3; i++) {
    line.play(200, { load: 0.05, unsent: true })
    line.play(1_500, { load: 0.99, unsent: true })
    line.play(10_000, { load: 0.9 })
  }
  assert.deepEqual(line.told, [])
  line.play(1_000, { load: 0.99, unsent: true })
  assert.match(line.told.join(), /^\d+ on dsl-full more unsent at 99 % for 600 ms$/)
})

interface Moment {
  readonly acknowledging?: boolean
  readonly exact?: boolean
  readonly load: number
  readonly lte?: number
  readonly queueMs?: number | undefined
  readonly waits?: boolean
  readonly unsent?: boolean
  readonly gap?: number
  readonly changed?: boolean
  readonly proven?: boolean
  readonly dslDown?: string
  readonly lteUp?: boolean
  readonly budget?: Budget
}

/** One direction, a sample every 50 ms. Loads are shares of DSL. */
class Line {
  readonly overflow = new Overflow(POLICY)
  readonly told: string[] = []
  readonly #capacity: number | undefined
  #nowMs = 0

  constructor(capacity: number | 'unknown' = DSL) {
    this.#capacity = capacity === 'unknown' ? undefined : capacity
  }

  play(forMs: number, moment: Moment, done: () => boolean = () => false): void {
    const facts: OverflowFacts = {
      dslDown: moment.dslDown,
      lteUp: moment.lteUp ?? true,
      budget: moment.budget ?? UNLIMITED,
      dslBytesPerMs: moment.load * DSL,
      lteBytesPerMs: (moment.lte ?? 0) * DSL,
      capacity: this.#capacity,
      certain: this.#capacity !== undefined,
      proven: moment.proven ?? this.#capacity !== undefined,
      queueMs: 'queueMs' in moment ? moment.queueMs : 0,
      acknowledging: moment.acknowledging ?? false,
      gapBytes: moment.gap,
      lteWorks: (moment.lte ?? 0) > 0,
      lteMoved: (moment.lte ?? 0) > 0,
      changed: moment.changed ?? false,
      waits: moment.waits,
      unsent: moment.unsent ?? false,
      fullQueueMs: 8,
      exact: moment.exact ?? false,
    }
    for (const untilMs = this.#nowMs + forMs; this.#nowMs < untilMs && !done(); ) {
      const reason = this.overflow.judge(facts, this.#nowMs)
      const state = this.overflow.engaged ? 'on' : 'off'
      if (reason !== undefined) this.told.push(`${this.#nowMs} ${state} ${reason}`)
      this.#nowMs += 50
    }
  }
}
