import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keptServerKey } from './server-key.ts'

test('the key is made once, for the concentrator alone to read, and its certificate is whole', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-key-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const first = keptServerKey(join(directory, 'state'))
  const again = keptServerKey(join(directory, 'state'))
  assert.deepEqual(again, first)
  assert.match(first.pin, /^sha256\/\/[A-Za-z0-9+/]{43}=$/)

  const [file = ''] = readdirSync(join(directory, 'state'))
  assert.equal(statSync(join(directory, 'state', file)).mode & 0o777, 0o600)
  const certificate = new X509Certificate(first.certificate)
  assert.ok(certificate.verify(certificate.publicKey))
  assert.ok(certificate.validFromDate.getTime() === 0)
  assert.equal(certificate.validToDate.getUTCFullYear(), 9_999)
  assert.equal(certificate.subject, 'CN=hybridge concentrator')
})

test('a file that holds no key is said to, and left as it is', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-key-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'concentrator-key.pem')
  writeFileSync(file, 'not a key')
  assert.throws(() => keptServerKey(directory), /Cannot use .*concentrator-key\.pem/)
  assert.equal(statSync(file).size, 9)
})
