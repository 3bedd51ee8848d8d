import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DENIED_BY_DEFAULT } from '../../shared/config/acl.ts'
import { knownPrefix } from '../../shared/config/address.ts'
import { concentratorConfig } from '../../shared/config/concentrator.ts'
import { mayReach } from '../../shared/core/admission.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { streetSettings } from './settings.ts'

test('who denies something denies the insides as well, unless the file says otherwise', () => {
  const deny = ['198.51.100.0/24']
  assert.deepEqual(aclOf({ deny }).deny, [knownPrefix('198.51.100.0/24'), ...DENIED_BY_DEFAULT])
  assert.deepEqual(aclOf({ deny, denyDefaults: false }).deny, [knownPrefix('198.51.100.0/24')])
  assert.deepEqual(aclOf({}).deny, DENIED_BY_DEFAULT)
})

test('one inside may be opened, and the others stay closed', () => {
  const acl = aclOf({ allow: ['10.20.0.0/16'] })
  const verdicts = ['10.20.0.1', '10.21.0.1', '203.0.113.9'].map((server) =>
    mayReach([acl], { address: knownAddress(server), port: 80 }, false),
  )
  assert.deepEqual(verdicts, ['reach', 'acl', 'reach'])
})

function aclOf(acl: object) {
  const config = concentratorConfig.parse({
    listen: { port: 8803 },
    subscribers: [{ id: 'home-1', cookie: 'c00c1e42c00c1e42' }],
    acl,
  })
  const host = { congestion: undefined, descriptorsPerWorker: 1 }
  return streetSettings(config, [], host, new Uint8Array(32)).acl
}
