import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keptSecret } from './cookie-secret.ts'

test('the first start makes a secret that only root reads, the next finds the same', () => {
  using place = directory()
  const first = keptSecret(place.path, unwarned)
  assert.equal(first.length, 32)
  assert.equal(statSync(place.file).mode & 0o777, 0o600)
  assert.deepEqual(keptSecret(place.path, unwarned), first)
  assert.deepEqual(readdirSync(place.path), ['cookie-secret'])
  using other = directory()
  assert.notDeepEqual(keptSecret(other.path, unwarned), first)
})

for (const [what, cut] of [
  ['half a secret', (whole: string) => whole.slice(0, 31)],
  ['nothing', () => ''],
  ['something else', () => 'secret\n'],
] as const) {
  test(`a file with ${what} is kept beside a new secret, and the start hears of it`, () => {
    using place = directory()
    const first = keptSecret(place.path, unwarned)
    const damaged = cut(readFileSync(place.file, 'utf8'))
    writeFileSync(place.file, damaged)
    const warned: string[] = []
    const second = keptSecret(place.path, (sentence) => warned.push(sentence))
    assert.notDeepEqual(second, first)
    assert.equal(second.length, 32)
    assert.match(warned.join('\n'), /^\S+cookie-secret held no secret; it is \S+\.damaged now/)
    assert.equal(readFileSync(`${place.file}.damaged`, 'utf8'), damaged)
    assert.equal(statSync(place.file).mode & 0o777, 0o600)
    assert.deepEqual(keptSecret(place.path, unwarned), second)
  })
}

test('a secret that cannot be read stops the start', () => {
  using place = directory()
  // A directory in its place: root reads every file.
  keptSecret(join(place.file, 'below'), unwarned)
  assert.throws(() => keptSecret(place.path, unwarned), /EISDIR/)
})

function unwarned(sentence: string): never {
  assert.fail(sentence)
}

function directory() {
  const path = join(mkdtempSync(join(tmpdir(), 'hyb-secret-')), 'state')
  return {
    path,
    file: join(path, 'cookie-secret'),
    [Symbol.dispose]: () => rmSync(join(path, '..'), { recursive: true }),
  }
}
