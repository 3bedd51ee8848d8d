/**
 * The concentrator's schema, key by key, and what the keys owe each other.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialOf } from '../session/credential.ts'
import { parseAddress, prefixContains } from '../wire/address.ts'
import { DENIED_BY_DEFAULT } from './acl.ts'
import { knownPrefix } from './address.ts'
import { concentratorConfig } from './concentrator.ts'
import { parseConfig } from './document.ts'
import { type Edge, NO_NUMBERS, numberEdges, OR_NONE, readWith, testEdges } from './edges.fake.ts'
import { keysAt } from './keys.ts'

const RADIUS = {
  accounting: { servers: [{ address: '192.0.2.30', secretFile: '/etc/secret' }] },
  changes: { clients: [{ prefix: '192.0.2.0/24', secretFile: '/etc/secret' }] },
}
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
  ['limits.flowIdleS', 10, 604_800],
  ['limits.drainWaitS', 1, 255],
  ...['openMax', 'pendingMax', 'pooledMax'].map((key) => share(`perSubscriber.${key}`, 1_000_000)),
  ...['requestsPerS', 'errorsPerS'].map((key) => share(`perSubscriber.${key}`, 10_000)),
  share('perSource.waitingMax', 1_000_000),
  ...['requestsPerS', 'errorsPerS'].map((key) => share(`perSource.${key}`, 10_000)),
  ['api.port', 1, 65_535],
  ['api.requestsPerS', 1, 10_000],
  ['api.wrongTokensPerS', 1, 1_000],
  ['cookies.lifetimeS', 60, 604_800],
  ['cookies.ipv4Bits', 8, 32],
  ['cookies.ipv6Bits', 16, 128],
  ['cookies.tieS', 10, 86_400],
  ['keepalive.idleS', 1, 32_767],
  ['keepalive.intervalS', 1, 32_767],
  ['keepalive.probes', 1, 127],
  ['keepalive.accessIdleS', 1, 32_767],
  ['control.port', 1, 65_535],
  ['accounting.intervalS', 1, 3_600],
  ['tunnel.flowsMax', 1, 65_535],
  ['store.trustS', 0, 31_622_400],
  ['tunnel.homeBits6', 48, 64],
]

testEdges(concentratorConfig, minimal, [
  ...numberEdges(numbers, NO_NUMBERS),
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
    key: 'egress.addresses',
    good: [undefined, [], ['192.0.2.10', '2001:db8::1'], many(256)],
    bad: [null, '192.0.2.10', many(257)],
    says: /a list of 0 to 256 addresses/,
  },
  {
    key: 'egress.addresses.0',
    good: ['192.0.2.10', '2001:db8::1'],
    bad: ['', '0.0.0.0', '::', '192.0.2.0/24', '224.0.0.1', 'ff02::1', null, 1],
    says: /an IPv4 or IPv6 address/,
  },
  {
    key: 'egress.multipath',
    good: [undefined, 'never', 'asked', 'always'],
    bad: ['', 'yes', true, null],
    says: /never, asked or always/,
  },
  {
    key: 'subscribers',
    good: [undefined, []],
    bad: [null, {}, 'home-1'],
    says: /a list of 0 to 10000 subscribers, each with id and cookie/,
  },
  {
    key: 'subscribers.0',
    good: [],
    bad: [null, 'home-1', []],
    says: /a mapping with the keys id, cookie, prefixes, acl/,
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
    key: 'store.name',
    good: [undefined, 'a', 'x'.repeat(64)],
    bad: [null, '', 'x'.repeat(65), 'a b', 1],
    says: /a text of 1 to 64 letters, digits or/,
  },
  {
    key: 'store.redis',
    good: [undefined, 'redis://192.0.2.20:6379/0', 'rediss://u:p@redis.example', '/run/redis.sock'],
    bad: [null, '', 'redis://', 'http://192.0.2.20', '192.0.2.20:6379', 'redis://a b', 1],
    says: /a URL such as redis:/,
  },
  ...['store.file', 'api.tls.key'].map(
    (key): Edge => ({
      key,
      good: key === 'store.file' ? [undefined, '/a', `/${'x'.repeat(199)}`] : [],
      bad: [null, '', 'a', '/a/../b', `/${'x'.repeat(200)}`, '/a\nb', 1],
      says: /an absolute path without/,
    }),
  ),
  {
    key: 'api.address',
    good: [undefined, '127.0.0.1', '127.1.2.3', '::1'],
    bad: ['0.0.0.0', 'localhost', null, 1],
    says: /an IPv4 or IPv6 address/,
  },
  {
    key: 'api.address',
    good: [],
    bad: ['192.0.2.1', '::2', '2001:db8::1', '128.0.0.1'],
    says: /api.tls is not set; tokens would cross the network in the clear/,
  },
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
  ...['prefixes.dsl', 'prefixes.lte'].map(
    (key): Edge => ({
      key: `subscribers.0.${key}`,
      good: [undefined, [], ['203.0.113.0/30', '2001:db8::/56'], Array(16).fill('::/0')],
      bad: [null, '10.0.0.0/8', Array(17).fill('::/0')],
      says: /a list of 0 to 16 prefixes/,
    }),
  ),
  {
    key: 'acl.hairpin',
    good: [undefined, 'refuse', 'allow'],
    bad: ['', true, null, 1],
    says: /refuse or allow/,
  },
  {
    key: 'acl.denyDefaults',
    good: [undefined, true, false],
    bad: ['yes', null, 1],
    says: /true or false/,
  },
  {
    key: 'cookies.issue',
    good: [undefined, true, false],
    bad: ['yes', null, 1],
    says: /true or false/,
  },
  ...['cookies.issueTo.dsl', 'cookies.issueTo.lte'].map(
    (key): Edge => ({
      key,
      good: [undefined, 'probed', 'prefixes'],
      bad: ['', 'both', true, null, []],
      says: /probed or prefixes/,
    }),
  ),
  {
    key: 'cookies.secret',
    good: [undefined, '00'.repeat(32), 'FF'.repeat(64)],
    bad: ['', '00'.repeat(31), '00'.repeat(65), 'x'.repeat(64), 12, null, []],
    says: /64 to 128 hex digits in quotes/,
  },
  ...['acl.allow', 'acl.deny', 'subscribers.0.acl.allow', 'subscribers.0.acl.deny'].map(
    (key): Edge => ({
      key,
      good: [undefined, [], ['10.0.0.0/8'], Array(1_000).fill('::/0')],
      bad: [null, '10.0.0.0/8', Array(1_001).fill('::/0')],
      says: /a list of 0 to 1000 prefixes/,
    }),
  ),
  {
    key: 'acl.deny.0',
    good: ['0.0.0.0/0', '::/0', { prefix: '10.0.0.0/8', ports: [25] }],
    bad: ['', 'all', '10.0.0.0/33', null, 10],
    says: /an IPv4 or IPv6 prefix such as/,
  },
  {
    key: 'acl.deny.0.ports',
    good: [],
    bad: [[1]],
    says: /acl\.deny\[0\]\.prefix is missing/,
  },
  {
    key: 'acl.deny.0',
    good: [],
    bad: [
      { prefix: '10.0.0.0/8', ports: [] },
      { prefix: '10.0.0.0/8', ports: Array(101).fill(1) },
      { prefix: '10.0.0.0/8' },
    ],
    says: /acl\.deny\[0\]\.ports .*a list of 1 to 100 ports/,
  },
  {
    key: 'acl.deny.0',
    good: [],
    bad: [0, 65_536, '443-80', '80-', 'http', null, '1-65536'].map((port) => ({
      prefix: '10.0.0.0/8',
      ports: [port],
    })),
    says: /acl\.deny\[0\]\.ports\[0\] .*a port or a range of ports such as 443 or 6881-6889/,
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
    bad: [0, 65_536, '9804', null],
    says: /a whole number from 1 to 65535/,
  },
  {
    key: 'metrics.homesMax',
    good: [undefined, 0, 65_536],
    bad: [-1, 65_537, 1.5, '1', null],
    says: /a whole number from 0 to 65536/,
  },
  {
    key: 'log.level',
    good: [undefined, 'debug', 'error'],
    bad: ['trace', '', null, 30],
    says: /debug, info, warn or error/,
  },
  { key: 'listen', good: [], bad: [undefined, null, [], 'x'], says: /a mapping with the keys/ },
  ...[
    'acl',
    'egress',
    'limits',
    'limits.perSource',
    'limits.perSubscriber',
    'cookies',
    'cookies.issueTo',
    'keepalive',
    'log',
    'metrics',
    'shaping',
  ].map(
    (key): Edge => ({
      key,
      good: [undefined, {}],
      bad: [null, [], 'x', 1],
      says: /a mapping with the keys/,
    }),
  ),
])

testEdges(concentratorConfig, { ...minimal, control: { port: 8804 } }, [
  ...numberEdges(
    [
      ['control.reportS', 1, 3_600],
      ['control.sessionsMax', 1, 100_000],
    ],
    OR_NONE,
  ),
  {
    key: 'control.duplicates',
    good: [undefined, 'newest', 'oldest'],
    bad: [null, 'both', 1],
    says: /newest or oldest/,
  },
  {
    key: 'accounting.enabled',
    good: [undefined, true, false],
    bad: [null, 'yes', 1],
    says: /true or false/,
  },
  {
    key: 'control.keyFile',
    good: [undefined],
    bad: [null, 'key.pem', '', 7, '/a\u0000', `/${'x'.repeat(200)}`],
    says: /an absolute path/,
  },
  {
    key: 'control.certificateFile',
    good: [undefined],
    bad: [null, 'certificate.pem', '', 7],
    says: /an absolute path/,
  },
  {
    key: 'subscribers.0.secret',
    good: [undefined, '00'.repeat(16), 'ff'.repeat(64)],
    bad: [null, '', '00'.repeat(15), '00'.repeat(65), 'x'.repeat(32), 1122334455667788],
    says: /32 to 128 hex digits in quotes/,
  },
  {
    key: 'subscribers.0.verifier',
    good: [undefined, '00'.repeat(32)],
    bad: [null, '', '00'.repeat(31), '00'.repeat(33), 'x'.repeat(64), 1122334455667788],
    says: /64 hex digits in quotes/,
  },
])

testEdges(concentratorConfig, { ...minimal, control: { port: 8805 }, radius: RADIUS }, [
  ...numberEdges(
    [
      ['radius.accounting.interimS', 10, 86_400],
      ['radius.accounting.timeoutS', 1, 30],
      ['radius.accounting.servers.0.port', 1, 65_535],
      ['radius.changes.port', 1, 65_535],
      ['radius.changes.windowS', 1, 300],
    ],
    OR_NONE,
  ),
  {
    key: 'radius.identifier',
    good: [undefined, 'a', 'x'.repeat(253)],
    bad: ['', 'a b', 'é', 'x'.repeat(254), null, 7],
    says: /1 to 253 visible ASCII characters/,
  },
  {
    key: 'radius.accounting.servers',
    good: [],
    bad: [[], null, 7, Array.from({ length: 5 }, () => RADIUS.accounting.servers[0])],
    says: /a list of 1 to 4 servers/,
  },
  {
    key: 'radius.accounting.servers.0.address',
    good: ['192.0.2.1', '2001:db8::1'],
    bad: [undefined, null, '0.0.0.0', 'radius.example', 7],
    says: /an IPv4 or IPv6 address/,
  },
  ...['radius.accounting.servers.0.secretFile', 'radius.changes.clients.0.secretFile'].map(
    (key): Edge => ({
      key,
      good: ['/etc/secret'],
      bad: [undefined, null, '', 'secret', '/a/../b', 7],
      says: /an absolute path/,
    }),
  ),
  {
    key: 'radius.changes.clients',
    good: [],
    bad: [[], null, 7, Array.from({ length: 17 }, () => RADIUS.changes.clients[0])],
    says: /a list of 1 to 16 clients/,
  },
  {
    key: 'radius.changes.clients.0.prefix',
    good: ['192.0.2.0/24', '2001:db8::1'],
    bad: [undefined, null, '192.0.2.1/24', 'x', 7],
    says: /prefix/,
  },
  {
    key: 'radius.changes.addresses',
    good: [undefined, [], ['192.0.2.1', '2001:db8::1']],
    bad: [null, '192.0.2.1', ['::'], Array.from({ length: 9 }, (_, i) => `192.0.2.${i + 1}`)],
    says: /a list of 0 to 8 addresses|an IPv4 or IPv6 address/,
  },
])

const LOGGED = { ...minimal, translationLog: { directory: '/var/log/hybridge' } }
testEdges(concentratorConfig, LOGGED, [
  ...numberEdges(
    [
      ['translationLog.fileMegabytes', 1, 10_000],
      ['translationLog.fileHours', 1, 8_784],
      ['translationLog.filesMax', 1, 100_000],
    ],
    OR_NONE,
  ),
  {
    key: 'translationLog.directory',
    good: ['/var/log/hybridge'],
    bad: [undefined, null, 'log', '', '/a/../b', 7],
    says: /an absolute path/,
  },
  {
    key: 'translationLog.destinations',
    good: [undefined, true, false],
    bad: [null, 'yes', 1],
    says: /true or false/,
  },
])

test('RADIUS tells of control sessions, and needs them', () => {
  const reading = readWith(concentratorConfig, minimal, 'radius', RADIUS)
  assert.ok(reading.kind === 'problems')
  assert.match(reading.problems.join(), /radius tells of control sessions, but control is not set/)
})

test('a key file and a certificate file stand together, a secret and a verifier do not', () => {
  for (const [section, what, says] of [
    ['control', { port: 1, keyFile: '/k' }, /certificateFile is missing beside keyFile/],
    ['control', { port: 1, certificateFile: '/c' }, /keyFile is missing beside certificateFile/],
    [
      'subscribers.0',
      { id: 'a', secret: '00'.repeat(16), verifier: '00'.repeat(32) },
      /verifier stands beside secret/,
    ],
  ] as const) {
    const reading = readWith(concentratorConfig, minimal, section, what)
    assert.ok(reading.kind === 'problems')
    assert.match(reading.problems.join(), says)
  }
})

test('the cookie of a home whose secret alone is known is the one that the home makes from it', () => {
  const secret = '5ec4e75e'.repeat(8)
  const home = readWith(concentratorConfig, minimal, 'subscribers.0', { id: 'a', secret })
  assert.ok(home.kind === 'value')
  assert.deepEqual(
    home.value.subscribers[0]?.cookie,
    credentialOf(Buffer.from(secret, 'hex')).cookie,
  )
})

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
    const bases: Readonly<Record<string, object>> = {
      control: { ...minimal, control: { port: 8804 } },
      translationLog: LOGGED,
    }
    const base = bases[section] ?? minimal
    const reading = readWith(concentratorConfig, base, key, 1)
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
  assert.deepEqual(acl, { allow: [], deny: [], denyDefaults: true, hairpin: 'refuse' })
  assert.deepEqual(rest, {
    listen: { port: 8803, addresses: [] },
    subscribers: [
      {
        id: 'home-1',
        cookie: Uint8Array.of(0xc0, 0x0c, 0x1e, 0x42, 0xc0, 0x0c, 0x1e, 0x42),
        prefixes: { dsl: [], lte: [] },
        acl: { allow: [], deny: [] },
        caps: {},
      },
    ],
    store: {
      name: 'concentrator-1',
      file: '/var/lib/hybridge/concentrator.db',
      keyFile: '/var/lib/hybridge/store.key',
      trustS: 86_400,
    },
    api: { address: '127.0.0.1', port: 8_804, requestsPerS: 1_000, wrongTokensPerS: 5 },
    shaping: { dslShare: 0.97 },
    accounting: { enabled: false, intervalS: 10 },
    announce: { addresses: [], priority: 10, weight: 10 },
    egress: { addresses: [], multipath: 'asked' },
    tunnel: {
      enabled: false,
      interface: 'hybridge0',
      prefix4: knownPrefix('198.18.0.0/15'),
      prefix6: knownPrefix('fd48:7962:7269::/64'),
      homeBits6: 64,
      flowsMax: 4_096,
      reorderMsMax: 60,
    },
    cookies: {
      issue: true,
      issueTo: { dsl: 'probed', lte: 'prefixes' },
      lifetimeS: 3_600,
      ipv4Bits: 32,
      ipv6Bits: 64,
      tieS: 600,
    },
    workers: 2,
    limits: {
      convertWaitMs: 5_000,
      connectMs: 10_000,
      subflowsPerConnection: 8,
      poolHelloIdleS: 330,
      flowIdleS: 7_440,
      drainWaitS: 30,
      drainLeaveS: 300,
      perSubscriber: {
        openMax: 8_192,
        pendingMax: 512,
        pooledMax: 256,
        requestsPerS: 500,
        errorsPerS: 100,
      },
      perSource: {
        waitingMax: 512,
        requestsPerS: 4_000,
        errorsPerS: 200,
      },
      descriptorsShare: 0.9,
    },
    keepalive: { idleS: 300, intervalS: 30, probes: 4, accessIdleS: 7_200 },
    congestionControl: 'bbr',
    stateDirectory: '/run/hybridge',
    metrics: { enabled: true, address: '127.0.0.1', port: 9_804, homesMax: 20_000 },
    log: { level: 'info' },
  })
})

test('by default no home reaches the insides of an operator, and every home reaches servers', () => {
  const isDenied = (text: string) => {
    const address = parseAddress(text)
    assert.ok(address !== undefined, text)
    return DENIED_BY_DEFAULT.some((prefix) => prefixContains(prefix, address))
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

test('a rule may name some ports of a prefix', () => {
  const rule = { prefix: '198.51.100.0/24', ports: [25, '6881-6889'] }
  const reading = readWith(concentratorConfig, minimal, 'subscribers.0.acl', { deny: [rule] })
  assert.ok(reading.kind === 'value')
  assert.deepEqual(reading.value.subscribers[0]?.acl.deny, [
    {
      ...knownPrefix('198.51.100.0/24'),
      ports: [
        { from: 25, to: 25 },
        { from: 6_881, to: 6_889 },
      ],
    },
  ])
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

test('no address to leave from is named twice', () => {
  const pool = ['192.0.2.1', '2001:db8::1', '2001:DB8:0::1']
  const reading = readWith(concentratorConfig, minimal, 'egress.addresses', pool)
  assert.ok(reading.kind === 'problems')
  assert.match(
    reading.problems[0] ?? '',
    /: egress\.addresses\[2\] names 2001:db8::1 a second time$/,
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
      'c.yaml:3:3: subscribers must be a list of 0 to 10000 subscribers, each with id and cookie, but is a list of 10001',
    ],
  })
})

/** That many addresses, no two alike. */
function many(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `2001:db8::${(i + 1).toString(16)}`)
}

function share(key: string, to: number): [key: string, from: number, to: number] {
  return [`limits.${key}`, 1, to]
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
