import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { knownAddress, parsePrefix } from '../wire/address.ts'
import { type ClassRule, classOf, type Traffic } from './class-rules.ts'
import { SERVICE_CLASSES } from './service-class.ts'

const ANY: ClassRule = { class: 'handover', to: [], ports: [], from: [], dscp: [] }
const PHONE = 'aa:bb:cc:00:11:22'

test('the first rule that fits decides, by prefix and by port', () => {
  const to = prefixes('198.51.100.0/24')
  const rules: ClassRule[] = [
    { ...ANY, class: 'bypass', to, ports: [{ from: 25, to: 25 }] },
    { ...ANY, class: 'dsl-only', to },
    { ...ANY, class: 'lte-only', ports: [{ from: 8_000, to: 8_100 }] },
  ]
  const of = (address: string, port: number) =>
    classed(rules, { destination: { address: knownAddress(address), port } })
  assert.equal(of('198.51.100.7', 25), 'bypass')
  assert.equal(of('198.51.100.7', 8_050), 'dsl-only')
  assert.equal(of('203.0.113.7', 25), 'overflow')
  assert.equal(of('203.0.113.7', 8_000), 'lte-only')
  assert.equal(of('2001:db8::7', 8_100), 'lte-only')
  assert.equal(of('2001:db8::7', 8_101), 'overflow')
})

test('a device is known by its hardware or by its address', () => {
  const rules = [{ ...ANY, from: [PHONE, ...prefixes('192.168.1.64/26', '2001:db8:1::/64')] }]
  assert.equal(classed(rules, { hardware: PHONE }), 'handover')
  assert.equal(classed(rules, { source: knownAddress('192.168.1.70') }), 'handover')
  assert.equal(classed(rules, { source: knownAddress('2001:db8:1::7') }), 'handover')
  assert.equal(classed(rules, { source: knownAddress('192.168.1.7') }), 'overflow')
  assert.equal(classed(rules, { hardware: 'aa:bb:cc:00:11:23', source: undefined }), 'overflow')
})

test('a rule fits by protocol and by DSCP, and not what has none that is known', () => {
  assert.equal(classed([{ ...ANY, protocol: 'udp' }], {}), 'overflow')
  assert.equal(classed([{ ...ANY, protocol: 'udp' }], { protocol: 'udp' }), 'handover')
  const calls = [{ ...ANY, dscp: [46, 34] }]
  assert.equal(classed(calls, { dscp: 34 }), 'handover')
  assert.equal(classed(calls, { dscp: 0 }), 'overflow')
  assert.equal(classed(calls, { dscp: undefined }), 'overflow')
})

test('a name is asked for by the set of its rule, and only where all else fits', () => {
  const asked: string[] = []
  const isNamed = (set: string) => {
    asked.push(set)
    return set === 'news'
  }
  const rules: ClassRule[] = [
    { ...ANY, class: 'lte-only', ports: [{ from: 80, to: 80 }], domains: named('web') },
    { ...ANY, class: 'aggregate', domains: named('films') },
    { ...ANY, class: 'dsl-only', domains: named('news') },
    { ...ANY, class: 'bypass', domains: named('never asked') },
  ]
  assert.equal(classOf({ default: 'overflow', rules }, traffic({}), isNamed), 'dsl-only')
  assert.deepEqual(asked, ['films', 'news'])
})

test('what stands before a rule that fits decides, whatever it matches by', () => {
  const matches: ReadonlyArray<Partial<ClassRule>> = [
    { to: prefixes('198.51.100.0/24') },
    { ports: [{ from: 443, to: 443 }] },
    { protocol: 'tcp' },
    { from: [PHONE] },
    { from: prefixes('192.168.1.0/24') },
    { dscp: [8] },
    { domains: named('here') },
  ]
  const rule = fc.record({
    match: fc.constantFrom(...matches),
    hit: fc.boolean(),
    class: fc.constantFrom(...SERVICE_CLASSES),
  })
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 12 }), (script) => {
      // Beside what it matches by, a rule that shall not fit asks for a protocol that is not there.
      const rules = script.map(
        ({ match, hit, class: put }): ClassRule => ({
          ...ANY,
          ...match,
          class: put,
          ...(hit ? {} : { protocol: 'udp' }),
        }),
      )
      const first = script.find(({ hit }) => hit)
      assert.equal(classed(rules, {}), first?.class ?? 'overflow')
    }),
  )
})

function classed(rules: readonly ClassRule[], but: Partial<Traffic>) {
  return classOf({ default: 'overflow', rules }, traffic(but), (set) => set === 'here')
}

function traffic(but: Partial<Traffic>): Traffic {
  return {
    protocol: 'tcp',
    destination: { address: knownAddress('198.51.100.7'), port: 443 },
    source: knownAddress('192.168.1.20'),
    hardware: but.source === undefined ? PHONE : undefined,
    dscp: 8,
    ...but,
  }
}

function named(set: string) {
  return { names: [`${set}.example`], set }
}

function prefixes(...texts: string[]) {
  return texts.map((text) => {
    const prefix = parsePrefix(text)
    assert.ok(prefix !== undefined)
    return prefix
  })
}
