import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import { SHARED } from '../../shared/core/tie.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { MptcpEvent } from '../../shared/wire/mptcp-pm.ts'
import { Accountant } from './accountant.ts'
import { UsageBook } from './usage-book.ts'

const DSL = { address: knownAddress('203.0.113.2'), port: 1_000 }
const NAT = { address: knownAddress('100.64.0.9'), port: 2_000 }
const HERE = { address: knownAddress('192.0.2.10'), port: 8_803 }

test('the first subflow is on the leg that its cookie told, a join on that of its address id', () => {
  const street = new Street({ 7: { subscriber: 4, leg: LEG_NUMBER.dsl } })
  street.hear('established', 7, DSL, 0)
  street.hear('subflowEstablished', 7, NAT, 18)
  street.count(DSL, 10, 1_000)
  street.count(NAT, 20, 2_000)
  assert.deepEqual(street.take(), { 4: { dslUp: 10, dslDown: 1_000, lteUp: 20, lteDown: 2_000 } })
})

test('behind an address that homes share, the connection tells whose the bytes are', () => {
  const street = new Street({
    7: { subscriber: 4, leg: LEG_NUMBER.dsl },
    8: { subscriber: 5, leg: LEG_NUMBER.lte },
  })
  const neighbour = { ...NAT, port: 3_000 }
  street.hear('subflowEstablished', 7, NAT, 2)
  street.hear('established', 8, neighbour, 0)
  street.count(NAT, 1, 10)
  street.count(neighbour, 2, 20)
  assert.deepEqual(street.take(), {
    4: { dslUp: 0, dslDown: 0, lteUp: 1, lteDown: 10 },
    5: { dslUp: 0, dslDown: 0, lteUp: 2, lteDown: 20 },
  })
})

test('where no cookie told, the address does, and where that is shared nobody pays', () => {
  const street = new Street({})
  street.tied = { subscriber: 3, leg: LEG_NUMBER.lte }
  street.count(NAT, 1, 10)
  street.tied = SHARED
  street.count(NAT, 2, 20)
  assert.deepEqual(street.take(), { 3: { dslUp: 0, dslDown: 0, lteUp: 1, lteDown: 10 } })
  assert.equal(street.accountant.untoldBytes, 22)
})

test('a cookie that told no leg leaves it to the address', () => {
  const street = new Street({ 7: { subscriber: 4, leg: 0 } })
  street.hear('established', 7, DSL, 0)
  street.count(DSL, 1, 2)
  street.tied = { subscriber: 4, leg: LEG_NUMBER.dsl }
  street.count(DSL, 10, 20)
  assert.deepEqual(street.take(), { 4: { dslUp: 10, dslDown: 20, lteUp: 0, lteDown: 0 } })
  assert.equal(street.accountant.untoldBytes, 3)
})

test('a port that comes again is the new connection’s', () => {
  const street = new Street({
    7: { subscriber: 4, leg: LEG_NUMBER.dsl },
    8: { subscriber: 5, leg: LEG_NUMBER.dsl },
  })
  street.hear('established', 7, DSL, 0)
  street.hear('established', 8, DSL, 0)
  street.count(DSL, 1, 2)
  assert.deepEqual(street.take(), { 5: { dslUp: 1, dslDown: 2, lteUp: 0, lteDown: 0 } })
})

test('what was taken is not told again', () => {
  const street = new Street({ 7: { subscriber: 4, leg: LEG_NUMBER.dsl } })
  street.hear('established', 7, DSL, 0)
  street.count(DSL, 1, 2)
  street.take()
  assert.deepEqual(street.take(), {})
})

class Street {
  tied: ReturnType<ConstructorParameters<typeof UsageBook>[1]>
  readonly accountant: Accountant
  readonly #book: UsageBook

  constructor(identities: Readonly<Record<number, { subscriber: number; leg: number }>>) {
    this.#book = new UsageBook(
      (token) => identities[token],
      () => this.tied,
    )
    this.accountant = new Accountant((peer) => this.#book.ownerOf(peer))
  }

  hear(
    type: 'established' | 'subflowEstablished',
    token: number,
    remote: typeof DSL,
    remoteId: number,
  ): void {
    const base = { token, local: HERE, remote }
    const event: MptcpEvent =
      type === 'established'
        ? { type, ...base, serverSide: true }
        : {
            type,
            ...base,
            localId: 0,
            remoteId,
            backup: false,
            ifIndex: undefined,
            errno: 0,
            resetReason: undefined,
          }
    this.#book.hear(event)
  }

  count(source: typeof DSL, up: number, down: number): void {
    this.accountant.count({
      source,
      destination: HERE,
      original: { packets: 1, bytes: up },
      reply: { packets: 2, bytes: down },
    })
  }

  take() {
    return Object.fromEntries(this.accountant.take())
  }
}
