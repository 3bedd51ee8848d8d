import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Owner, SHARED } from '../../shared/core/tie.ts'
import { formatAddress, parseAddress } from '../../shared/wire/address.ts'
import type { Endpoint, MptcpEvent } from '../../shared/wire/mptcp-pm.ts'
import { LegClasses } from './leg-classes.ts'

const DSL = '203.0.113.2'
const LTE = '198.51.100.129'
const DSL_CLASS = 100 + 1
const LTE_CLASS = 100 + 2
const own: Endpoint = { address: parseAddress('192.0.2.10')!, port: 8803 }

test('the first subflow has the class of its address, a join that of its id', () => {
  const { hear, changes } = street({ [DSL]: { subscriber: 1, leg: 1 } })
  hear(begun(7, DSL, 1))
  hear(joined(7, LTE, 2, 2))
  assert.deepEqual(changes(), { remove: [], add: [`${DSL}#1 101`, `${LTE}#2 102`] })
  assert.equal(changes(), undefined)
})

test('behind a shared address the connection’s other subflow says whose it is', () => {
  const { hear, changes } = street({ [DSL]: { subscriber: 1, leg: 1 }, [LTE]: SHARED })
  // The join is heard of first: what is learnt later reaches it in the same turn.
  hear(joined(7, LTE, 2, 2))
  hear(begun(7, DSL, 1))
  assert.deepEqual(changes()?.add.sort(), [`${LTE}#2 ${LTE_CLASS}`, `${DSL}#1 ${DSL_CLASS}`].sort())
})

test('nobody’s subflow is asked after every second, until a probe tells whose it is', () => {
  const { hear, changes, owners } = street({})
  hear(begun(7, DSL, 1))
  assert.equal(changes(), undefined)
  owners[DSL] = { subscriber: 1, leg: 1 }
  assert.equal(changes(900), undefined)
  assert.deepEqual(changes(1_000)?.add, [`${DSL}#1 101`])
})

test('a leg without a cap leaves unshaped', () => {
  const { hear, changes } = street({ [DSL]: { subscriber: 2, leg: 1 } })
  hear(begun(7, DSL, 1))
  assert.equal(changes(), undefined)
})

test('subflows of a home whose caps are others have the class that there is now', () => {
  const { hear, changes, book, capped } = street({ [DSL]: { subscriber: 1, leg: 1 } })
  hear(begun(7, DSL, 1))
  hear(joined(7, LTE, 2, 2))
  changes()
  capped.delete(1)
  book.lookAgain(2)
  assert.equal(changes(), undefined)
  book.lookAgain(1)
  assert.deepEqual(changes(), { remove: [`${DSL}#1`, `${LTE}#2`], add: [] })
  capped.add(1)
  book.lookAgain(1)
  assert.deepEqual(changes()?.add, [`${DSL}#1 101`, `${LTE}#2 102`])
})

test('a subflow that closed is taken out', () => {
  const { hear, changes } = street({ [DSL]: { subscriber: 1, leg: 1 } })
  hear(begun(7, DSL, 1))
  changes()
  hear({ ...joined(7, DSL, 1, 0), type: 'subflowClosed' })
  assert.deepEqual(changes(), { remove: [`${DSL}#1`], add: [] })
})

test('a closed connection keeps its class while its last bytes may be leaving', () => {
  const { hear, changes } = street({ [DSL]: { subscriber: 1, leg: 1 } })
  hear(begun(7, DSL, 1))
  changes()
  hear({ type: 'closed', token: 7 })
  assert.equal(changes(9_999), undefined)
  assert.deepEqual(changes(10_000), { remove: [`${DSL}#1`], add: [] })
})

test('a port that another connection has taken stays with that one', () => {
  const { hear, changes } = street({ [DSL]: { subscriber: 1, leg: 1 } })
  hear(begun(7, DSL, 1))
  changes()
  hear({ type: 'closed', token: 7 })
  hear(begun(8, DSL, 1))
  assert.equal(changes(), undefined)
  assert.equal(changes(20_000), undefined)
})

test('a port that changes its leg changes its class: out and in, in one step', () => {
  const { hear, changes } = street({ [DSL]: { subscriber: 1, leg: 1 } })
  hear(begun(7, DSL, 1))
  changes()
  hear(joined(8, DSL, 1, 2))
  assert.deepEqual(changes(), { remove: [`${DSL}#1`], add: [`${DSL}#1 102`] })
})

test('after lost events the kernel’s list counts, not what was heard', () => {
  const { hear, changes, book } = street({ [DSL]: { subscriber: 1, leg: 1 } })
  hear(begun(7, DSL, 1))
  hear(begun(8, DSL, 2))
  changes()
  book.resync([
    { token: 8, remote: end(DSL, 2), remoteId: 0 },
    { token: 9, remote: end(DSL, 3), remoteId: 0 },
  ])
  assert.deepEqual(changes(), { remove: [`${DSL}#1`], add: [`${DSL}#3 101`] })
  assert.deepEqual(
    book.all().map(({ peer }) => peer.port),
    [2, 3],
  )
})

test('connections that ended without an event make the table stale, a resync mends it', () => {
  const { hear, book } = street({})
  for (let port = 1; port <= 1_001; port++) hear(begun(port, DSL, port))
  assert.equal(book.stale, true)
  book.resync([])
  assert.equal(book.stale, false)
})

function street(owners: Record<string, Owner>) {
  const capped = new Set([1])
  const book = new LegClasses({
    whose: (address) => owners[formatAddress(address)],
    classOf: (subscriber, leg) => (capped.has(subscriber) ? 100 + leg : undefined),
  })
  return {
    capped,
    owners,
    book,
    hear: (event: MptcpEvent) => book.hear(event, 0),
    changes: (nowMs = 0) => {
      const changes = book.changes(nowMs)
      return (
        changes && {
          remove: changes.remove.map(nameOf),
          add: changes.add.map(({ peer, handle }) => `${nameOf(peer)} ${handle}`),
        }
      )
    },
  }
}

function begun(token: number, from: string, port: number): MptcpEvent {
  return { type: 'established', token, local: own, remote: end(from, port), serverSide: true }
}

function joined(token: number, from: string, port: number, remoteId: number) {
  return {
    type: 'subflowEstablished',
    token,
    local: own,
    remote: end(from, port),
    localId: 0,
    remoteId,
    backup: false,
    ifIndex: undefined,
    errno: 0,
    resetReason: undefined,
  } as const
}

function end(address: string, port: number): Endpoint {
  return { address: parseAddress(address)!, port }
}

function nameOf({ address, port }: Endpoint): string {
  return `${formatAddress(address)}#${port}`
}
