import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { leftBehind, rememberBefore } from './boot-memory.ts'
import { Shaper } from './shaper.ts'
import { openSysctls } from './sysctl.ts'

let directory = ''
let file = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hyb-memory-'))
  file = join(directory, 'before.json')
})
afterEach(() => rmSync(directory, { recursive: true }))

const DAMAGES = ['', '{"boot": "12', 'null', '[]', '7', '{}', '{"boot":"x","before":{"dsl":7}}']

const text = (before: unknown) => (typeof before === 'string' ? before : undefined)

test('what was remembered is found again in the same boot, and not in another', () => {
  rememberBefore(file, { 'net/mptcp/enabled': '1' })
  assert.deepEqual([...leftBehind(file, text, assert.fail)], [['net/mptcp/enabled', '1']])
  assert.deepEqual(readdirSync(directory), ['before.json'])
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"boot": ".*"/, '"boot": "another"'))
  assert.deepEqual([...leftBehind(file, text, assert.fail)], [])
})

test('where nothing was left behind nothing is said', () => {
  assert.deepEqual([...leftBehind(file, text, assert.fail)], [])
})

for (const damage of DAMAGES) {
  test(`a memory that is ${JSON.stringify(damage)} is none, and that is said once`, () => {
    writeFileSync(file, damage)
    const told: string[] = []
    assert.deepEqual([...leftBehind(file, text, (why) => told.push(why))], [])
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /before\.json: it is damaged; what it remembered is not put back$/)
  })
}

test('neither kernel settings nor shaping keep a daemon from starting over a damaged memory', () => {
  for (const damage of DAMAGES) {
    writeFileSync(file, damage)
    const told: string[] = []
    openSysctls(file, (why) => told.push(why))
    assert.deepEqual(readdirSync(directory), [])
    writeFileSync(file, damage)
    using _shaper = new Shaper(file, 0x8810, (why) => told.push(why))
    assert.equal(told.length, 2)
  }
})
