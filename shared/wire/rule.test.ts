import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import { decodeRule, encodeRule, encodeRulesQuery, type Rule } from './rule.ts'

// Answers of Linux 6.18.44.
const MARKED = hex(`
  0200 2000 fc00 0001 00000000   0800 0f00 61220000   0800 0e00 ffffffff   0500 1500 58 000000
  0800 0600 56220000   0800 0a00 00002000   0800 1000 0000f000   0800 0200 0a090102`)
const SUPPRESSED = hex(`
  0a00 0000 fe00 0001 00000000   0800 0f00 fe000000   0800 0e00 00000000   0500 1500 58 000000
  0800 0600 57220000`)

const nothing = {
  from: undefined,
  to: undefined,
  mark: undefined,
  inputInterface: undefined,
  suppressPrefixLength: undefined,
  protocol: 88,
}
const marked: Rule = {
  ...nothing,
  family: 'ipv4',
  priority: 8_790,
  from: parsePrefix('10.9.1.2')!,
  mark: { value: 0x0020_0000, mask: 0x00f0_0000 },
  table: 8_801,
}
const suppressed: Rule = {
  ...nothing,
  family: 'ipv6',
  priority: 8_791,
  table: 254,
  suppressPrefixLength: 0,
}

test('decodeRule() reads who asks which table', () => {
  assert.deepEqual(decodeRule(MARKED), marked)
  assert.deepEqual(decodeRule(SUPPRESSED), suppressed)
})

test('encodeRule() writes who asks which table', () => {
  assert.deepEqual(
    encodeRule(marked),
    hex(`
      0200 2000 0000 0001 00000000   0800 0600 56220000   0800 0f00 61220000   0500 1500 58 000000
      0800 0200 0a090102   0800 0a00 00002000   0800 1000 0000f000`),
  )
})

test('what is encoded reads the same', () => {
  const rule = { ...marked, to: parsePrefix('10.0.0.0/8')!, inputInterface: 'lan' }
  for (const each of [marked, suppressed, rule]) {
    assert.deepEqual(decodeRule(encodeRule(each)), each)
  }
})

test('encodeRulesQuery() asks for one family', () => {
  assert.deepEqual(encodeRulesQuery('ipv6'), hex('0a00 0000 0000 0000 00000000'))
})

test('decodeRule() leaves out rules that lead to no table', () => {
  const blackhole = MARKED.slice()
  blackhole[7] = 6
  assert.equal(decodeRule(blackhole), undefined)
})

test('decodeRule() never throws, whatever the bytes', () => {
  for (const bytes of damaged(MARKED, 5_000, 1)) decodeRule(bytes)
})
