/**
 * The concentrator's schema, key by key, and what the keys owe each other.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress, prefixContains } from '../wire/address.ts'
import { knownPrefix } from './address.ts'
import { concentratorConfig } from './concentrator.ts'
import { parseConfig } from './document.ts'
import { type Edge, readWith, testEdges } from './edges.fake.ts'
import { keysAt } from './keys.ts'

const minimal = {
  listen: { port: 8803 },
  subscribers: [{ id: 'home-1', cookie: 'c00c1e42c00c1e42' }],
}

const numbers: ReadonlyArray<[key: string, from: number, to: number]> = [
  ['listen.port', 1, 65_535],
  ['workers', 1, 16],
  ['limits.convertWaitMs', 100, 60_000],
  ['limits.connectMs', 100, 120_000],
  ['limits.subflowsPerConnection', 1, 8],
  ['limits.poolHelloIdleS', 10, 7_200],
  ['keepalive.idleS', 1, 32_767],
  ['keepalive.intervalS', 1, 32_767],
  ['keepalive.probes', 1, 127],
  ['keepalive.accessIdleS', 1, 32_767],
]

testEdges(concentratorConfig, minimal, [
  ...numbers.map(
    ([key, from, to]): Edge => ({
      key,
      good: [from, to],
      bad: [from - 1, to + 1, from + 0.5, String(from), null, true, [], -1, 1e300, Infinity, NaN],
      says: new RegExp(`a whole number from ${from} to ${to}\\b`),
    }),
  ),
  { key: 'listen.port', good: [], bad: [undefined], says: /is missing; it must be/ },
  {
    key: 'listen.addresses',
    good: [undefined, [], ['192.0.2.10', '192.0.2.11', '2001:db8::1']],
    bad: [null, '192.0.2.10', Array.from({ length: 9 }, (_, i) => `192.0.2.${i + 1}`)],
    says: /a list of 0 to 8 addresses/,
  },
  {
    key: 'listen.addresses.0',
    good: ['127.0.0.1', '::1'],
    bad: ['', '0.0.0.0', '::', 'core', '224.0.0.1', 'ff02::1', null, 1],
    says: /an IPv4 or IPv6 address/,
  },
  {
    key: 'subscribers',
    good: [],
    bad: [undefined, null, [], {}, 'home-1'],
    says: /a list of 1 to 10000 subscribers, each with id and cookie/,
  },
  {
    key: 'subscribers.0',
    good: [],
    bad: [null, 'home-1', []],
    says: /a mapping with the keys id, cookie/,
  },
  {
    key: 'subscribers.0.id',
    good: ['a', 'x'.repeat(64)],
    bad: [undefined, null, '', 'x'.repeat(65), 'a b', 1],
    says: /a text of 1 to 64 letters, digits or/,
  },
  {
    key: 'subscribers.0.cookie',
    good: ['00'.repeat(8), 'ff'.repeat(64)],
    bad: [undefined, null, '', '00'.repeat(7), '00'.repeat(68), 'x'.repeat(16), 1122334455667788],
    says: /16 to 128 hex digits, a multiple of 8/,
  },
  ...['dslDownMbps', 'lteDownMbps'].map(
    (key): Edge => ({
      key: `subscribers.0.caps.${key}`,
      good: [undefined],
      bad: [null, 0, 0.09, 10_000.1, '50', -1, Infinity, NaN, true],
      says: /a number from 0\.1 to 10000 Mbit\/s/,
    }),
  ),
  {
    key: 'shaping.interface',
    good: [undefined, 'eth0', 'x'.repeat(15)],
    bad: [null, '', 'x'.repeat(16), 'a b', 'a/b', 1],
    says: /the name of an interface/,
  },
  {
    key: 'shaping.dslShare',
    good: [undefined, 0.5, 1],
    bad: [0.49, 1.01, '0.97', null],
    says: /a number from 0.5 to 1/,
  },
  ...['acl.allow', 'acl.deny'].map(
    (key): Edge => ({
      key,
      good: [undefined, [], ['10.0.0.0/8'], Array(1_000).fill('::/0')],
      bad: [null, '10.0.0.0/8', Array(1_001).fill('::/0')],
      says: /a list of 0 to 1000 prefixes/,
    }),
  ),
  {
    key: 'acl.deny.0',
    good: ['0.0.0.0/0', '::/0'],
    bad: ['', 'all', '10.0.0.0/33', null, 10],
    says: /an IPv4 or IPv6 prefix such as/,
  },
  {
    key: 'limits.descriptorsShare',
    good: [undefined, 0.01, 0.95],
    bad: [0.009, 0.951, 1, '0.9', null],
    says: /a number from 0.01 to 0.95/,
  },
  {
    key: 'congestionControl',
    good: [undefined, 'bbr', 'cubic', 'system'],
    bad: ['reno', '', null, 1],
    says: /bbr, cubic or system/,
  },
  {
    key: 'stateDirectory',
    good: [undefined, '/a'],
    bad: ['', '/', 'run', '/run/..', null],
    says: /an absolute path without `..`/,
  },
  {
    key: 'log.level',
    good: [undefined, 'debug', 'error'],
    bad: ['trace', '', null, 30],
    says: /debug, info, warn or error/,
  },
  { key: 'listen', good: [], bad: [undefined, null, [], 'x'], says: /a mapping with the keys/ },
  ...['acl', 'limits', 'keepalive', 'log', 'shaping'].map(
    (key): Edge => ({
      key,
      good: [undefined, {}],
      bad: [null, [], 'x', 1],
      says: /a mapping with the keys/,
    }),
  ),
])

test('no section takes a key it does not know', () => {
  for (const section of ['', 'subscribers.0', ...keysAt(concentratorConfig, [])]) {
    if (
      section !== '' &&
      !section.includes('.') &&
      keysAt(concentratorConfig, [section]).length === 0
    ) {
      continue
    }
    const key = section === '' ? 'zzz' : `${section}.zzz`
    const reading = readWith(concentratorConfig, minimal, key, 1)
    assert.ok(reading.kind === 'problems', `${key} was taken`)
    const name = key.replace('.0', '\\[0\\]')
    assert.match(
      reading.problems[0] ?? '',
      new RegExp(`: ${name} is not a known key; known here: `),
    )
  }
})

test('the least that must be said becomes a whole configuration', () => {
  const reading = readWith(concentratorConfig, minimal, 'workers', undefined)
  assert.ok(reading.kind === 'value')
  const { acl, ...rest } = reading.value
  assert.deepEqual(acl.allow, [])
  assert.deepEqual(rest, {
    listen: { port: 8803, addresses: [] },
    subscribers: [
      {
        id: 'home-1',
        cookie: Uint8Array.of(0xc0, 0x0c, 0x1e, 0x42, 0xc0, 0x0c, 0x1e, 0x42),
        caps: {},
      },
    ],
    shaping: { dslShare: 0.97 },
    workers: 2,
    limits: {
      convertWaitMs: 5_000,
      connectMs: 10_000,
      subflowsPerConnection: 8,
      poolHelloIdleS: 330,
      descriptorsShare: 0.9,
    },
    keepalive: { idleS: 300, intervalS: 30, probes: 4, accessIdleS: 7_200 },
    congestionControl: 'bbr',
    stateDirectory: '/run/hybridge',
    log: { level: 'info' },
  })
})

test('a list of what is denied replaces the default, it does not add to it', () => {
  const reading = readWith(concentratorConfig, minimal, 'acl.deny', ['198.51.100.0/24'])
  assert.deepEqual(reading.kind === 'value' && reading.value.acl.deny, [
    knownPrefix('198.51.100.0/24'),
  ])
})

test('by default no home reaches the insides of an operator, and every home reaches servers', () => {
  const reading = readWith(concentratorConfig, minimal, 'workers', 1)
  assert.ok(reading.kind === 'value')
  const { deny } = reading.value.acl
  const isDenied = (text: string) => {
    const address = parseAddress(text)
    assert.ok(address !== undefined, text)
    return deny.some((prefix) => prefixContains(prefix, address))
  }
  for (const inside of words(`
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.8.8.8 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.192 192.168.0.1 198.19.255.255 224.0.0.251 239.255.255.250
    240.0.0.1 255.255.255.255 ::ffff:127.0.0.1 :: ::1 ::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::1
    2002:a00:1::1 fc00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1`)) {
    assert.ok(isDenied(inside), `${inside} may be reached`)
  }
  for (const server of words(`
    1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.0.1.0
    192.169.0.0 198.20.0.0 198.51.100.10 223.255.255.255 2001:db8:5::10 2606:4700::1111 2a00::1
    2003::1 64:ff9c::1`)) {
    assert.ok(!isDenied(server), `${server} may not be reached`)
  }
})

test('two subscribers differ in id and cookie', () => {
  const home = minimal.subscribers[0]
  const other = { id: 'home-2', cookie: 'C00C1E42C00C1E42' }
  const reading = readWith(concentratorConfig, minimal, 'subscribers', [home, other, home])
  assert.ok(reading.kind === 'problems')
  assert.deepEqual(
    reading.problems.map((problem) => problem.replace(/^test\.yaml:\d+:\d+: /, '')),
    [
      'subscribers[1].cookie is the cookie of home-1 as well; each subscriber needs one of its own',
      'subscribers[2].id is home-1 a second time; ids must differ',
      'subscribers[2].cookie is the cookie of home-2 as well; each subscriber needs one of its own',
    ],
  )
})

test('a cap needs an interface to keep it on', () => {
  const home = { ...minimal.subscribers[0], caps: { lteDownMbps: 0.1, dslDownMbps: 10_000 } }
  const capped = { ...minimal, subscribers: [home] }
  const reading = readWith(concentratorConfig, capped, 'workers', 1)
  assert.ok(reading.kind === 'problems')
  assert.match(
    reading.problems[0] ?? '',
    /: subscribers\[0\]\.caps names a rate, but shaping\.interface does not say where to keep it$/,
  )
  assert.equal(readWith(concentratorConfig, capped, 'shaping.interface', 'eth0').kind, 'value')
})

test('no address is listened on twice', () => {
  const reading = readWith(concentratorConfig, minimal, 'listen.addresses', ['::1', '0:0::1'])
  assert.ok(reading.kind === 'problems')
  assert.match(reading.problems[0] ?? '', /: listen\.addresses\[1\] names ::1 a second time$/)
})

test('a list of 10,001 subscribers is told that it is too long', () => {
  const homes = Array.from(
    { length: 10_001 },
    (_, i) => `  - { id: home-${i}, cookie: '${i.toString(16).padStart(16, '0')}' }\n`,
  )
  const yaml = `listen: { port: 8803 }\nsubscribers:\n${homes.join('')}`
  assert.deepEqual(parseConfig(concentratorConfig, yaml, 'c.yaml'), {
    kind: 'problems',
    problems: [
      'c.yaml:3:3: subscribers must be a list of 1 to 10000 subscribers, each with id and cookie, but is a list of 10001',
    ],
  })
})

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
