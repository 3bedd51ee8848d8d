/**
 * The home gateway's schema, key by key, and what the keys owe each other.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainSet } from '../core/domain-set.ts'
import { credentialOf } from '../session/credential.ts'
import { knownPrefix } from './address.ts'
import { cpeConfig } from './cpe.ts'
import { type Edge, NO_NUMBERS, numberEdges, readWith, testEdges } from './edges.fake.ts'
import { keysAt } from './keys.ts'

const minimal = {
  subscriber: { id: 'home-1', cookie: 'c00c1e42c00c1e42' },
  concentrator: { addresses: ['192.0.2.10'], port: 8803 },
  lan: { interfaces: ['lan'] },
  legs: { dsl: { interface: 'dsl' }, lte: { interface: 'lte' } },
}

const PIN = 'sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='

function withSession(session: object) {
  return { ...minimal, concentrator: { ...minimal.concentrator, session } }
}

const interfaceEdges = {
  good: ['e', 'eth0.7', 'wan_15_letters_', 'br-lan'],
  bad: [undefined, null, '', 'wan_16_letters__', 'a/b', 'a b', 'a:b', '.', '..', 'ü', 7, ['dsl']],
  says: /the name of an interface/,
}

const numbers: ReadonlyArray<[key: string, from: number, to: number]> = [
  ['concentrator.port', 1, 65_535],
  ['capturePort', 1, 65_535],
  ['workers', 1, 16],
  ['pool.sizeMax', 1, 256],
  ['pool.lifetimeS', 10, 3_600],
  ['probes.idleDslS', 1, 3_600],
  ['probes.idleLteS', 1, 3_600],
  ['probes.retries', 1, 10],
  ['probes.lteNatIdleS', 5, 7_200],
  ['budget.resetDay', 1, 28],
  ['overflow.engageMs', 50, 10_000],
  ['overflow.releaseMs', 100, 60_000],
  ['overflow.trialS', 1, 3_600],
  ['overflow.burstMegabytes', 0, 1_000],
  ['limits.connectMs', 100, 120_000],
  ['keepalive.idleS', 1, 32_767],
  ['keepalive.intervalS', 1, 32_767],
  ['keepalive.probes', 1, 127],
  ['page.port', 1, 65_535],
  ['speedTest.megabytes', 1, 10_000],
  ['speedTest.lteMegabytes', 0, 10_000],
]

testEdges(cpeConfig, minimal, [
  ...numberEdges(numbers, NO_NUMBERS),
  { key: 'concentrator.port', good: [], bad: [undefined], says: /is missing; it must be/ },
  {
    key: 'budget.atCap',
    good: ['standby', 'throttle', 'off'],
    bad: [null, '', 'on', 1, true],
    says: /standby, throttle or off/,
  },
  {
    key: 'budget.throttleMbps',
    good: [0.1, 1.5, 10_000],
    bad: [0, 0.09, 10_001, '1', null, NaN],
    says: /a number from 0\.1 to 10000 Mbit\/s/,
  },
  {
    key: 'page.enabled',
    good: [true, false],
    bad: [null, '', 'yes', 1],
    says: /true or false/,
  },
  {
    key: 'page.names',
    good: [[], ['router.lan'], ['Router']],
    bad: [null, 'router.lan', ['192.0.2.1'], ['a b'], [''], Array(9).fill('a')],
    says: /the name of a host|a list of 0 to 8 names/,
  },
  {
    key: 'page.password',
    good: ['12345678a', 'x'.repeat(100), 'grüße aus dem Haus'],
    bad: [null, '', '1234567', 'x'.repeat(101), 12_345_678, 'with\ta tab'],
    says: /^[^']*a text of 8 to 100 characters[^']*$/,
  },
  {
    key: 'roaming',
    good: ['deny', 'allow'],
    bad: [null, '', true, 'yes'],
    says: /deny or allow/,
  },
  {
    key: 'legs.lte.roamingFile',
    good: [undefined, '/run/modem/roaming', '/x'],
    bad: [null, '', 'roaming', '/', '/run/../etc/x', '/a\nb', 7, `/${'x'.repeat(4_096)}`],
    says: /an absolute path without `..`, such as \/run\/modem\/roaming/,
  },
  {
    key: 'standby',
    good: ['hot', 'cold'],
    bad: [null, '', 'warm', 'Hot', true, 1, ['hot']],
    says: /hot or cold/,
  },
  {
    key: 'subscriber.id',
    good: ['a', 'x'.repeat(64), 'line:4711@pop-3._'],
    bad: [undefined, null, '', 'x'.repeat(65), 'a b', 'a\nb', 'Müller', 4711, true],
    says: /a text of 1 to 64 letters, digits or/,
  },
  {
    key: 'subscriber.cookie',
    good: ['00'.repeat(8), 'ABCDEFabcdef0123', 'ff'.repeat(64)],
    bad: [
      undefined,
      null,
      '',
      '00'.repeat(7),
      '00'.repeat(9),
      '00'.repeat(65),
      '00'.repeat(68),
      'g0'.repeat(8),
      'c00c 1e42 c00c 1e42',
      1122334455667788,
      true,
    ],
    says: /16 to 128 hex digits, a multiple of 8/,
  },
  {
    key: 'concentrator.addresses',
    good: [['192.0.2.10'], ['2001:db8::1', '192.0.2.10'], ['127.0.0.1'], ['::1']],
    bad: [undefined, null, [], ['192.0.2.1', '2001:db8::1', '192.0.2.2'], '192.0.2.1'],
    says: /a list of 1 to 2 addresses/,
  },
  {
    key: 'concentrator.addresses.0',
    good: ['1.0.0.1', '223.255.255.255', 'fe80::1'],
    bad: [
      '',
      'host.example',
      '192.0.2',
      '192.0.2.256',
      '192.0.2.1/32',
      '0.0.0.0',
      '::',
      '224.0.0.1',
    ],
    says: /an IPv4 or IPv6 address/,
  },
  {
    key: 'concentrator.addresses.0',
    good: [],
    bad: ['255.255.255.255', 'ff02::1', 'fe80::1%eth0', '01.2.3.4', 3221225985, null],
    says: /an IPv4 or IPv6 address/,
  },
  {
    key: 'lan.interfaces',
    good: [['a'], ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']],
    bad: [undefined, null, [], ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'], 'lan'],
    says: /a list of 1 to 8 interfaces/,
  },
  { key: 'lan.interfaces.0', ...interfaceEdges, bad: interfaceEdges.bad.slice(1) },
  { key: 'legs.dsl.interface', ...interfaceEdges },
  { key: 'legs.lte.interface', ...interfaceEdges },
  ...['legs.dsl.downMbps', 'legs.dsl.upMbps', 'legs.lte.capUpMbps'].map(
    (key): Edge => ({
      key,
      good: [undefined, 0.1, 0.8, 50, 10_000],
      bad: [null, 0, 0.09, 10_000.1, '50', '50M', -1, Infinity, NaN, true],
      says: /a number from 0\.1 to 10000 Mbit\/s/,
    }),
  ),
  {
    key: 'shaping.dslShare',
    good: [undefined, 0.5, 0.97, 1],
    bad: [0.49, 1.01, 97, '0.97', null],
    says: /a number from 0.5 to 1/,
  },
  {
    key: 'budget.monthlyGigabytes',
    good: [undefined, 0.001, 20, 100_000],
    bad: [null, 0, -1, 100_001, '20', true],
    says: /a number from 0\.001 to 100000 gigabytes/,
  },
  ...['classes.default', 'classes.rules.0.class'].map(
    (key): Edge => ({
      key,
      good: ['overflow', 'aggregate', 'handover', 'dsl-only', 'lte-only', 'bypass', 'interactive'],
      bad: [null, '', 'Overflow', 'both', 1, true],
      says: /overflow, aggregate, handover, dsl-only, lte-only, bypass or interactive/,
    }),
  ),
  {
    key: 'classes.rules',
    good: [undefined, [], [{ class: 'bypass' }]],
    bad: [null, 'bypass', 7, Array(101).fill({ class: 'bypass' })],
    says: /a list of 0 to 100 rules/,
  },
  {
    key: 'classes.rules.0',
    good: [
      {
        class: 'bypass',
        carry: 'tunnel',
        protocol: 'udp',
        dscp: ['ef'],
        from: ['aa:bb:cc:dd:ee:ff'],
        domains: ['tv.example'],
      },
      { class: 'bypass', to: ['198.51.100.0/24', '2001:db8::1'], ports: [25, '8000-8100'] },
    ],
    bad: ['bypass', 7],
    says: /a mapping with the keys/,
  },
  {
    key: 'classes.rules.0.carry',
    good: [],
    bad: [null, '', 'Tunnel', 'tcp', true],
    says: /mptcp or tunnel/,
  },
  {
    key: 'classes.rules.0.ports',
    good: [],
    bad: [null, 25, Array(33).fill(25)],
    says: /a list of 0 to 32 ports/,
  },
  {
    key: 'classes.rules.0.ports.0',
    good: [],
    bad: [0, 65_536, '', '80-', '90-80', '1-65536', 80.5, true, [80], 'http'],
    says: /a port from 1 to 65535 or a range such as 8000-8100/,
  },
  {
    key: 'classes.appliesTo',
    good: [undefined, 'new', 'all', 'reset'],
    bad: [null, '', 'All', 'none', 1, true],
    says: /new, all or reset/,
  },
  ...['overflow', 'aggregate', 'interactive'].map((serviceClass) => ({
    key: `classes.schedulers.${serviceClass}`,
    good: [undefined, 'cheapest-first', 'lowest-rtt', 'weighted', 'redundant', 'blest', 'ecf'],
    bad: [null, '', 'Weighted', 'round-robin', 1, true],
    says: /cheapest-first, lowest-rtt, weighted, redundant, blest or ecf/,
  })),
  {
    key: 'classes.lteCap.megabytes',
    good: [undefined, 0.1, 20, 1_000_000],
    bad: [null, 0, -1, 1_000_001, '20', true],
    says: /a number from 0\.1 to 1000000 megabytes/,
  },
  {
    key: 'classes.lteCap.atCap',
    good: [undefined, 'back', 'reset'],
    bad: [null, '', 'drop', true],
    says: /back or reset/,
  },
  {
    key: 'classes.rules.0.protocol',
    good: [],
    bad: [null, '', 'TCP', 'icmp', 6, ['tcp']],
    says: /tcp or udp/,
  },
  {
    key: 'classes.rules.0.from',
    good: [],
    bad: [null, '192.168.1.2', Array(101).fill('192.168.1.2')],
    says: /a list of 0 to 100 devices/,
  },
  {
    key: 'classes.rules.0.from.0',
    good: [],
    bad: ['', 'phone', 'aa:bb:cc:dd:ee', '01:00:5e:00:00:01', '192.168.1.256', '10.0.0.0/33', 7],
    says: /a LAN device: a hardware address such as aa:bb:cc:dd:ee:ff, an address or a prefix/,
  },
  {
    key: 'classes.rules.0.dscp.0',
    good: [],
    bad: [-1, 64, 1.5, '', 'af44', 'cs8', '46', true, null],
    says: /a DSCP from 0 to 63 or its name such as ef, af41 or cs1/,
  },
  {
    key: 'classes.rules.0.domains',
    good: [],
    bad: [null, [], 'tv.example', Array(101).fill('tv.example')],
    says: /a list of 1 to 100 domains/,
  },
  {
    key: 'classes.rules.0.domains.0',
    good: [],
    bad: ['', '*.example', 'a b.example', 'müller.example', '192.0.2.1', 'a..example', 7, null],
    says: /a domain such as tv\.example, without \*/,
  },
  {
    key: 'classes.rules.0.to',
    good: [],
    bad: [null, '198.51.100.0/24', Array(101).fill('198.51.100.0/24')],
    says: /a list of 0 to 100 prefixes/,
  },
  {
    key: 'overflow.engagePercent',
    good: [92, 100],
    bad: [49, 101, 93.5, '93', null, true],
    says: /a whole number from 50 to 100 percent/,
  },
  {
    key: 'overflow.releasePercent',
    good: [10, 92],
    bad: [9, 100, 50.5, '91', null, true],
    says: /a whole number from 10 to 99 percent/,
  },
  ...['dsl', 'lte'].flatMap((leg): Edge[] => [
    {
      key: `legs.${leg}.gateway4`,
      good: [undefined, '203.0.113.1', '10.0.0.1'],
      bad: [null, '', 'fe80::1', '0.0.0.0', '224.0.0.1', '203.0.113.0/30', 'auto', 1],
      says: /an IPv4 address such as/,
    },
    {
      key: `legs.${leg}.gateway6`,
      good: [undefined, 'fe80::1', '2001:db8:d::1'],
      bad: [null, '', '203.0.113.1', '::ffff:203.0.113.1', '::', 'ff02::2', 'fe80::1%dsl', 1],
      says: /an IPv6 address such as/,
    },
  ]),
  {
    key: 'bypass.prefixes',
    good: [
      undefined,
      [],
      ['0.0.0.0/0', '::/0', '192.0.2.1', '10.0.0.0/8'],
      Array(1_000).fill('::/0'),
    ],
    bad: [null, '10.0.0.0/8', Array(1_001).fill('::/0')],
    says: /a list of 0 to 1000 prefixes/,
  },
  {
    key: 'bypass.prefixes.0',
    good: ['255.255.255.255/32', '128.0.0.0/1', '2001:db8::/127'],
    bad: ['', '10.0.0.0/33', '::/129', '10.0.0.0/', '/8', '10.0.0.0/-1', '10.0.0.0/08', 10],
    says: /an IPv4 or IPv6 prefix such as/,
  },
  {
    key: 'bypass.prefixes.0',
    good: [],
    bad: ['10.0.0.1/8', '128.0.0.0/0'],
    says: /has bits set behind its length: '.*'; write (10\.0\.0\.0\/8|0\.0\.0\.0\/0)$/,
  },
  {
    key: 'connect',
    good: [undefined, 'truthful', 'eager'],
    bad: ['lazy', 'Truthful', '', null, true, 1],
    says: /truthful or eager/,
  },
  {
    key: 'limits.descriptorsShare',
    good: [undefined, 0.01, 0.95],
    bad: [0.009, 0.951, 1, 0, -1, '0.9', null, NaN],
    says: /a number from 0.01 to 0.95/,
  },
  {
    key: 'congestionControl',
    good: [undefined, 'bbr', 'cubic', 'system'],
    bad: ['reno', 'BBR', '', null, 1],
    says: /bbr, cubic or system/,
  },
  {
    key: 'stateDirectory',
    good: [undefined, '/run/hybridge', '/a', '/a..b/c', `/${'a'.repeat(199)}`],
    bad: ['', '/', 'run', './run', '/run/../etc', '/..', `/${'a'.repeat(200)}`, null, 1, '/a\0b'],
    says: /an absolute path without `..`/,
  },
  {
    key: 'metrics.enabled',
    good: [undefined, true, false],
    bad: [null, 'yes', 1],
    says: /true or false/,
  },
  {
    key: 'metrics.address',
    good: [undefined, '192.0.2.1', '2001:db8::1'],
    bad: ['', 'localhost', '192.0.2.0/24', null, 1],
    says: /address/,
  },
  {
    key: 'metrics.port',
    good: [undefined, 1, 65_535],
    bad: [0, 65_536, '9803', null],
    says: /a whole number from 1 to 65535/,
  },
  {
    key: 'log.level',
    good: [undefined, 'debug', 'info', 'warn', 'error'],
    bad: ['trace', 'INFO', '', null, 30],
    says: /debug, info, warn or error/,
  },
  ...['subscriber', 'concentrator', 'lan', 'legs', 'legs.dsl', 'legs.lte'].map(
    (key): Edge => ({
      key,
      good: [],
      bad: [undefined, null, [], 'x', 1],
      says: /a mapping with the keys/,
    }),
  ),
  ...[
    'budget',
    'bypass',
    'classes',
    'overflow',
    'pool',
    'probes',
    'limits',
    'keepalive',
    'log',
    'metrics',
    'page',
    'shaping',
    'speedTest',
  ].map(
    (key): Edge => ({
      key,
      good: [undefined, {}],
      bad: [null, [], 'x', 1],
      says: /a mapping with the keys/,
    }),
  ),
])

testEdges(cpeConfig, withSession({ port: 8804, pin: PIN }), [
  {
    key: 'concentrator.session.port',
    good: [1, 65_535],
    bad: [undefined, 0, 65_536, 1.5, '1', null],
    says: /a whole number from 1 to 65535/,
  },
  {
    key: 'concentrator.session.pin',
    good: [PIN],
    bad: [null, '', PIN.slice(0, -1), PIN.replace('//', ':'), `${PIN}=`, 7],
    says: /sha256\/\/ and 44 characters of base64/,
  },
  {
    key: 'subscriber.secret',
    good: [undefined, '00'.repeat(16), 'ff'.repeat(64)],
    bad: [null, '', '00'.repeat(15), '00'.repeat(65), 'x'.repeat(32), 1122334455667788],
    says: /32 to 128 hex digits in quotes/,
  },
])

testEdges(cpeConfig, withSession({ port: 8804, certificateName: 'a.example' }), [
  {
    key: 'concentrator.session.certificateName',
    good: ['a', 'x-1.example.net'],
    bad: [null, '', '192.0.2.1', 'a b', '.a', 'x'.repeat(254), 7],
    says: /the name of a host/,
  },
])

test('a session wants to know whom it speaks to, in one way', () => {
  for (const [session, says] of [
    [{ port: 1 }, /session\.pin is missing; say it, or certificateName/],
    [{ port: 1, pin: PIN, certificateName: 'a' }, /session\.pin stands beside certificateName/],
  ] as const) {
    const reading = readWith(cpeConfig, minimal, 'concentrator.session', session)
    assert.ok(reading.kind === 'problems')
    assert.match(reading.problems.join(), says)
  }
})

test('a cookie that is not said comes from the secret', () => {
  const secret = '5ec4e75e'.repeat(8)
  const reading = readWith(cpeConfig, minimal, 'subscriber', { id: 'home-1', secret })
  assert.ok(reading.kind === 'value')
  assert.deepEqual(reading.value.subscriber.cookie, credentialOf(Buffer.from(secret, 'hex')).cookie)
})

test('no section takes a key it does not know', () => {
  for (const section of ['', ...keysAt(cpeConfig, []), 'legs.dsl', 'legs.lte']) {
    if (section !== '' && keysAt(cpeConfig, section.split('.')).length === 0) continue
    const key = section === '' ? 'zzz' : `${section}.zzz`
    const reading = readWith(cpeConfig, minimal, key, 1)
    assert.ok(reading.kind === 'problems', `${key} was taken`)
    assert.match(reading.problems[0] ?? '', new RegExp(`: ${key} is not a known key; known here: `))
  }
})

test('the least that must be said becomes a whole configuration', () => {
  const reading = readWith(cpeConfig, minimal, 'workers', undefined)
  assert.deepEqual(reading.kind === 'value' && reading.value, {
    subscriber: {
      id: 'home-1',
      cookie: Uint8Array.of(0xc0, 0x0c, 0x1e, 0x42, 0xc0, 0x0c, 0x1e, 0x42),
    },
    concentrator: { addresses: ['192.0.2.10'], port: 8803 },
    lan: { interfaces: ['lan'] },
    legs: { dsl: { interface: 'dsl' }, lte: { interface: 'lte' } },
    standby: 'hot',
    budget: { resetDay: 1, atCap: 'standby', throttleMbps: 1 },
    roaming: 'deny',
    classes: {
      default: 'overflow',
      appliesTo: 'new',
      lteCap: { atCap: 'back' },
      schedulers: { overflow: 'cheapest-first', aggregate: 'weighted', interactive: 'lowest-rtt' },
      rules: [],
    },
    overflow: {
      engagePercent: 93,
      engageMs: 100,
      releasePercent: 91,
      releaseMs: 1_000,
      trialS: 5,
      burstMegabytes: 15,
    },
    shaping: { dslShare: 0.97 },
    tunnel: {
      enabled: false,
      interface: 'hybridge0',
      cipher: 'aes-128-gcm',
      reorderMsMax: 60,
    },
    bypass: { prefixes: [] },
    capturePort: 15_800,
    connect: 'truthful',
    workers: 1,
    pool: { sizeMax: 16, lifetimeS: 300 },
    probes: { idleDslS: 30, idleLteS: 300, lteNatIdleS: 120, retries: 3 },
    limits: { connectMs: 10_000, descriptorsShare: 0.9 },
    keepalive: { idleS: 300, intervalS: 30, probes: 4 },
    congestionControl: 'bbr',
    page: { enabled: true, port: 8_806, names: [] },
    speedTest: { megabytes: 50, lteMegabytes: 20 },
    stateDirectory: '/run/hybridge',
    metrics: { enabled: true, address: '127.0.0.1', port: 9_803 },
    log: { level: 'info' },
  })
})

test('what a rule says becomes what connections are compared with', () => {
  const reading = readWith(cpeConfig, minimal, 'classes.rules', [
    {
      class: 'dsl-only',
      ports: [25, '8000-8100'],
      from: ['AA-BB-CC-00-11-22', '192.168.1.64/26'],
      dscp: ['EF', 'af41', 'le', 10],
      domains: ['TV.Example.', 'news.example'],
    },
  ])
  assert.deepEqual(reading.kind === 'value' && reading.value.classes.rules, [
    {
      class: 'dsl-only',
      carry: 'mptcp',
      to: [],
      ports: [
        { from: 25, to: 25 },
        { from: 8_000, to: 8_100 },
      ],
      from: ['aa:bb:cc:00:11:22', knownPrefix('192.168.1.64/26')],
      dscp: [46, 34, 1, 10],
      domains: domainSet(['news.example', 'tv.example']),
    },
  ])
})

test('addresses become canonical texts, prefixes become prefixes', () => {
  const addresses = readWith(cpeConfig, minimal, 'concentrator.addresses', ['2001:DB8:0:0::1'])
  assert.deepEqual(addresses.kind === 'value' && addresses.value.concentrator.addresses, [
    '2001:db8::1',
  ])
  const bypass = readWith(cpeConfig, minimal, 'bypass.prefixes', ['10.0.0.0/8', '2001:db8::1'])
  assert.deepEqual(bypass.kind === 'value' && bypass.value.bypass.prefixes, [
    knownPrefix('10.0.0.0/8'),
    knownPrefix('2001:db8::1/128'),
  ])
})

const contradictions: ReadonlyArray<{ key: string; value: unknown; says: RegExp }> = [
  {
    key: 'concentrator.addresses',
    value: ['192.0.2.10', '192.0.2.11'],
    says: /: concentrator\.addresses\[1\] is a second IPv4 address; name one of each family at most$/,
  },
  {
    key: 'concentrator.addresses',
    value: ['2001:db8::1', '2001:db8::1'],
    says: /: concentrator\.addresses\[1\] is a second IPv6 address; name one of each family at most$/,
  },
  {
    key: 'lan.interfaces',
    value: ['lan', 'guests', 'lan'],
    says: /: lan\.interfaces\[2\] names lan a second time$/,
  },
  {
    key: 'lan.interfaces',
    value: ['lan', 'lte'],
    says: /: lan\.interfaces\[1\] is lte, but that is the lte leg; the LAN needs its own interface$/,
  },
  {
    key: 'legs.lte.interface',
    value: 'dsl',
    says: /: legs\.lte\.interface is dsl, but so is legs\.dsl\.interface; each leg needs its own line$/,
  },
  {
    key: 'overflow.releasePercent',
    value: 93,
    says: /: overflow\.releasePercent is 93, but overflow\.engagePercent is 93; LTE would come and go, choose less$/,
  },
  {
    key: 'page.port',
    value: 9_803,
    says: /: page\.port is 9803, but metrics\.port takes 9803; choose another$/,
  },
  {
    key: 'metrics.port',
    value: 15_800,
    says: /: metrics\.port is 15800, but capturePort takes 15800; choose another$/,
  },
]

for (const { key, value, says } of contradictions) {
  test(`${key} ${JSON.stringify(value)} contradicts another key, and the sentence says which`, () => {
    const reading = readWith(cpeConfig, minimal, key, value)
    assert.ok(reading.kind === 'problems')
    assert.equal(reading.problems.length, 1)
    assert.match(reading.problems[0] ?? '', says)
  })
}

test('a DSL may be shaped to less than the part of its rate from which LTE helps', () => {
  const dsl = { ...minimal.legs.dsl, upMbps: 10 }
  const shaped = { ...minimal, legs: { ...minimal.legs, dsl } }
  assert.equal(readWith(cpeConfig, shaped, 'shaping.dslShare', 0.5).kind, 'value')
})

test('capturePort leaves room for one port per worker', () => {
  assert.equal(
    readWith(cpeConfig, { ...minimal, workers: 16 }, 'capturePort', 65_520).kind,
    'value',
  )
  const reading = readWith(cpeConfig, { ...minimal, workers: 16 }, 'capturePort', 65_521)
  assert.ok(reading.kind === 'problems')
  assert.match(
    reading.problems[0] ?? '',
    /: capturePort is 65521, but 16 workers need ports up to 65536; choose 65520 or less$/,
  )
})

test('the capture takes a port for each worker, and a door that is shut takes none', () => {
  const four = { ...minimal, workers: 4 }
  for (const port of [15_799, 15_804]) {
    assert.equal(readWith(cpeConfig, four, 'page.port', port).kind, 'value')
  }
  for (const port of [15_800, 15_803]) {
    const reading = readWith(cpeConfig, four, 'page.port', port)
    assert.ok(reading.kind === 'problems')
    assert.match(
      reading.problems[0] ?? '',
      /: page\.port is \d+, but capturePort takes 15800 to 15803; choose another$/,
    )
  }
  const withoutMetrics = { ...minimal, metrics: { enabled: false } }
  assert.equal(readWith(cpeConfig, withoutMetrics, 'page.port', 9_803).kind, 'value')
  const withoutPage = { ...minimal, page: { enabled: false } }
  assert.equal(readWith(cpeConfig, withoutPage, 'metrics.port', 8_806).kind, 'value')
})

test('a wrong cookie is never shown', () => {
  for (const cookie of ['deadbeefdeadbeefde', 'secret', 8811223344556677]) {
    const reading = readWith(cpeConfig, minimal, 'subscriber.cookie', cookie)
    assert.ok(reading.kind === 'problems')
    assert.doesNotMatch(reading.problems.join(), /deadbeef|secret|8811/)
  }
})
