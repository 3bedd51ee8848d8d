import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderBar } from './lte-bar.ts'

test('a barred LTE carries nothing from the LAN, and nothing to the concentrator, of either family', () => {
  const ruleset = renderBar('lte', ['192.0.2.10', '2001:db8:c::10'])
  const rules = ruleset.split('\n').filter((line) => line.includes('oifname'))
  assert.deepEqual(
    rules.map((rule) => rule.trim().replace(' counter', '')),
    [
      'oifname "lte" reject with icmpx admin-prohibited',
      'oifname "lte" ip daddr 192.0.2.10 drop',
      'oifname "lte" ip6 daddr 2001:db8:c::10 drop',
    ],
  )
  assert.match(ruleset, /chain output \{\n {4}type filter hook output/)
})
