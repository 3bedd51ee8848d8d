import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nextConcentrator, readConcentrators } from './kept-concentrators.ts'
import { Moving } from './moving.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-moving-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let homes = 0

const ONE = concentrator('one', '192.0.2.1', 'A')
const TWO = concentrator('two', '192.0.2.2', 'B')
const SERVES = { draining: false, leaveS: 300, list: [ONE, TWO] }
/** As the one that drains says it. */
const DRAINS = { draining: true, leaveS: 300, list: [TWO] }
const UNIX_MS = Date.UTC(2026, 10, 26)

test('a home that is told to go goes once nothing is open, and starts with the other', () => {
  const { moving, house, next } = home()
  moving.told(SERVES, 0)
  assert.equal(moving.look(house, 0, UNIX_MS), false)
  moving.told(DRAINS, 1_000)
  house.open = 1
  assert.equal(moving.look(house, 2_000, UNIX_MS), false)
  house.open = 0
  assert.equal(moving.look(house, 3_000, UNIX_MS), false)
  assert.equal(moving.look(house, 5_000, UNIX_MS), true)
  assert.equal(next(UNIX_MS), TWO.pin)
  assert.equal(next(UNIX_MS + 599_000), TWO.pin)
})

test('a home whose concentrator is silent goes, but not when both its own lines are dead', () => {
  const { moving, house, next } = home()
  moving.told(SERVES, 0)
  house.concentrator = 'unreachable'
  house.legs = 'dead'
  moving.look(house, 0, UNIX_MS)
  assert.equal(moving.look(house, 60_000, UNIX_MS), false)
  house.legs = 'up'
  assert.equal(moving.look(house, 60_001, UNIX_MS), false)
  assert.equal(moving.look(house, 90_001, UNIX_MS), true)
  assert.equal(next(UNIX_MS), TWO.pin)
})

test('nobody leaves for nowhere', () => {
  const { moving, house } = home()
  house.concentrator = 'unreachable'
  for (const list of [[], [ONE]]) {
    moving.told({ ...SERVES, list }, 0)
    moving.look(house, 0, UNIX_MS)
    assert.equal(moving.look(house, 60_000, UNIX_MS), false)
  }
})

test('what was announced wrongly is left for what the file says, but not because it drains', () => {
  const { moving, house, next } = home(true)
  moving.told({ ...DRAINS, list: [] }, 0)
  moving.told({ ...SERVES, list: [ONE] }, 1)
  moving.told({ ...DRAINS, list: [] }, 2)
  moving.look(house, 1_000, UNIX_MS)
  assert.equal(moving.look(house, 400_000, UNIX_MS), false)
  house.concentrator = 'unreachable'
  moving.look(house, 500_000, UNIX_MS)
  assert.equal(moving.look(house, 530_000, UNIX_MS), true)
  assert.equal(next(UNIX_MS), undefined)
})

test('a concentrator that serves again is not left', () => {
  const { moving, house } = home()
  moving.told(DRAINS, 0)
  moving.told(SERVES, 1_000)
  moving.look(house, 1_000, UNIX_MS)
  assert.equal(moving.look(house, 9_000_000, UNIX_MS), false)
})

test('what was left is gone to again later, or when the clock was set back', () => {
  const kept = { id: 'a', mark: 'm', list: [ONE], left: { one: UNIX_MS } }
  assert.equal(nextConcentrator(kept, UNIX_MS + 1_000), undefined)
  assert.equal(nextConcentrator(kept, UNIX_MS + 600_000), ONE)
  assert.equal(nextConcentrator(kept, 0), ONE)
})

test('a file that says something else has the word again, and a damaged list is none', () => {
  const { moving, directory } = home()
  moving.told(SERVES, 0)
  assert.equal(readConcentrators(directory, 'mark')?.list.length, 2)
  assert.equal(readConcentrators(directory, 'another'), undefined)
  const file = join(directory, 'cpe-concentrators.json')
  writeFileSync(file, '{"id":"a","mark":"mark","list":[{"name":"x"},7],"left":{"one":"y"}}')
  assert.deepEqual(readConcentrators(directory, 'mark'), {
    id: 'a',
    mark: 'mark',
    list: [],
    left: {},
  })
  writeFileSync(file, '{')
  assert.equal(readConcentrators(directory, 'mark'), undefined)
})

function concentrator(name: string, address: string, letter: string) {
  const pin = `sha256//${letter.repeat(43)}=`
  return { name, addresses: [address], port: 1, session: 2, pin, priority: 10, weight: 10 }
}

/** A home with the concentrator `one`. */
function home(isLedAstray = false) {
  const directory = join(folder, String(homes++))
  const { addresses, port, pin } = ONE
  const config = {
    subscriber: { id: 'a', cookie: new Uint8Array(8) },
    concentrator: { addresses, port, session: { port: 2, pin } },
    stateDirectory: directory,
  }
  const log = { info: () => undefined, warn: () => undefined }
  const house = {
    open: 0,
    concentrator: 'reachable',
    legs: 'up',
    status: () => {
      const leg = { state: house.legs, reason: '', rttMs: 1 }
      const legs = { dsl: leg, lte: leg }
      return { legs, concentrator: { state: house.concentrator, reason: '' } }
    },
    flows: () => [
      { pooled: true },
      ...Array.from({ length: house.open }, () => ({ pooled: false })),
    ],
  }
  const next = (unixMs: number) => {
    const kept = readConcentrators(directory, 'mark')
    return kept && nextConcentrator(kept, unixMs)?.pin
  }
  return { moving: new Moving(config, { mark: 'mark', isLedAstray }, log), house, next, directory }
}
