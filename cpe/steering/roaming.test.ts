import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Roaming } from './roaming.ts'

test('LTE roams while the file says so, and is at home without one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-roaming-'))
  try {
    const file = join(directory, 'roaming')
    const said: string[] = []
    const roaming = new Roaming(file, (why) => said.push(why))
    assert.equal(roaming.look(0), false)
    writeFileSync(file, 'roaming\n')
    assert.equal(roaming.look(500), false)
    assert.equal(roaming.look(1_000), true)
    // Half a write, or nonsense: what was known stays, and is told once.
    writeFileSync(file, 'roa')
    assert.equal(roaming.look(2_000), true)
    assert.equal(roaming.look(3_000), true)
    assert.deepEqual(said, [`${file} says neither roaming nor home`])
    writeFileSync(file, 'home')
    assert.equal(roaming.look(4_000), false)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('nobody is asked where no file is configured', () => {
  const roaming = new Roaming(undefined, assert.fail)
  assert.equal(roaming.look(0), false)
})
