import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { policyKeys } from './policy.ts'
import { overlaid } from './policy-document.ts'

const own = z.object(policyKeys()).parse({
  overflow: { engagePercent: 80, releasePercent: 70 },
  classes: { rules: [{ class: 'dsl-only', to: ['198.51.100.0/24'] }] },
})

test('what a document names goes before the file, and nothing else changes', () => {
  const read = overlaid(own, { overflow: { trialS: 9 }, classes: { default: 'handover' } })
  assert.ok(read.kind === 'policy')
  assert.deepEqual(read.policy, {
    ...own,
    overflow: { ...own.overflow, trialS: 9 },
    classes: { ...own.classes, default: 'handover' },
  })
})

test('a list is taken whole', () => {
  const read = overlaid(own, { classes: { rules: [] } })
  assert.ok(read.kind === 'policy')
  assert.deepEqual(read.policy.classes, {
    default: 'overflow',
    appliesTo: 'new',
    lteCap: { atCap: 'back' },
    schedulers: { overflow: 'cheapest-first', aggregate: 'weighted', interactive: 'lowest-rtt' },
    rules: [],
  })
})

test('keys of a later release are named and ignored', () => {
  const read = overlaid(own, { weather: { rain: true }, overflow: { trialS: 9, colour: 'green' } })
  assert.ok(read.kind === 'policy')
  assert.deepEqual(read.ignored, ['weather', 'overflow.colour'])
  assert.equal(read.policy.overflow.trialS, 9)
})

test('a value that cannot be, alone or beside the own ones, changes nothing and is told', () => {
  for (const [document, why] of [
    [{ overflow: { trialS: 0 } }, /^overflow\.trialS must be a whole number/],
    [{ overflow: 7 }, /^overflow/],
    // 90 is right beside the default of 93, and wrong beside this home's own 80.
    [{ overflow: { releasePercent: 90 } }, /^overflow\.releasePercent is 90, but/],
  ] as const) {
    const read = overlaid(own, document)
    assert.ok(read.kind === 'problem', JSON.stringify(document))
    assert.match(read.why, why)
  }
})

test('whatever JSON says, nothing throws', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('overflow', 'classes', 'x'), fc.jsonValue()),
      (it) => {
        overlaid(own, it as Record<string, unknown>)
      },
    ),
  )
})
