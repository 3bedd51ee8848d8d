import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leavesOf } from '../core/leaves.ts'
import { layerProblems, mergeLayers, readPolicy } from './home-policy.ts'

test('no layer at all is the defaults, and the document says each of them', () => {
  const read = readPolicy([])
  assert.ok(read.kind === 'policy')
  assert.equal(read.policy.overflow.engagePercent, 93)
  assert.deepEqual(read.policy.classes, {
    default: 'overflow',
    appliesTo: 'new',
    lteCap: { atCap: 'back' },
    schedulers: { overflow: 'cheapest-first', aggregate: 'weighted', interactive: 'lowest-rtt' },
    rules: [],
  })
  const leaves = leavesOf(read.document)
  assert.equal(leaves.get('overflow.engagePercent'), 93)
  assert.equal(leaves.get('classes.default'), 'overflow')
  assert.equal(leaves.has('budget.monthlyGigabytes'), false)
})

test('a document reads as the policy it was made from', () => {
  const layer = {
    classes: { rules: [{ class: 'aggregate', to: ['192.0.2.0/24'], ports: ['8000-8100', 443] }] },
    budget: { monthlyGigabytes: 0.1 },
  }
  const read = readPolicy([layer])
  assert.ok(read.kind === 'policy')
  assert.deepEqual(readPolicy([read.document]), read)
})

test('mappings are merged key by key, lists are taken whole, null is the key below again', () => {
  const under = { overflow: { trialS: 7, engageMs: 200 }, classes: { rules: [1, 2] } }
  assert.deepEqual(mergeLayers(under, { overflow: { trialS: null }, classes: { rules: [3] } }), {
    overflow: { engageMs: 200 },
    classes: { rules: [3] },
  })
  assert.deepEqual(mergeLayers(under, { overflow: null }), { classes: { rules: [1, 2] } })
  assert.deepEqual(mergeLayers({}, { overflow: { trialS: null } }), { overflow: {} })
})

for (const [name, layer, says] of [
  ['a number beyond its bounds', { overflow: { trialS: 0 } }, /overflow.trialS must be a whole/],
  [
    'a text for a number',
    { budget: { throttleMbps: '5' } },
    /budget.throttleMbps must be a number/,
  ],
  ['an unknown key', { overflow: { trialSec: 5 } }, /did you mean trialS\?/],
  ['an unknown section', { overfow: {} }, /did you mean overflow\?/],
  ['a section that is no mapping', { overflow: 7 }, /overflow must be a mapping with the keys/],
  ['a bad rule', { classes: { rules: [{ class: 'fast' }] } }, /classes.rules\[0\].class must be/],
  ['a list', [], /the policy must be a mapping/],
  ['nothing', null, /the policy/],
] as const) {
  test(`${name} is refused with a sentence`, () => {
    assert.match(layerProblems(layer).join('\n'), says)
  })
}

test('a layer may be half of what must fit together, the policy may not', () => {
  const half = { overflow: { releasePercent: 95 } }
  assert.deepEqual(layerProblems(half), [])
  const read = readPolicy([half])
  assert.ok(read.kind === 'problems')
  assert.match(read.problems.join(), /releasePercent is 95, but overflow.engagePercent is 93/)
})

test('whatever JSON comes, it is read or refused', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue(), (one, other) => {
      assert.ok(Array.isArray(layerProblems(one)))
      const layers = [one, other].filter(
        (layer): layer is Record<string, never> => typeof layer === 'object' && layer !== null,
      )
      assert.ok(['policy', 'problems'].includes(readPolicy(layers).kind))
    }),
  )
})
