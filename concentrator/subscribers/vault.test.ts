import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { credentialOf, isProof, proofOf } from '../../shared/session/credential.ts'
import { Homes } from './homes.ts'
import type { JsonObject } from './keeper.ts'
import { type Verifier, verifierOf } from './records.ts'
import { openSqliteKeeper } from './sqlite-keeper.ts'
import { Store } from './store.ts'
import { openVault, Vault } from './vault.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-vault-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const secret = Buffer.from('5ec4e75e'.repeat(8), 'hex')
const { cookie, verifier: session } = credentialOf(secret)
const verifier = verifierOf(cookie, session)
const vault = new Vault(Buffer.alloc(32, 1))

test('what was sealed opens again, for the same home and with the same key alone', () => {
  const sealed = vault.seal('home-1', verifier)
  assert.deepEqual(vault.open('home-1', sealed), verifier)
  assert.match(problemOf(vault.open('home-2', sealed)), /for another home/)
  const other = new Vault(Buffer.alloc(32, 2))
  assert.match(problemOf(other.open('home-1', sealed)), /with another key/)
  assert.deepEqual([vault.isForeign, other.isForeign], [false, true])
})

test('a seal that is damaged anywhere is refused and nothing is thrown', () => {
  const { sealed, ...rest } = vault.seal('home-1', verifier)
  for (let cut = 0; cut < sealed.length; cut++) {
    const flipped = sealed[cut] === 'A' ? 'B' : 'A'
    for (const damaged of [
      sealed.slice(0, cut),
      sealed.slice(0, cut) + flipped + sealed.slice(cut + 1),
    ]) {
      const opened = vault.open('home-1', { ...rest, sealed: damaged })
      // The last digit of base64 has bits that mean nothing.
      if (typeof opened !== 'string') assert.deepEqual(opened, verifier)
    }
  }
})

test('nothing that is kept of a home lets anybody in as that home', () => {
  const kept = vault.seal('home-1', verifier)
  const exporter = new Uint8Array(32).fill(7)
  const stolen = Object.values(kept).map((text) => Buffer.from(text.replace(/.*:/, ''), 'hex'))
  for (const clientKey of [...stolen, Buffer.from(kept.sealed, 'base64').subarray(0, 32)]) {
    const proof = proofOf({ clientKey, verifier: session }, exporter, 'home-1')
    assert.ok(!isProof(proof, session, exporter, 'home-1'))
  }
  const text = JSON.stringify(kept)
  for (const key of [verifier.probeKey, verifier.controlKey, hex(cookie), hex(secret)]) {
    assert.ok(!text.includes(key))
    assert.ok(!text.includes(Buffer.from(key, 'hex').toString('base64').slice(0, 40)))
  }
})

test('the key is made once, readable to nobody else, and a file that holds none is refused', () => {
  const file = join(folder, 'deep', 'store.key')
  const made = openVault(file)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(openVault(file).open('a', made.seal('a', verifier)), verifier)
  writeFileSync(file, 'oops\n')
  assert.throws(() => openVault(file), /it is no key of a store/)
})

test('a code is kept as what the key makes of it', () => {
  assert.equal(vault.codeHash('ABC'), vault.codeHash('ABC'))
  assert.notEqual(vault.codeHash('ABC'), new Vault(Buffer.alloc(32, 2)).codeHash('ABC'))
})

test('records from before there were seals are sealed at the next start, and mean the same', async () => {
  const file = join(folder, 'old.db')
  const { session: _, ...plain } = verifierOf(cookie)
  {
    await using keeper = await openSqliteKeeper(file)
    const after: JsonObject = { verifier: plain, plan: 'default' }
    await keeper.commit([{ kind: 'subscriber', id: 'old', after, expected: 0 }], 'anna', 1)
  }
  const told: string[] = []
  const open = async () =>
    Store.open(
      await openSqliteKeeper(file),
      [],
      paintedLog((what) => told.push(what)),
      { vault },
    )
  {
    await using store = await open()
    assert.deepEqual(store.homes.home('old')?.verifier, verifierOf(cookie))
    assert.equal(store.homes.home('old')?.plan, 'default')
  }
  {
    await using store = await open()
    assert.deepEqual(store.homes.home('old')?.verifier, verifierOf(cookie))
  }
  assert.deepEqual(told, ['homes were sealed'])
  for (const ending of ['', '-wal']) {
    const bytes = readable(`${file}${ending}`)
    for (const key of [plain.probeKey, plain.controlKey]) {
      assert.ok(!bytes.includes(key), `${file}${ending} still has a key`)
    }
  }
})

test('a home whose record was sealed elsewhere is not let in, and the others are', () => {
  const homes = new Homes([], new Vault(Buffer.alloc(32, 2)))
  const problem = homes.setHome('a', 1, { verifier: vault.seal('a', verifier) })
  assert.match(String(problem), /its credential was sealed with another key/)
  assert.equal(homes.home('a'), undefined)
})

function problemOf(opened: Verifier | string): string {
  return typeof opened === 'string' ? opened : 'it opened'
}

function readable(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
