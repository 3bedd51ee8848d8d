import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../core/chance.fake.ts'
import { ENROLMENT_CODE_BYTES, enrolmentCode, readEnrolmentCode } from './enrolment-code.ts'

test('enrolmentCode() uses all chance it is given', () => {
  const zero = enrolmentCode(new Uint8Array(ENROLMENT_CODE_BYTES))
  assert.equal(zero, '0000-0000-0000-0000')
  for (let bit = 0; bit < 75; bit++) {
    const bytes = new Uint8Array(ENROLMENT_CODE_BYTES)
    bytes[bit >> 3] = 0x80 >> (bit & 7)
    assert.notEqual(enrolmentCode(bytes), zero, `bit ${bit}`)
  }
})

test('a code is read in either case, with letters that look like digits, with blanks or without hyphens', () => {
  const code = enrolmentCode(Uint8Array.from({ length: ENROLMENT_CODE_BYTES }, (_, i) => 17 * i))
  assert.equal(readEnrolmentCode(code.toLowerCase()), code)
  assert.equal(readEnrolmentCode(` ${code.replaceAll('-', ' ')} `), code)
  assert.equal(readEnrolmentCode(code.replaceAll('-', '')), code)
  assert.equal(readEnrolmentCode(code.replaceAll('0', 'o').replaceAll('1', 'l')), code)
})

test('one wrong character is told, wherever it stands', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = mulberry32(seed)
    const bytes = Uint8Array.from({ length: ENROLMENT_CODE_BYTES }, () => random() * 256)
    const code = enrolmentCode(bytes)
    assert.equal(readEnrolmentCode(code), code)
    for (let at = 0; at < code.length; at++) {
      if (code[at] === '-') continue
      const other = code[at] === 'Z' ? '2' : 'Z'
      const slip = code.slice(0, at) + other + code.slice(at + 1)
      assert.equal(readEnrolmentCode(slip), undefined, `${slip} with seed ${seed}`)
    }
  }
})

test('what has another length or other characters is no code', () => {
  for (const text of ['', 'K7QM', '0000-0000-0000-000', '0000-0000-0000-00000', 'U'.repeat(16)]) {
    assert.equal(readEnrolmentCode(text), undefined, text)
  }
})
