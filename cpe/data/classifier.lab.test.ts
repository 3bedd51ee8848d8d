/**
 * What the kernel is asked for by rules of classes: who has an address, and what stands behind a name.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainSet } from '../../shared/core/domain-set.ts'
import { canRaiseHosts, raiseTwoHosts } from '../../shared/linux/two-hosts.lab.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { Classifier } from './classifier.ts'
import { NAMES_TABLE, nameSet } from './names.ts'

const skip = canRaiseHosts() ? false : 'needs root'

test('hardware and names are known as the kernel knows them now', { skip }, () => {
  using hosts = raiseTwoHosts()
  const { ip, nft, within } = hosts.home
  const films = domainSet(['films.example'])
  const rule = { to: [], ports: [], from: [], dscp: [] }
  const rules = [
    { ...rule, class: 'dsl-only', from: [PHONE] } as const,
    { ...rule, class: 'lte-only', domains: films } as const,
  ]
  // The second host is behind `dsl`, as a LAN host is behind `lan`; the first name is of no interface.
  using classifier = new Classifier({ default: 'overflow', rules }, ['none', 'dsl'])
  const classOf = (source: string, destination: string) =>
    within(() =>
      classifier.classOf({
        protocol: 'tcp',
        destination: { address: knownAddress(destination), port: 443 },
        source: knownAddress(source),
        hardware: classifier.hardwareOf(knownAddress(source)),
        dscp: 0,
      }),
    )
  assert.equal(classOf('10.9.1.7', '192.0.2.1'), 'overflow')
  ip(`neigh add 10.9.1.7 lladdr ${PHONE} dev dsl`)
  ip(`-6 neigh add 2001:db8:91::7 lladdr ${PHONE} dev dsl`)
  ip('neigh add 10.9.1.8 lladdr 02:00:00:00:00:08 dev dsl')
  assert.equal(classOf('10.9.1.7', '192.0.2.1'), 'dsl-only')
  assert.equal(classOf('2001:db8:91::7', '2001:db8::1'), 'dsl-only')
  assert.equal(classOf('10.9.1.8', '192.0.2.1'), 'overflow')

  nft(`add table inet ${NAMES_TABLE}`)
  for (const [address, type] of [
    ['192.0.2.1', 'ipv4_addr'],
    ['2001:db8::1', 'ipv6_addr'],
  ] as const) {
    const set = nameSet(films.set, knownAddress(address))
    nft(`add set inet ${NAMES_TABLE} ${set} { type ${type}; flags timeout; timeout 1h; }`)
    assert.equal(classOf('10.9.1.8', address), 'overflow')
    nft(`add element inet ${NAMES_TABLE} ${set} { ${address} }`)
    assert.equal(classOf('10.9.1.8', address), 'lte-only')
    assert.equal(classOf('10.9.1.7', address), 'dsl-only', 'the first rule that fits')
  }
  assert.equal(classOf('10.9.1.8', '192.0.2.9'), 'overflow')
})

const PHONE = '02:00:00:00:00:07'
