import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddressIds, isLegNumber, LEG_NUMBER, LEGS, legOfAddressId } from './leg.ts'

test('AddressIds gives the same address the same id, and a changed one a new id', () => {
  const ids = new AddressIds()
  assert.equal(ids.idOf('lte', '100.64.0.2'), 2)
  assert.equal(ids.idOf('lte', '100.64.9.9'), 18)
  assert.equal(ids.idOf('lte', '100.64.0.2'), 2)
  assert.equal(ids.idOf('dsl', '203.0.113.2'), 1)
  assert.equal(ids.idOf('dsl', '2001:db8:d::2'), 17)
})

test('AddressIds gives ids that name their leg, fit a byte and are never shared, whatever changes', () => {
  for (const leg of LEGS) {
    const ids = new AddressIds()
    const seen = new Map<number, string>()
    for (let i = 0; i < 16; i++) {
      const id = ids.idOf(leg, `10.0.0.${i}`)
      assert.ok(id > 0 && id <= 255 && !seen.has(id), `id ${id} of address ${i}`)
      assert.equal(legOfAddressId(id), leg)
      seen.set(id, `10.0.0.${i}`)
    }
    assert.equal(ids.idOf(leg, '10.0.0.0'), LEG_NUMBER[leg])
    // 10.0.0.1 was unused for longest, so the seventeenth address takes over its id.
    assert.equal(ids.idOf(leg, '10.0.1.1'), LEG_NUMBER[leg] + 16)
    assert.equal(ids.idOf(leg, '10.0.0.0'), LEG_NUMBER[leg])
  }
})

test('legOfAddressId() does not guess the leg of the first subflow', () => {
  assert.equal(legOfAddressId(0), undefined)
  assert.equal(legOfAddressId(16), undefined)
})

test('isLegNumber() knows both legs of a home, and no third', () => {
  assert.deepEqual([0, 1, 2, 3, 8, 1.5, 2 ** 31].filter(isLegNumber), [1, 2])
})
