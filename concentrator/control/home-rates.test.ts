import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Homes } from '../subscribers/homes.ts'
import { verifierOf } from '../subscribers/records.ts'
import { followRates, ratesOfHomes } from './home-rates.ts'

test('a policy goes before the caps of the file, key by key', () => {
  const { homes, roster } = street()
  homes.setHome('filed', 1, { policy: { rates: { lteDownMbps: 5 } } })
  const caps = { dslDownMbps: 50, lteDownMbps: 30 }
  const filed = { id: 'filed', cookie: COOKIE, prefixes: NO_PREFIXES, acl: NO_ACL, caps }
  const ratesOf = ratesOfHomes({ homes }, roster, [filed])
  assert.deepEqual(ratesOf(0), { dslDownMbps: 50, lteDownMbps: 5 })
  homes.setHome('kept', 2, { verifier: { ...verifierOf(Uint8Array.of(1, 2, 3, 4)) }, plan: 'gold' })
  homes.setPlan('gold', 3, { policy: { rates: { dslDownMbps: 16 } } })
  assert.deepEqual(ratesOf(1), { dslDownMbps: 16, lteDownMbps: undefined })
  assert.deepEqual(ratesOf(7), {})
})

test('all are looked at first, then who changes, and a plan’s homes; who has gone once more', async () => {
  const { homes, roster } = street()
  const looked: number[] = []
  let hear: (changed: { kind: 'subscriber' | 'plan'; id: string }) => void = () => undefined
  const store = {
    homes,
    onChange(listener: typeof hear) {
      hear = listener
      return { [Symbol.dispose]: () => undefined }
    },
  }
  using _following = followRates(store, roster, { look: (number) => looked.push(number) })
  const since = async () => {
    await new Promise(setImmediate)
    return looked.splice(0)
  }
  assert.deepEqual(await since(), [0])
  // It has its number when the others have heard of it.
  homes.setHome('kept', 2, { verifier: { ...verifierOf(Uint8Array.of(1, 2, 3, 4)) } })
  hear({ kind: 'subscriber', id: 'kept' })
  hear({ kind: 'subscriber', id: 'kept' })
  assert.deepEqual(await since(), [1])
  hear({ kind: 'plan', id: 'gold' })
  assert.deepEqual(await since(), [0, 1])
  homes.setHome('kept', 3, undefined)
  roster.gone = true
  hear({ kind: 'subscriber', id: 'kept' })
  assert.deepEqual(await since(), [1])
  hear({ kind: 'subscriber', id: 'kept' })
  assert.deepEqual(await since(), [])
})

const COOKIE = Uint8Array.of(9, 9, 9, 9)
const NO_PREFIXES = { dsl: [], lte: [] }
const NO_ACL = { allow: [], deny: [] }

function street() {
  const homes = new Homes([
    { id: 'filed', verifier: verifierOf(COOKIE), prefixes: NO_PREFIXES, acl: NO_ACL },
  ])
  const ids = ['filed', 'kept']
  const roster = {
    gone: false,
    idOf: (number: number) => ids[number],
    numberOf(id: string): number | undefined {
      return this.gone && id === 'kept' ? undefined : ids.indexOf(id)
    },
  }
  return { homes, roster }
}
