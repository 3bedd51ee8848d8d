import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../shared/wire/address.ts'
import type { Endpoint, SubflowEvent } from '../../shared/wire/mptcp-pm.ts'
import { Doorkeeper } from './doorkeeper.ts'
import type { JoinJudge } from './join-judge.ts'

const TOKEN = 0xcafe
const own: Endpoint = { address: parseAddress('192.0.2.10')!, port: 8803 }

test('joins up to the limit stay, the one beyond it is destroyed', () => {
  const { keeper, ended } = kept(3)
  for (const port of [1, 2, 3]) keeper.hear(joined(port))
  assert.deepEqual(ended, [3])
  assert.deepEqual(keeper.counts, { joins: 3, joinsRefused: 1, joinsStray: 0, resyncs: 0 })
})

test('a subflow that closed makes room for the next', () => {
  const { keeper, ended } = kept(2)
  keeper.hear(joined(1))
  keeper.hear({ ...joined(1), type: 'subflowClosed' })
  keeper.hear(joined(2))
  assert.deepEqual(ended, [])
})

test('a connection that ended is forgotten, and its token may come again', () => {
  const { keeper, ended } = kept(2)
  keeper.hear(joined(1))
  keeper.hear({ type: 'closed', token: TOKEN })
  keeper.hear(joined(2))
  assert.deepEqual(ended, [])
})

test('after lost events the kernel’s list counts, not what was heard', () => {
  const { keeper, ended } = kept(2)
  keeper.hear(joined(1))
  keeper.resync([])
  keeper.hear(joined(2))
  assert.deepEqual(ended, [])
  keeper.resync([joined(2)])
  keeper.hear(joined(3))
  assert.deepEqual(ended, [3])
})

test('connections that ended without an event make the table stale, a resync mends it', () => {
  const { keeper } = kept(8)
  for (let token = 0; token <= 10_000; token++) keeper.hear({ ...joined(1), token })
  assert.equal(keeper.stale, true)
  keeper.resync([])
  assert.equal(keeper.stale, false)
})

test('what joins from elsewhere is destroyed, and makes room', () => {
  const { keeper, ended, strays } = kept(2, (_token, id) => (id === 2 ? 'stray' : 'own'))
  keeper.hear(joined(1))
  keeper.hear({ ...joined(2), remoteId: 1 })
  assert.deepEqual([ended, strays], [[1], [1]])
  assert.equal(keeper.counts.joinsStray, 1)
  keeper.resync([joined(3)])
  assert.deepEqual(ended, [1, 3])
})

test('a join of whom nobody knows is looked at again when its home has shown who it is', () => {
  let known = false
  const { keeper, ended } = kept(8, () => (known ? 'stray' : 'unknown'))
  keeper.hear(joined(1))
  keeper.hear({ ...joined(2), token: 7 })
  keeper.turn()
  assert.deepEqual(ended, [])
  keeper.hear({ type: 'closed', token: 7 })
  known = true
  keeper.turn()
  keeper.turn()
  assert.deepEqual(ended, [1])
})

function kept(subflowsMax: number, judge: JoinJudge = () => 'own') {
  const strays: number[] = []
  const ended: number[] = []
  const keeper = new Doorkeeper(
    {
      subflowDestroy: (_token, _local, remote) => {
        ended.push(remote.port)
        return 0
      },
    },
    subflowsMax,
    judge,
    ({ remote }) => strays.push(remote.port),
  )
  return { keeper, ended, strays }
}

function joined(port: number): SubflowEvent {
  return {
    type: 'subflowEstablished',
    token: TOKEN,
    local: own,
    remote: home(port),
    localId: 0,
    remoteId: 2,
    backup: false,
    ifIndex: undefined,
    errno: 0,
    resetReason: undefined,
  }
}

function home(port: number): Endpoint {
  return { address: parseAddress('198.51.100.129')!, port }
}
