import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHelped, linesOf, type ServiceClass } from './service-class.ts'
import { type LegUse, wantSubflows } from './subflows.ts'

/** The table of service-class.ts: who carries, and in brackets who waits. */
const TABLE: ReadonlyArray<[ServiceClass, string, string, string, string]> = [
  ['overflow', 'dsl (lte)', 'dsl lte', 'lte', 'dsl'],
  ['aggregate', 'dsl lte', 'dsl lte', 'lte', 'dsl'],
  ['handover', 'dsl (lte)', 'dsl (lte)', 'lte', 'dsl'],
  ['dsl-only', 'dsl', 'dsl', 'nothing', 'dsl'],
  ['lte-only', 'lte', 'lte', 'lte', 'nothing'],
]

for (const [serviceClass, bothUp, dslFull, dslDead, lteDead] of TABLE) {
  test(`a download of class ${serviceClass} has the lines that its row says`, () => {
    const up = { dsl: 'up', lte: 'up' } as const
    const lines = (legs: Record<'dsl' | 'lte', LegUse>, engaged: boolean) => {
      const helped = isHelped(serviceClass, true, engaged)
      const connection = { pooled: false, helped, serviceClass, first: 'dsl' } as const
      const want = wantSubflows(connection, legs, true) ?? []
      const said = want.map(({ leg, backup }) => (backup ? `(${leg})` : leg)).join(' ')
      return said === '' ? 'nothing' : said
    }
    assert.equal(lines(up, false), bothUp)
    assert.equal(lines(up, true), dslFull)
    assert.equal(lines({ ...up, dsl: 'dead' }, true), dslDead)
    assert.equal(lines({ ...up, lte: 'dead' }, false), lteDead)
  })
}

test('what is small is aggregated by no class', () => {
  assert.equal(isHelped('aggregate', false, true), false)
  assert.deepEqual(linesOf('aggregate'), ['dsl', 'lte'])
})
