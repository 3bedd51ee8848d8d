import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderShaping } from './shaper.ts'

test('without a line of known rate there is no table', () => {
  assert.equal(renderShaping([], 8803), undefined)
})

test('only what leaves by a shaped line is looked at, and what goes first gets the strict class', () => {
  const ruleset = renderShaping(['dsl', 'lte'], 8803) ?? ''
  assert.match(ruleset, /oifname \{ "dsl", "lte" \} jump urgent/)
  const verdicts = ruleset.split('\n').filter((line) => line.includes('priority set'))
  assert.ok(verdicts.length > 0 && verdicts.every((line) => line.includes('set 8810:10 accept')))
})
