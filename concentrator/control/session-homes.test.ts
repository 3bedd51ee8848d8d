import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialOf } from '../../shared/session/credential.ts'
import { controlSecret } from '../../shared/tunnel/keys.ts'
import { Homes } from '../subscribers/homes.ts'
import { verifierOf } from '../subscribers/records.ts'
import { isTrusted, sessionHomes } from './session-homes.ts'

const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

test('a home is told what its layers name, the strongest last, and no more', () => {
  const { homes, homeOf } = street()
  homes.setPlan('default', 1, { policy: { overflow: { trialS: 7, engageMs: 200 } } })
  homes.setHome('a', 2, { verifier: verifierOf(cookie), policy: { overflow: { trialS: 9 } } })
  const first = homeOf('a')
  assert.deepEqual(first?.policy.document, { overflow: { trialS: 9, engageMs: 200 } })
  homes.setPlan('default', 3, { policy: {} })
  const second = homeOf('a')
  assert.deepEqual(second?.policy.document, { overflow: { trialS: 9 } })
  assert.notEqual(second?.policy.version, first?.policy.version)
  homes.setHome('a', 4, { verifier: verifierOf(cookie), policy: {} })
  assert.deepEqual(homeOf('a')?.policy.document, {})
})

test('what is kept here is not told, and is no other policy', () => {
  const { homes, homeOf } = street()
  homes.setHome('a', 1, { verifier: verifierOf(cookie), policy: { overflow: { trialS: 9 } } })
  const before = homeOf('a')?.policy
  const policy = { overflow: { trialS: 9 }, rates: { lteDownMbps: 5 } }
  homes.setHome('a', 2, { verifier: verifierOf(cookie), policy })
  assert.deepEqual(homeOf('a')?.policy, before)
  assert.equal(homes.policyOf('a')?.policy.rates.lteDownMbps, 5)
})

test('what is known of a home is enough for a while, of one of the file for ever', () => {
  const of = (id: string) => ({
    id,
    verifier: verifierOf(cookie),
    prefixes: { dsl: [], lte: [] },
    acl: { allow: [], deny: [] },
  })
  const homes = new Homes([of('filed')])
  const trusted = (id: string, staleSinceMs: number | undefined, nowMs: number) =>
    isTrusted({ homes, staleSinceMs }, id, 60, nowMs)
  assert.ok(trusted('a', undefined, 1e9))
  assert.ok(trusted('a', 1_000, 61_000))
  assert.ok(!trusted('a', 1_000, 61_001))
  assert.ok(trusted('filed', 1_000, 1e9))
})

test('homes with the same layers share one document', () => {
  const { homes, homeOf } = street()
  homes.setHome('a', 1, { verifier: verifierOf(cookie), policy: { overflow: { trialS: 9 } } })
  assert.equal(homeOf('a')?.policy, homeOf('a')?.policy)
})

test('a home whose layers contradict each other is told what those that agree name, and no more', () => {
  const { homes, homeOf } = street()
  homes.setPlan('default', 1, { policy: { overflow: { releasePercent: 60 } } })
  const policy = { overflow: { engagePercent: 55 } }
  homes.setHome('a', 2, { verifier: verifierOf(cookie), policy })
  assert.deepEqual(homeOf('a')?.policy.document, { overflow: { releasePercent: 60 } })
})

test('who is suspended, removed, or has no number may not come', () => {
  const { homes, homeOf } = street()
  homes.setHome('a', 1, { verifier: verifierOf(cookie) })
  assert.equal(homeOf('a')?.number, 4)
  homes.setHome('a', 2, { verifier: verifierOf(cookie), state: 'suspended' })
  assert.equal(homeOf('a'), undefined)
  homes.setHome('a', 3, undefined)
  assert.equal(homeOf('a'), undefined)
  homes.setHome('z', 4, { verifier: verifierOf(cookie) })
  assert.equal(homeOf('z'), undefined)
})

test('a home without a secret is judged by what comes from its cookie', () => {
  const { homes, homeOf } = street()
  homes.setHome('a', 1, { verifier: verifierOf(cookie) })
  const own = credentialOf(controlSecret(cookie))
  assert.deepEqual(Buffer.from(homeOf('a')!.verifier), Buffer.from(own.verifier))
})

function street() {
  const homes = new Homes([])
  const numberOf = (id: string) => (id === 'a' ? 4 : undefined)
  return { homes, homeOf: sessionHomes(homes, { numberOf }) }
}
