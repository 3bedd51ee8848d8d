import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lasting } from './lasting.ts'

test('what has held without a pause has lasted since its first look', () => {
  const calm = new Lasting()
  assert.equal(calm.ms(1_000), 0)
  calm.note(true, 1_000)
  calm.note(true, 1_500)
  assert.equal(calm.holds, true)
  assert.equal(calm.ms(1_700), 700)
  calm.note(false, 1_800)
  assert.equal(calm.holds, false)
  assert.equal(calm.ms(2_000), 0)
  calm.note(true, 2_000)
  calm.forget()
  calm.note(true, 2_500)
  assert.equal(calm.ms(2_600), 100)
})
