import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress, parsePrefix } from '../wire/address.ts'
import { type ClassRule, classOf, isHelped, linesOf, type ServiceClass } from './service-class.ts'
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

test('the first rule that fits decides, by prefix and by port', () => {
  const net = parsePrefix('198.51.100.0/24')
  assert.ok(net !== undefined)
  const rules: ClassRule[] = [
    { class: 'bypass', to: [net], ports: [{ from: 25, to: 25 }] },
    { class: 'dsl-only', to: [net], ports: [] },
    { class: 'lte-only', to: [], ports: [{ from: 8_000, to: 8_100 }] },
  ]
  const of = (address: string, port: number) =>
    classOf({ default: 'overflow', rules }, { address: knownAddress(address), port })
  assert.equal(of('198.51.100.7', 25), 'bypass')
  assert.equal(of('198.51.100.7', 8_050), 'dsl-only')
  assert.equal(of('203.0.113.7', 25), 'overflow')
  assert.equal(of('203.0.113.7', 8_000), 'lte-only')
  assert.equal(of('2001:db8::7', 8_100), 'lte-only')
  assert.equal(of('2001:db8::7', 8_101), 'overflow')
})
