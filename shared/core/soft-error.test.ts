/**
 * Every ICMP error that Linux reports for a connect: which of them are the last word.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSoft, retryMs } from './soft-error.ts'

const rows: ReadonlyArray<['ipv4' | 'ipv6', type: number, soft: number[], hard: number[]]> = [
  ['ipv4', 3, [0, 1, 5], [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]],
  ['ipv4', 11, [0, 1], []],
  ['ipv4', 12, [0, 1, 2], []],
  ['ipv6', 1, [0, 3], [1, 2, 4, 5, 6]],
  ['ipv6', 3, [0, 1], []],
  ['ipv6', 4, [0, 1, 2], []],
]

for (const [family, type, soft, hard] of rows) {
  test(`${family} type ${type} is soft with code ${soft.join(', ')}, and no other`, () => {
    for (const code of soft) assert.ok(isSoft({ family, type, code }), `code ${code}`)
    for (const code of hard) assert.ok(!isSoft({ family, type, code }), `code ${code}`)
  })
}

test('the numbers of one family say nothing in the other', () => {
  assert.ok(!isSoft({ family: 'ipv6', type: 11, code: 0 }))
  assert.ok(!isSoft({ family: 'ipv4', type: 1, code: 0 }))
  assert.ok(!isSoft({ family: 'ipv4', type: 4, code: 0 }))
})

test('a connect is tried again after longer and longer waits, up to two seconds', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(retryMs), [250, 500, 1_000, 2_000, 2_000, 2_000])
  assert.equal(retryMs(10_000), 2_000)
})
