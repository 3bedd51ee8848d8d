import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  legsOf,
  MannerLegs,
  mannerOf,
  mannerOfClass,
  priorityFor,
  SPREADINGS,
  spreadingOf,
  UNSAID,
} from './manner.ts'
import { SERVICE_CLASSES } from './service-class.ts'

const DEFAULT = {
  overflow: 'cheapest-first',
  aggregate: 'weighted',
  interactive: 'lowest-rtt',
} as const

const DSL = 1
const LTE = 2

test('a manner reads as it was written, in five bits, and is never what nobody has said', () => {
  for (const spreading of SPREADINGS) {
    for (const legs of Object.values(MannerLegs)) {
      const manner = mannerOf(spreading, legs)
      assert.ok(manner !== UNSAID && manner < 32)
      assert.equal(SPREADINGS[spreadingOf(manner)], spreading)
      assert.equal(legsOf(manner), legs)
    }
  }
})

test('what no end of ours says is carried as overflow is', () => {
  for (const manner of [UNSAID, 31]) {
    assert.equal(SPREADINGS[spreadingOf(manner)], 'cheapest-first')
    assert.equal(legsOf(manner), MannerLegs.ordered)
  }
})

/** The priorities of DSL and LTE: LTE helps, waits, or has spent its budget. */
for (const [serviceClass, helps, waits, spent, spreading] of [
  ['overflow', [3, 2], [3, 1], [3, 1], 'cheapest-first'],
  ['aggregate', [3, 2], [3, 2], [3, 1], 'weighted'],
  ['interactive', [3, 2], [3, 2], [3, 1], 'lowest-rtt'],
  ['handover', [3, 1], [3, 1], [3, 1], 'cheapest-first'],
  ['dsl-only', [3, 0], [3, 0], [3, 0], 'cheapest-first'],
  ['lte-only', [0, 2], [0, 1], [0, 1], 'cheapest-first'],
] as const) {
  test(`the legs of ${serviceClass} by what LTE may do, and its scheduler`, () => {
    const manner = mannerOfClass(serviceClass, DEFAULT)
    const both = (lte: number, spared: boolean) => [
      priorityFor(legsOf(manner), DSL, 3, false),
      priorityFor(legsOf(manner), LTE, lte, spared),
    ]
    assert.deepEqual([both(2, false), both(1, false), both(1, true)], [helps, waits, spent])
    assert.equal(SPREADINGS[spreadingOf(manner)], spreading)
  })
}

test('a leg that may carry nothing carries nothing of any class', () => {
  for (const serviceClass of SERVICE_CLASSES) {
    const legs = legsOf(mannerOfClass(serviceClass, DEFAULT))
    for (const leg of [DSL, LTE]) assert.equal(priorityFor(legs, leg, 0, false), 0)
  }
})

test('every scheduler can be had by class; overflow that is copied has both legs at once', () => {
  for (const spreading of SPREADINGS) {
    const spreadings = { overflow: spreading, aggregate: spreading, interactive: spreading }
    for (const serviceClass of ['overflow', 'aggregate', 'interactive'] as const) {
      const manner = mannerOfClass(serviceClass, spreadings)
      assert.equal(SPREADINGS[spreadingOf(manner)], spreading)
      const overflows = serviceClass === 'overflow' && spreading !== 'redundant'
      assert.equal(legsOf(manner), overflows ? MannerLegs.ordered : MannerLegs.all)
    }
  }
})
