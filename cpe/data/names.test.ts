import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClassRule } from '../../shared/core/class-rules.ts'
import { domainSet } from '../../shared/core/domain-set.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { domainSetsOf, nameSet, renderDnsmasq, renderNames, renderRemovals } from './names.ts'

const tv = domainSet(['tv.example', 'film.example'])
const news = domainSet(['news.example'])

test('rules with the same domains share a set, and rules without have none', () => {
  const rule: ClassRule = { class: 'dsl-only', to: [], ports: [], from: [], dscp: [] }
  const rules = [
    rule,
    { ...rule, domains: tv },
    { ...rule, domains: domainSet(['film.example', 'tv.example']), ports: [{ from: 80, to: 80 }] },
    { ...rule, domains: news },
  ]
  assert.deepEqual(domainSetsOf({ default: 'overflow', rules }), [tv, news])
})

test('each domain has a line for the resolver, and each family a set that forgets', () => {
  assert.equal(
    renderDnsmasq([news]),
    `# Written by Hybridge: which addresses stand behind the names in its rules.
nftset=/news.example/4#inet#hybridge_names#v4_${news.set},6#inet#hybridge_names#v6_${news.set}
`,
  )
  assert.equal(renderDnsmasq([tv]).match(/^nftset=\/(tv|film)\.example\//gm)?.length, 2)
  assert.equal(
    renderNames([news]),
    `table inet hybridge_names {
  set v4_${news.set} { type ipv4_addr; flags timeout; timeout 86400s; size 65535; }
  set v6_${news.set} { type ipv6_addr; flags timeout; timeout 86400s; size 65535; }
}
`,
  )
  assert.equal(
    renderRemovals([news]),
    `delete set inet hybridge_names v4_${news.set}\ndelete set inet hybridge_names v6_${news.set}\n`,
  )
})

test('an address is looked for in the set of its family', () => {
  assert.equal(nameSet('a1', knownAddress('192.0.2.1')), 'v4_a1')
  assert.equal(nameSet('a1', knownAddress('2001:db8::1')), 'v6_a1')
})
