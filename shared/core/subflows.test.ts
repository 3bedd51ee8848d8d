import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LegName } from './leg.ts'
import { SERVICE_CLASSES } from './service-class.ts'
import type { Standby } from './standby.ts'
import { type LegUse, planSubflows, type Subflow, wantSubflows } from './subflows.ts'

const dsl: Subflow = { leg: 'dsl', backup: false, proven: true }
const lte: Subflow = { leg: 'lte', backup: false, proven: true }
const stale: Subflow = { leg: undefined, backup: false, proven: true }
const open = { pooled: false, helped: true, serviceClass: 'overflow', first: 'dsl' } as const
const pooled = { pooled: true, helped: false, serviceClass: 'overflow', first: 'dsl' } as const
const bothUp = { dsl: 'up', lte: 'up' } as const

test('an open flow gets the leg it has not', () => {
  assert.deepEqual(steps(open, bothUp, [dsl]), ['create lte'])
  assert.deepEqual(steps(open, bothUp, [dsl, lte]), [])
})

test('a pooled connection is joined on LTE only while somebody is at home', () => {
  assert.deepEqual(steps(pooled, bothUp, [dsl], false), [])
  assert.deepEqual(steps(pooled, bothUp, [dsl], true), ['create lte'])
  assert.deepEqual(steps(pooled, bothUp, [dsl, { ...lte, backup: true }], false), [])
  assert.deepEqual(
    steps({ ...pooled, first: 'lte' }, bothUp, [{ ...lte, backup: true }], false),
    [],
  )
})

test('a subflow that would only wait on LTE is joined ahead, kept, or ended, as its standby says', () => {
  const waiting = { ...open, helped: false }
  const standing = { ...lte, backup: true }
  const lteAlone = { dsl: 'dead', lte: 'up' } as const
  for (const [standby, alone, both] of [
    ['ahead', ['create lte'], []],
    ['kept', [], []],
    ['none', [], ['destroy lte']],
  ] as const) {
    assert.deepEqual(steps(waiting, bothUp, [dsl], true, standby), alone)
    assert.deepEqual(steps(waiting, bothUp, [dsl, standing], true, standby), both)
    assert.deepEqual(steps(open, bothUp, [dsl], true, standby), ['create lte'])
    // Not before DSL has proven itself, and not while LTE is all there is.
    const unproven = [{ ...dsl, proven: false }, standing]
    assert.deepEqual(steps(waiting, bothUp, unproven, true, standby), [])
    assert.deepEqual(steps(waiting, { dsl: 'doubtful', lte: 'up' }, [dsl, lte], true, standby), [
      'setBackup dsl',
    ])
    assert.deepEqual(steps(waiting, lteAlone, [dsl], true, standby), ['create lte'])
  }
})

test('a dead leg loses its subflow, and gets a new one when it is back', () => {
  assert.deepEqual(steps(open, { dsl: 'dead', lte: 'up' }, [dsl, lte]), ['destroy dsl'])
  assert.deepEqual(steps(open, { dsl: 'dead', lte: 'up' }, [lte]), [])
  assert.deepEqual(steps(open, bothUp, [lte]), ['create dsl'])
})

test('a connection whose only leg died is joined elsewhere before that leg is destroyed', () => {
  const legs = { dsl: 'dead', lte: 'up' } as const
  assert.deepEqual(steps(open, legs, [dsl]), ['create lte'])
  assert.deepEqual(steps(open, legs, [dsl, { ...lte, proven: false }]), [])
  assert.deepEqual(steps(open, legs, [dsl, lte]), ['destroy dsl'])
})

test('a doubtful leg keeps what it has and gets nothing new', () => {
  assert.deepEqual(steps(open, { dsl: 'doubtful', lte: 'up' }, [dsl, lte]), [])
  assert.deepEqual(steps(open, { dsl: 'doubtful', lte: 'up' }, [lte]), [])
})

test('nothing is removed while no leg is up', () => {
  for (const dslUse of ['dead', 'doubtful'] as const) {
    for (const lteUse of ['dead', 'doubtful'] as const) {
      assert.deepEqual(steps(open, { dsl: dslUse, lte: lteUse }, [dsl, lte, stale]), [])
    }
  }
})

test('a subflow from an address the leg has lost is replaced, then destroyed', () => {
  assert.deepEqual(steps(open, bothUp, [stale, lte]), ['create dsl', 'destroy undefined'])
  assert.deepEqual(steps(open, { dsl: 'up', lte: 'dead' }, [stale]), ['create dsl'])
  assert.deepEqual(steps(open, { dsl: 'up', lte: 'dead' }, [stale, dsl]), ['destroy undefined'])
})

test('planSubflows() sets the backup flag to what is wanted', () => {
  const want = [{ leg: 'lte', backup: true, create: true }] as const
  assert.deepEqual(planSubflows(want, [lte]), [{ do: 'setBackup', subflow: lte, backup: true }])
  assert.deepEqual(planSubflows(want, [{ ...lte, backup: true }]), [])
})

test('planSubflows() never leaves a connection without a subflow, and settles in two rounds', () => {
  const use = fc.constantFrom<LegUse>('up', 'doubtful', 'dead')
  const subflow = fc.record({
    leg: fc.constantFrom<LegName | undefined>('dsl', 'lte', undefined),
    backup: fc.boolean(),
    proven: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.record({ dsl: use, lte: use }),
      fc.array(subflow, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(...SERVICE_CLASSES),
      fc.constantFrom<Standby>('ahead', 'kept', 'none'),
      (legs, have, isPooled, homeActive, serviceClass, standby) => {
        const want = wantSubflows(
          { pooled: isPooled, helped: !isPooled, serviceClass, first: 'dsl' },
          legs,
          homeActive,
          standby,
        )
        if (want === undefined) return
        let now = have
        for (let round = 0; round < 2; round++) {
          // Destroyed at once, created later: the worst order that the kernel can choose.
          const actions = planSubflows(want, now)
          for (const action of actions) {
            if (action.do === 'destroy') now = now.filter((one) => one !== action.subflow)
            if (action.do === 'setBackup') {
              now = now.map((one) =>
                one === action.subflow ? { ...one, backup: action.backup } : one,
              )
            }
            assert.ok(now.length > 0)
          }
          for (const action of actions) {
            if (action.do === 'create') now = [...now, { ...action, proven: false }]
          }
          // Time passes.
          now = now.map((one) => ({ ...one, proven: true }))
        }
        const settled = planSubflows(want, now).filter((action) => action.do !== 'setBackup')
        assert.deepEqual(settled, [])
      },
    ),
  )
})

function steps(
  connection: Parameters<typeof wantSubflows>[0],
  legs: Readonly<Record<LegName, LegUse>>,
  have: readonly Subflow[],
  homeActive = true,
  standby: Standby = 'ahead',
): string[] {
  const want = wantSubflows(connection, legs, homeActive, standby)
  if (want === undefined) return []
  return planSubflows(want, have).map((action) =>
    action.do === 'create' ? `create ${action.leg}` : `${action.do} ${action.subflow.leg}`,
  )
}

test('LTE is backup, and in earnest for a connection that is helped', () => {
  const alone = { pooled: false, helped: false, serviceClass: 'overflow', first: 'dsl' } as const
  const backups = (connection: typeof alone | typeof open, legs: Record<'dsl' | 'lte', LegUse>) =>
    wantSubflows(connection, legs, true)?.map(({ leg, backup }) => (backup ? `(${leg})` : leg))
  assert.deepEqual(backups(alone, { dsl: 'up', lte: 'up' }), ['dsl', '(lte)'])
  assert.deepEqual(backups(open, { dsl: 'up', lte: 'up' }), ['dsl', 'lte'])
  assert.deepEqual(backups(alone, { dsl: 'dead', lte: 'up' }), ['lte'])
  assert.deepEqual(backups(alone, { dsl: 'doubtful', lte: 'up' }), ['(dsl)', 'lte'])
})

test('nobody wakes LTE for a pooled connection of a home where nobody is, whatever its class', () => {
  for (const serviceClass of ['interactive', 'handover', 'overflow'] as const) {
    assert.deepEqual(steps({ ...pooled, serviceClass }, bothUp, [dsl], false), [])
  }
})

test('handover has LTE destroyed while DSL is well, and built while it is not', () => {
  const well = { ...open, helped: false, serviceClass: 'handover' } as const
  const degraded = { ...well, legsNow: { quicker: 'dsl', secondLeg: true } } as const
  assert.deepEqual(steps(well, bothUp, [dsl]), [])
  assert.deepEqual(steps(degraded, bothUp, [dsl]), ['create lte'])
  assert.deepEqual(steps(well, bothUp, [dsl, { ...lte, backup: true }]), ['destroy lte'])
})

test('a connection for one line loses the other, and waits when its own is dead', () => {
  const dslOnly = { pooled: false, helped: false, serviceClass: 'dsl-only', first: 'dsl' } as const
  const lteOnly = { ...dslOnly, serviceClass: 'lte-only' } as const
  assert.deepEqual(steps(dslOnly, bothUp, [dsl, lte]), ['destroy lte'])
  assert.deepEqual(steps(dslOnly, { dsl: 'dead', lte: 'up' }, [dsl]), [])
  assert.deepEqual(steps(lteOnly, bothUp, [dsl]), ['create lte'])
  assert.deepEqual(steps(lteOnly, bothUp, [dsl, { ...lte, proven: false }]), [])
  assert.deepEqual(steps(lteOnly, bothUp, [dsl, lte]), ['destroy dsl'])
})
