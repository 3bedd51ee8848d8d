import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBudget } from './line-budget.ts'

test('a name has so many lines a minute, and the first of the next says how many were left out', () => {
  const budget = new LineBudget()
  const takeAt = (ms: number) => budget.take('knock', 2, ms)
  assert.deepEqual([0, 1, 2, 59_999, 60_000, 60_001].map(takeAt), [
    0,
    0,
    undefined,
    undefined,
    2,
    0,
  ])
})

test('a quiet minute forgets nothing of what was left out', () => {
  const budget = new LineBudget()
  for (let line = 0; line < 5; line++) budget.take('knock', 1, line)
  assert.equal(budget.take('knock', 1, 600_000), 4)
})

test('a flood of one name leaves the others their lines', () => {
  const budget = new LineBudget()
  for (let line = 0; line < 1_000; line++) budget.take('knock', 10, line)
  assert.equal(budget.take('leg down', 10, 1_000), 0)
})
