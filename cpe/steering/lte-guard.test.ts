import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../../shared/wire/address.ts'
import type { DiagnosedSubflow } from '../../shared/wire/inet-diag.ts'
import { LteGuard } from './lte-guard.ts'

const LTE = {
  use: 'up',
  ifIndex: 2,
  address4: knownAddress('100.64.0.2'),
  address6: undefined,
} as const

test('what LTE has carried of a connection is counted, and beyond the cap DSL has it alone', () => {
  const home = new Home(1, 'back')
  home.carry({ dsl: 5_000_000, lte: 600_000 })
  assert.equal(home.guard.look(LTE, 0), true)
  assert.equal(home.guard.of(7, 'handover'), 'free')
  home.carry({ dsl: 5_000_000, lte: 1_000_000 })
  assert.equal(home.guard.look(LTE, 500), false, 'not so soon')
  assert.equal(home.guard.look(LTE, 1_000), true)
  assert.equal(home.guard.of(7, 'handover'), 'back')
  assert.equal(home.guard.of(7, 'overflow'), 'free')
  // Without a subflow on LTE it stays so.
  home.carry({ dsl: 9_000_000 })
  home.guard.look(LTE, 2_000)
  assert.equal(home.guard.of(7, 'handover'), 'back')
  home.guard.adopt({ classes: classes(undefined, 'back') })
  assert.equal(home.guard.of(7, 'handover'), 'free')
})

test('a connection that shall begin anew is reset', () => {
  const home = new Home(1, 'reset')
  home.carry({ lte: 900_000 })
  home.guard.look(LTE, 0)
  assert.deepEqual(home.resets, [])
  home.carry({ lte: 1_100_000 })
  home.guard.look(LTE, 1_000)
  assert.deepEqual(home.resets, [7])
})

test('nothing is read without a cap, or while nobody is guarded', () => {
  const without = new Home(undefined, 'back')
  assert.equal(without.guard.look(LTE, 0), false)
  const home = new Home(1, 'back')
  home.inUse = false
  assert.equal(home.guard.look(LTE, 0), false)
  assert.equal(home.dumps + without.dumps, 0)
})

test('while LTE roams it carries nothing of what is guarded', () => {
  const home = new Home(undefined, 'back')
  home.roaming = true
  assert.equal(home.guard.of(7, 'interactive'), 'back')
  assert.equal(home.guard.of(7, 'aggregate'), 'free')
})

/** One connection of class handover. */
class Home {
  readonly guard: LteGuard
  readonly resets: number[] = []
  inUse = true
  roaming = false
  dumps = 0
  #subflows: DiagnosedSubflow[] = []

  constructor(megabytes: number | undefined, atCap: 'back' | 'reset') {
    this.guard = new LteGuard(
      { classes: classes(megabytes, atCap) },
      {
        dump: () => {
          this.dumps++
          return this.#subflows
        },
        flows: () => [{ token: 7, serviceClass: 'handover' }],
        classesInUse: () => ({ interactive: false, handover: this.inUse }),
        reset: (token) => this.resets.push(token),
        roaming: () => this.roaming,
      },
    )
  }

  carry(bytes: { readonly dsl?: number; readonly lte?: number }): void {
    this.#subflows = [
      ...(bytes.dsl === undefined ? [] : [subflow('203.0.113.2', bytes.dsl)]),
      ...(bytes.lte === undefined ? [] : [subflow('100.64.0.2', bytes.lte)]),
    ]
  }
}

function classes(megabytes: number | undefined, atCap: 'back' | 'reset') {
  const lteCap = { atCap, ...(megabytes !== undefined && { megabytes }) }
  return { lteCap }
}

function subflow(from: string, bytes: number): DiagnosedSubflow {
  const tcpInfo = { bytesAcked: bytes / 4, bytesReceived: (bytes * 3) / 4 }
  const local = { address: knownAddress(from), port: 5_000 }
  const remote = { address: knownAddress('192.0.2.10'), port: 8_803 }
  return { token: 7, local, remote, tcpInfo } as DiagnosedSubflow
}
