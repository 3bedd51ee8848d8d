import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeOf } from './class-change.ts'
import { SERVICE_CLASSES, type ServiceClass } from './service-class.ts'
import { planSubflows, type Subflow, wantSubflows } from './subflows.ts'

/** The table of class-change.ts: from two lines of which LTE waits, and what is done in each round. */
const TABLE: ReadonlyArray<[to: ServiceClass, 'move' | 'keep', ...string[]]> = [
  ['overflow', 'move', ''],
  ['aggregate', 'move', ''],
  ['handover', 'move', 'destroy lte', ''],
  ['interactive', 'move', ''],
  ['dsl-only', 'move', 'destroy lte', ''],
  ['lte-only', 'move', 'setBackup lte, destroy dsl', ''],
  ['bypass', 'keep'],
]

for (const [to, what, ...rounds] of TABLE) {
  test(`a connection that runs and becomes ${to}: ${what}`, () => {
    const from = SERVICE_CLASSES.filter((one) => one !== to && one !== 'bypass')
    for (const before of from) assert.equal(changeOf(before, to, 'all'), what, before)
    let have: readonly Subflow[] = BOTH
    for (const round of rounds) {
      assert.equal(steps(to, have).join(', '), round)
      have = after(to, have)
    }
  })
}

test('a line that is missing is joined and proven before the other is given up', () => {
  let have: readonly Subflow[] = [DSL]
  const said: string[] = []
  for (let round = 0; round < 4; round++) {
    said.push(steps('lte-only', have).join(', '))
    have = after('lte-only', have)
    have = have.map((one) => ({ ...one, proven: one.proven || round > 0 }))
  }
  assert.deepEqual(said, ['create lte', '', 'destroy dsl', ''])
})

test('bypass cannot be had in mid-flow: it is for new connections, or with a reset when asked', () => {
  assert.equal(changeOf('overflow', 'bypass', 'all'), 'keep')
  assert.equal(changeOf('overflow', 'bypass', 'reset'), 'reset')
  assert.equal(changeOf('overflow', 'handover', 'reset'), 'move')
})

test('a change for new connections, or to the same class, does nothing', () => {
  for (const before of SERVICE_CLASSES) {
    for (const now of SERVICE_CLASSES) assert.equal(changeOf(before, now, 'new'), 'keep')
    assert.equal(changeOf(before, before, 'reset'), 'keep')
  }
})

const DSL: Subflow = { leg: 'dsl', backup: false, proven: true }
const BOTH: readonly Subflow[] = [DSL, { leg: 'lte', backup: true, proven: true }]

function plan(serviceClass: ServiceClass, have: readonly Subflow[]) {
  const connection = { pooled: false, helped: false, serviceClass, first: 'dsl' } as const
  return planSubflows(wantSubflows(connection, { dsl: 'up', lte: 'up' }, true) ?? [], have)
}

function steps(serviceClass: ServiceClass, have: readonly Subflow[]): string[] {
  return plan(serviceClass, have).map((action) =>
    action.do === 'create' ? `create ${action.leg}` : `${action.do} ${action.subflow.leg}`,
  )
}

/** What a connection has when they are done; what is new is not proven. */
function after(serviceClass: ServiceClass, have: readonly Subflow[]): Subflow[] {
  let now = [...have]
  for (const action of plan(serviceClass, have)) {
    if (action.do === 'create') {
      now.push({ leg: action.leg, backup: action.backup, proven: false })
    } else if (action.do === 'destroy') {
      now = now.filter((one) => one !== action.subflow)
    } else {
      now = now.map((one) =>
        one.leg === action.subflow.leg ? { ...one, backup: action.backup } : one,
      )
    }
  }
  return now
}
