import assert from 'node:assert/strict'
import { test } from 'node:test'
import { homeInterval } from '../../shared/config/interval-messages.ts'
import type { IntervalEnd } from './interval-meter.ts'
import { Verdicts } from './verdicts.ts'

test('an interval ends with a report, and is judged by what the concentrator saw of it', () => {
  const home = new Home()
  home.play(10)
  const [told] = home.verdicts.tell(home.nowMs)
  assert.equal(told?.ms, 9_000)
  assert.deepEqual(home.verdicts.intervals, [])
  home.verdicts.heard({
    processorShare: 0.1,
    down: { heldShare: 0.9, servedShare: 0 },
    serverHeldShare: 0,
  })
  assert.equal(home.verdicts.now?.verdict.limit, 'dsl-sync/full')
  assert.equal(home.verdicts.now?.street?.down.heldShare, 0.9)
  assert.deepEqual(home.verdicts.tell(home.nowMs), [])
})

test('what is not heard is told again, and judged without the concentrator', () => {
  const home = new Home()
  home.play(40)
  assert.equal(home.verdicts.intervals.length, 2)
  assert.equal(home.verdicts.now?.street, undefined)
  const first = home.verdicts.tell(home.nowMs)
  assert.equal(first.length, 3)
  home.play(13)
  assert.deepEqual(home.verdicts.tell(home.nowMs).slice(0, 3), first)
  home.play(400)
  assert.equal(home.verdicts.tell(home.nowMs).length, 8)
})

test('a home tells nothing that its concentrator could not read, and judges what that reads', () => {
  const home = new Home()
  home.play(10)
  const [told] = home.verdicts.tell(home.nowMs)
  const read = homeInterval.parse(JSON.parse(JSON.stringify(told)))
  assert.deepEqual(read.legs, told?.legs)
  assert.equal(told?.legs.dsl.carried.down, 1_988)
})

test('the verdict of five minutes is of the intervals in them', () => {
  const home = new Home()
  home.play(600)
  home.bytesPerS = 1_000
  home.play(150)
  assert.equal(home.verdicts.over(300_000)?.limit, 'dsl-sync/full')
  assert.equal(home.verdicts.over(100_000)?.limit, 'demand/idle')
})

class Home {
  nowMs = 0
  bytesPerS = 1_988_200
  readonly verdicts: Verdicts
  #rxBytes = 0

  constructor() {
    this.verdicts = new Verdicts({
      look: () => ({
        counters: {
          dsl: { rxBytes: this.#rxBytes, txBytes: 0, rxPackets: 0, txPackets: 0 },
          lte: undefined,
        },
        up: { dsl: true, lte: false },
        helps: { down: false, up: false },
        keptOut: { down: false, up: false },
        testing: false,
        bonded: true,
      }),
      end: () => END,
      unixMs: () => this.nowMs,
    })
  }

  play(seconds: number): void {
    for (let s = 0; s < seconds; s++) {
      this.nowMs += 1_000
      this.#rxBytes += this.bytesPerS
      this.verdicts.look(this.nowMs)
    }
  }
}

const NONE = { down: undefined, up: undefined }
const UNUSED = { lostShare: NONE, rttMs: undefined }
const END: IntervalEnd = {
  sockets: { legs: { dsl: UNUSED, lte: UNUSED }, plainShare: undefined },
  processorShare: 0.2,
  lte: 'allowed',
  dslCapacity: { down: 2_000, up: undefined },
  lteCap: NONE,
  floorMs: { dsl: undefined, lte: undefined },
  probedQueueMs: { dsl: undefined, lte: undefined },
  house: () => 0,
}
