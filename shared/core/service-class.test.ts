import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALL_WELL, isHelped, type LegsNow, linesOf, type ServiceClass } from './service-class.ts'
import { type LegUse, wantSubflows } from './subflows.ts'

/** The table of service-class.ts: who carries, and in brackets who waits. */
const TABLE: ReadonlyArray<[ServiceClass, string, string, string, string, string]> = [
  // class, both well, DSL degraded, DSL full, DSL dead, LTE dead
  ['overflow', 'dsl (lte)', 'dsl (lte)', 'dsl lte', 'lte', 'dsl'],
  ['aggregate', 'dsl lte', 'dsl lte', 'dsl lte', 'lte', 'dsl'],
  ['handover', 'dsl', 'dsl (lte)', 'dsl (lte)', 'lte', 'dsl'],
  ['interactive', 'dsl (lte)', '(dsl) lte', '(dsl) lte', 'lte', 'dsl'],
  ['dsl-only', 'dsl', 'dsl', 'dsl', 'nothing', 'dsl'],
  ['lte-only', 'lte', 'lte', 'lte', 'lte', 'nothing'],
]

for (const [serviceClass, ...row] of TABLE) {
  test(`a download of class ${serviceClass} has the lines that its row says`, () => {
    const up = { dsl: 'up', lte: 'up' } as const
    const slow: LegsNow = { quicker: 'lte', secondLeg: true }
    const lines = (legs: Record<'dsl' | 'lte', LegUse>, engaged: boolean, legsNow: LegsNow) => {
      const helped = isHelped(serviceClass, true, engaged)
      const connection = { pooled: false, helped, serviceClass, first: 'dsl', legsNow } as const
      const want = wantSubflows(connection, legs, true) ?? []
      const said = want.map(({ leg, backup }) => (backup ? `(${leg})` : leg)).join(' ')
      return said === '' ? 'nothing' : said
    }
    const said = [
      lines(up, false, ALL_WELL),
      lines(up, false, slow),
      lines(up, true, slow),
      lines({ ...up, dsl: 'dead' }, true, ALL_WELL),
      lines({ ...up, lte: 'dead' }, false, slow),
    ]
    assert.deepEqual(said, row)
  })
}

test('handover keeps a DSL that is in doubt, and builds LTE beside it', () => {
  const connection = {
    pooled: false,
    helped: false,
    serviceClass: 'handover',
    first: 'dsl',
  } as const
  const want = wantSubflows(connection, { dsl: 'doubtful', lte: 'up' }, true)
  assert.deepEqual(want, [
    { leg: 'dsl', backup: true, create: false },
    { leg: 'lte', backup: false, create: true },
  ])
})

test('what is small is aggregated by no class', () => {
  assert.equal(isHelped('aggregate', false, true), false)
  assert.deepEqual(linesOf('aggregate'), ['dsl', 'lte'])
})
