import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type FileHome, Homes } from './homes.ts'
import { verifierOf } from './records.ts'

const ofFile: FileHome = {
  id: 'street-1',
  verifier: verifierOf(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
  prefixes: { dsl: [], lte: [] },
  acl: { allow: [], deny: [] },
}

test('a policy is the defaults, plan `default`, the plan and the home, the last one winning', () => {
  const homes = new Homes([])
  homes.setPlan('default', 1, { policy: { overflow: { trialS: 7 }, budget: { resetDay: 5 } } })
  homes.setPlan('gold', 2, { policy: { overflow: { trialS: 8, engageMs: 200 } } })
  homes.setHome('a', 3, { verifier: fresh() })
  homes.setHome('b', 4, { verifier: fresh(), plan: 'gold' })
  homes.setHome('c', 5, { verifier: fresh(), plan: 'gold', policy: { overflow: { trialS: 9 } } })
  const told = (id: string) => {
    const { overflow, budget } = homes.policyOf(id)!.policy
    return [overflow.trialS, overflow.engageMs, overflow.releasePercent, budget.resetDay]
  }
  assert.deepEqual(told('a'), [7, 100, 91, 5])
  assert.deepEqual(told('b'), [8, 200, 91, 5])
  assert.deepEqual(told('c'), [9, 200, 91, 5])
  assert.equal(homes.policyOf('nobody'), undefined)
})

test('a revision is another when the document is, and only then', () => {
  const homes = new Homes([])
  homes.setHome('a', 1, { verifier: fresh() })
  homes.setHome('b', 2, { verifier: fresh(), plan: 'gold' })
  const { revision } = homes.policyOf('a')!
  assert.equal(homes.policyOf('b')?.revision, revision)
  // The default, said.
  homes.setHome('b', 3, { verifier: fresh(), policy: { overflow: { trialS: 5 } } })
  assert.equal(homes.policyOf('b')?.revision, revision)
  homes.setPlan('gold', 4, { policy: { overflow: { trialS: 6 } } })
  homes.setHome('b', 5, { verifier: fresh(), plan: 'gold' })
  assert.notEqual(homes.policyOf('b')?.revision, revision)
})

test('of layers that contradict each other the strongest is left out, and said', () => {
  const homes = new Homes([])
  homes.setPlan('calm', 1, { policy: { overflow: { releasePercent: 60 } } })
  homes.setHome('a', 2, {
    verifier: fresh(),
    plan: 'calm',
    policy: { overflow: { engagePercent: 55 } },
  })
  const { policy, problems } = homes.policyOf('a')!
  assert.deepEqual([policy.overflow.engagePercent, policy.overflow.releasePercent], [93, 60])
  assert.match(problems.join(), /overflow.releasePercent is 60, but overflow.engagePercent is 55/)
})

test('who a home of the file is cannot be changed, its plan and policy can', () => {
  const homes = new Homes([ofFile])
  assert.equal(homes.policyOf('street-1')?.policy.overflow.trialS, 5)
  homes.setHome('street-1', 1, {
    verifier: fresh(),
    state: 'suspended',
    prefixes: { dsl: ['10.0.0.0/8'], lte: [] },
    policy: { overflow: { trialS: 9 } },
  })
  const home = homes.home('street-1')!
  assert.deepEqual(
    [home.source, home.state, home.prefixes, home.verifier],
    ['file', 'suspended', ofFile.prefixes, ofFile.verifier],
  )
  assert.equal(homes.policyOf('street-1')?.policy.overflow.trialS, 9)
  homes.setHome('street-1', 0, undefined)
  assert.equal(homes.home('street-1')?.state, 'active')
})

test('a record that cannot be read changes nothing', () => {
  const homes = new Homes([])
  homes.setHome('a', 1, { verifier: fresh(), plan: 'gold' })
  for (const body of [{ verifier: fresh(), state: 'asleep' }, { verifier: { hash: 'x' } }, {}]) {
    assert.notEqual(homes.setHome('a', 2, body), undefined)
    assert.equal(homes.home('a')?.plan, 'gold')
  }
  assert.notEqual(homes.setPlan('gold', 1, { policy: { overflow: { trialS: 0 } } }), undefined)
  assert.equal(homes.plan('gold'), undefined)
})

test('no two homes have one cookie, whoever of them changes', () => {
  const homes = new Homes([])
  const [one, other] = [fresh(), fresh()]
  homes.setHome('a', 1, { verifier: one })
  assert.match(homes.setHome('b', 2, { verifier: one }) ?? '', /has the cookie of a/)
  assert.equal(homes.ownerOf(one.hash), 'a')
  homes.setHome('a', 3, { verifier: other })
  assert.equal(homes.setHome('b', 4, { verifier: one }), undefined)
  homes.setHome('a', 5, undefined)
  assert.deepEqual([homes.ownerOf(one.hash), homes.ownerOf(other.hash)], ['b', undefined])
})

test('ids are in order, whoever comes and goes', () => {
  const homes = new Homes([ofFile])
  for (const id of ['z', 'a', 'm']) homes.setHome(id, 1, { verifier: fresh() })
  assert.deepEqual(homes.ids, ['a', 'm', 'street-1', 'z'])
  homes.setHome('m', 0, undefined)
  assert.deepEqual(homes.ids, ['a', 'street-1', 'z'])
  homes.forget()
  assert.deepEqual(homes.ids, ['street-1'])
})

test('a trial reaches its share of a plan, and more of it the same homes and others', () => {
  const homes = new Homes([])
  for (let i = 0; i < 2_000; i++) homes.setHome(`home-${i}`, 1, { verifier: fresh(), plan: 'gold' })
  const tried = (percent: number) => {
    const trial = { percent, policy: { overflow: { trialS: 9 } } }
    homes.setPlan('gold', 2, { policy: { overflow: { trialS: 8 } }, trial })
    return homes.ids.filter((id) => homes.policyOf(id)?.policy.overflow.trialS === 9)
  }
  const five = tried(5)
  assert.ok(five.length > 60 && five.length < 140, `${five.length} of 2000`)
  const twenty = new Set(tried(20))
  assert.ok(five.every((id) => twenty.has(id)))
  assert.deepEqual([tried(0).length, tried(100).length], [0, 2_000])
})

function fresh() {
  return verifierOf(randomBytes(16))
}
