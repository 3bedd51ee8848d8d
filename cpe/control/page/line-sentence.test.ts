import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LINE_CASES, type LineCase, type LineFacts, lineCase } from './line-sentence.ts'
import { lineText } from './line-text.ts'
import { TEXTS } from './texts.ts'

const up = { state: 'up' } as const
const dead = { state: 'dead' } as const
const WELL: LineFacts = {
  legs: { dsl: up, lte: up },
  concentrator: { state: 'reachable' },
  active: 'dsl',
  helps: false,
  barred: undefined,
  spent: false,
}

const homes: ReadonlyArray<readonly [string, Partial<LineFacts>, LineCase]> = [
  ['all is well', {}, 'good'],
  ['DSL is full', { helps: true }, 'lteHelps'],
  ['the modem is unplugged', { legs: { dsl: dead, lte: up }, helps: true }, 'onLteAlone'],
  ['no mobile signal', { legs: { dsl: up, lte: dead } }, 'onDslAlone'],
  ['both are cut', { legs: { dsl: dead, lte: dead }, active: undefined }, 'allDown'],
  ['the month is spent', { spent: true }, 'lteSpent'],
  [
    'the month is spent, and DSL is cut',
    { spent: true, legs: { dsl: dead, lte: up } },
    'onLteAlone',
  ],
  [
    'the month is spent, and LTE may carry nothing',
    { spent: true, barred: 'spent', legs: { dsl: up, lte: dead } },
    'lteOff',
  ],
  [
    'the month is spent, LTE may carry nothing, and DSL is cut',
    { spent: true, barred: 'spent', legs: { dsl: dead, lte: dead }, active: undefined },
    'dslDownLteOff',
  ],
  ['abroad, where LTE may not', { barred: 'roams', legs: { dsl: up, lte: dead } }, 'lteRoams'],
  [
    'abroad, where LTE may not, and DSL is cut',
    { barred: 'roams', legs: { dsl: dead, lte: dead }, active: undefined },
    'dslDownLteRoams',
  ],
  ['the concentrator is away', { concentrator: { state: 'unreachable' } }, 'unbonded'],
  [
    'nobody has answered yet',
    { legs: { dsl: { state: 'unknown' }, lte: { state: 'unknown' } } },
    'starting',
  ],
  ['a moment of doubt is no news', { legs: { dsl: { state: 'suspect' }, lte: up } }, 'good'],
]

for (const [name, facts, expected] of homes) {
  test(`${name}: ${expected}`, () => {
    assert.equal(lineCase({ ...WELL, ...facts }), expected)
  })
}

test('every case has a sentence, and says how grave it is', () => {
  for (const one of LINE_CASES) {
    const { sentence, advice, tone } = TEXTS.line[one]
    assert.match(sentence, /^[A-Z].*\.$/)
    assert.match(advice, /^$|^[A-Z].*\.$/)
    assert.ok(['good', 'notice', 'bad'].includes(tone))
  }
})

test('a line that works and is limited says by what; one that does not work says that', () => {
  const cell = { line: 'good', limit: 'cell/congested' } as const
  assert.deepEqual(lineText(cell), {
    tone: 'notice',
    sentence: 'Mobile is slower than usual: many people use it here at the moment.',
    advice: '',
  })
  assert.equal(lineText({ ...cell, line: 'onLteAlone' }), TEXTS.line.onLteAlone)
  assert.equal(lineText({ line: 'lteHelps', limit: 'demand/met' }), TEXTS.line.lteHelps)
  assert.equal(lineText({ line: 'good' }), TEXTS.line.good)
  assert.equal(lineText({ line: 'good', limit: 'dsl-sync/down' }), TEXTS.line.good)
  assert.equal(lineText({ line: 'good', limit: 'far-server/slow' }).tone, 'good')
})
