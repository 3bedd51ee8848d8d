import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lostNow } from './tunnel-counts.ts'

test('frames that come late make the shown count wait, not shrink; another session begins anew', () => {
  const lost = [0, 2 ** 32 - 1, 0, 5, 4, 3, 4, 6, 2_000, 1_999, 0, 1]
  const shown: number[] = []
  for (const one of lost) shown.push(lostNow(shown.at(-1) ?? 0, one))
  assert.deepEqual(shown, [0, 0, 0, 5, 5, 5, 5, 6, 2_000, 2_000, 0, 1])
})
