import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keptSecret } from './cookie-secret.ts'

test('the first start makes a secret that only root reads, the next finds the same', () => {
  using place = directory()
  const first = keptSecret(place.path)
  assert.equal(first.length, 32)
  assert.equal(statSync(place.file).mode & 0o777, 0o600)
  assert.deepEqual(keptSecret(place.path), first)
  using other = directory()
  assert.notDeepEqual(keptSecret(other.path), first)
})

test('a file that holds something else is named, not used', () => {
  using place = directory()
  keptSecret(place.path)
  writeFileSync(place.file, 'secret\n')
  assert.throws(() => keptSecret(place.path), /cookie-secret holds something else; remove it/)
})

function directory() {
  const path = join(mkdtempSync(join(tmpdir(), 'hyb-secret-')), 'state')
  return {
    path,
    file: join(path, 'cookie-secret'),
    [Symbol.dispose]: () => rmSync(join(path, '..'), { recursive: true }),
  }
}
