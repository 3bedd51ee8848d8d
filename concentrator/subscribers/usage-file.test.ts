import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UsageFile } from './usage-file.ts'

const ONE = { dslUp: 1, dslDown: 2, lteUp: 3, lteDown: 4 }

test('sums go on after a restart, and what cannot be read is not begun anew', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-usage-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const first = new UsageFile(directory)
  first.add(new Map([['home-1', ONE]]))
  first.add(
    new Map([
      ['home-1', ONE],
      ['home-2', ONE],
    ]),
  )
  first.add(new Map())

  const again = new UsageFile(directory)
  again.add(new Map([['home-2', ONE]]))
  assert.deepEqual(again.of('home-1'), { dslUp: 2, dslDown: 4, lteUp: 6, lteDown: 8 })
  assert.deepEqual(again.of('home-2'), again.of('home-1'))
  assert.deepEqual(again.of('home-3'), { dslUp: 0, dslDown: 0, lteUp: 0, lteDown: 0 })

  const [name = ''] = readdirSync(directory)
  const whole = readFileSync(join(directory, name), 'utf8')
  for (const text of ['', '{', '[]', '{"home-1":{"dslUp":-1}}', whole.slice(0, -9)]) {
    writeFileSync(join(directory, name), text)
    assert.throws(() => new UsageFile(directory), /Cannot read .*: it holds no sums/, text)
  }
})
