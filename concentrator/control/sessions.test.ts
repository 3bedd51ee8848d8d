import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spoken } from '../../shared/config/control-messages.ts'
import { credentialOf, proofOf } from '../../shared/session/credential.ts'
import { HeldEnd, settle } from '../../shared/session/ends.fake.ts'
import { knownAddress, parsePrefix } from '../../shared/wire/address.ts'
import type { Home } from './session-homes.ts'
import type { Enrolled, Refusal } from './session-owner.ts'
import { Sessions } from './sessions.ts'

const secret = Buffer.from('5ec4e75e5ec4e75e5ec4e75e5ec4e75e', 'hex')
const credential = credentialOf(secret)
const DSL = knownAddress('203.0.113.2')
const LTE = knownAddress('198.51.100.7')

const HOME: Home = {
  number: 0,
  id: 'home-1',
  verifier: credential.verifier,
  prefixes: [],
  policy: { version: 'one', document: { overflow: { trialS: 9 } } },
}

test('a home that proves itself is welcomed, and told its policy and its cookie', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home))
  assert.deepEqual(home.types, ['welcome', 'policy', 'cookie'])
  const [welcome, policy, cookie] = home.heard
  assert.deepEqual(welcome, {
    type: 'welcome',
    version: 1,
    software: 'hybridge test',
    timeMs: 1_000,
    reportS: 10,
  })
  assert.deepEqual(policy, {
    type: 'policy',
    version: 'one',
    document: { overflow: { trialS: 9 } },
  })
  assert.deepEqual(cookie, {
    type: 'cookie',
    leg: 'dsl',
    family: 'ipv4',
    cookie: spoken(Buffer.from('home-1 dsl 203.0.113.2')),
  })
  assert.deepEqual([street.sessions.size, street.known], [1, 1])
})

test('a home of which too little is known by now is told to come again, and nobody is accused', async () => {
  const street = new Street()
  street.trusted = false
  const home = street.connect()
  await home.says(street.hello(home))
  const [goodbye] = home.heard
  assert.deepEqual([goodbye?.['type'], goodbye?.['code']], ['goodbye', 'store-away'])
  assert.deepEqual([street.sessions.size, street.unproven.length], [0, 0])
})

test('who watches hears of each home once, and for what it was bidden to go', async () => {
  const street = new Street()
  const first = street.connect()
  await first.says(street.hello(first))
  const second = street.connect(LTE)
  await second.says(street.hello(second))
  street.sessions.of('home-1')?.bid({ code: 'disconnected', why: 'told so', waitS: 60 })
  const third = street.connect()
  await third.says(street.hello(third))
  await third.goes()
  assert.deepEqual(street.watched, [
    'home-1 came from 203.0.113.2',
    'home-1 went: replaced',
    'home-1 came from 198.51.100.7',
    'home-1 went: disconnected',
    'home-1 came from 203.0.113.2',
    'home-1 went: undefined',
  ])
})

for (const [what, change] of [
  ['nobody knows', { id: 'home-9' }],
  ['has another secret', { proof: spoken(proofOf(credentialOf(DSL), exporter(1), 'home-1')) }],
  [
    'says the proof of another connection',
    { proof: spoken(proofOf(credential, exporter(7), 'home-1')) },
  ],
  ['has no proof', { proof: '' }],
] as const) {
  test(`a home that ${what} hears no more than that, and its source is noted`, async () => {
    const street = new Street()
    const home = street.connect()
    await home.says({ ...street.hello(home), ...change })
    assert.deepEqual(home.heard, [
      { type: 'goodbye', code: 'not-authorized', why: 'not known here, or not proven', waitS: 60 },
    ])
    assert.ok(home.ended)
    assert.deepEqual(street.unproven, ['203.0.113.2'])
    assert.deepEqual([street.sessions.size, street.known], [0, 0])
  })
}

test('a home with prefixes is not served from outside them', async () => {
  const street = new Street({ prefixes: [parsePrefix('203.0.113.0/30')!] })
  const inside = street.connect(DSL)
  await inside.says(street.hello(inside))
  assert.equal(inside.types[0], 'welcome')
  const outside = street.connect(LTE)
  await outside.says(street.hello(outside))
  assert.equal(outside.heard[0]?.['code'], 'elsewhere')
  assert.deepEqual(street.unproven, ['198.51.100.7'])
})

test('ends without a common version part, and neither is noted', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says({ ...street.hello(home), versions: { min: 2, max: 3 } })
  assert.equal(home.heard[0]?.['code'], 'version')
  assert.deepEqual(street.unproven, [])
})

test('what comes before the hello, and a second one, ends the session', async () => {
  const street = new Street()
  const early = street.connect()
  await early.says({ type: 'applied', version: 'one' })
  assert.ok(early.ended)
  const twice = street.connect()
  await twice.says(street.hello(twice), street.hello(twice))
  assert.ok(twice.ended)
  assert.equal(street.sessions.size, 0)
})

test('a message of a later version is answered unknown, and the session goes on', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home), { type: 'dance' }, street.report(1))
  assert.deepEqual(home.types.slice(3), ['unknown', 'heard'])
  assert.deepEqual(home.heard[3], { type: 'unknown', of: 'dance' })
})

test('noise, and a frame that is longer than a stranger may say, end a connection', async () => {
  const street = new Street()
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.of(0, 0, 0x20, 0)]) {
    const stranger = street.connect()
    await stranger.saysBytes(bytes)
    assert.ok(stranger.ended)
  }
})

test('a home that does not stop talking is cut off', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home))
  await home.says(...Array.from({ length: 500 }, (_, i) => ({ type: 'applied', version: `${i}` })))
  assert.ok(home.ended)
  assert.ok(street.sessions.counts.policiesApplied < 200)
  assert.equal(street.sessions.size, 0)
})

test('reports are kept for their home, and answered', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home), street.report(5), street.report(9))
  assert.deepEqual(home.types.slice(3), ['heard', 'heard'])
  assert.deepEqual(street.reports, ['home-1 5', 'home-1 9'])
})

test('the newest session of a home stays, and the one before hears why it goes', async () => {
  const street = new Street()
  const [first, second] = [street.connect(), street.connect()]
  await first.says(street.hello(first))
  await second.says(street.hello(second))
  assert.deepEqual(first.heard.at(-1)?.['code'], 'replaced')
  assert.ok(first.ended && !second.ended)
  assert.equal(street.sessions.size, 1)
  assert.equal(street.sessions.counts.replaced, 1)
})

test('what was laid over the policy of a session that was replaced is not told to the next', async () => {
  const street = new Street()
  const [first, second] = [street.connect(), street.connect()]
  await first.says(street.hello(first))
  street.home = { ...HOME, policy: { version: 'laid over', document: {} } }
  street.went = () => {
    street.home = HOME
  }
  await second.says(street.hello(second))
  assert.deepEqual(
    second.heard.flatMap(({ type, version }) => (type === 'policy' ? [version] : [])),
    ['one'],
  )
})

test('or the oldest, where the operator wants it so', async () => {
  const street = new Street({}, { duplicates: 'oldest', reportS: 10, sessionsMax: 10 })
  const [first, second] = [street.connect(), street.connect()]
  await first.says(street.hello(first))
  await second.says(street.hello(second))
  assert.deepEqual(second.heard.at(-1)?.['code'], 'here-already')
  assert.ok(!first.ended && second.ended)
  await first.goes()
  const third = street.connect()
  await third.says(street.hello(third))
  assert.equal(third.types[0], 'welcome')
})

test('beyond the sessions that there may be, a home is told to come again', async () => {
  const street = new Street({}, { duplicates: 'newest', reportS: 10, sessionsMax: 0 })
  const home = street.connect()
  await home.says(street.hello(home))
  assert.deepEqual(home.heard, [
    { type: 'goodbye', code: 'full', why: 'no room for more sessions', waitS: 60 },
  ])
})

test('a leg that joins the session is given a cookie of its own, once for each address', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home))
  const join = (address: Uint8Array, remoteId: number) =>
    street.sessions.hear({
      type: 'subflowEstablished',
      token: 77,
      localId: 0,
      remoteId,
      local: { address: DSL, port: 1 },
      remote: { address, port: 2 },
      backup: true,
      ifIndex: 1,
      errno: 0,
      resetReason: undefined,
    })
  join(LTE, 2)
  join(LTE, 2)
  join(LTE, 3)
  await home.says()
  assert.deepEqual(
    home.heard
      .slice(3)
      .map(({ leg, cookie }) => [leg, Buffer.from(String(cookie), 'base64').toString()]),
    [['lte', 'home-1 lte 198.51.100.7']],
  )
  street.unixMs += 1_000
  street.sessions.renewCookies(1_000)
  await home.says()
  assert.deepEqual(home.types.slice(4), ['cookie', 'cookie'])
})

test('a policy that changes reaches the session at once, and what the home says of it is remembered', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home))
  street.home = { ...HOME, policy: { version: 'two', document: {} } }
  street.sessions.look('home-1')
  street.sessions.lookAtPolicies()
  await home.says({ type: 'applied', version: 'two' })
  assert.deepEqual(home.heard.at(-1), { type: 'policy', version: 'two', document: {} })
  const [session] = street.sessions.all()
  assert.equal(session?.appliedVersion, 'two')
})

test('a plan that changes for all asks nobody for the secret again', async () => {
  let asked = 0
  const street = new Street()
  const home = street.connect()
  const counted = (version: string): Home => ({
    ...HOME,
    policy: { version, document: {} },
    get verifier() {
      asked++
      return credential.verifier
    },
  })
  street.home = counted('one')
  await home.says(street.hello(home))
  assert.equal(asked, 1)
  street.home = counted('two')
  street.sessions.lookAtPolicies()
  await home.says()
  assert.deepEqual([asked, home.heard.at(-1)?.['version']], [1, 'two'])
})

for (const [what, change] of [
  ['secret was replaced', { verifier: credentialOf(DSL).verifier }],
  ['prefixes are others', { prefixes: [parsePrefix('192.0.2.0/24')!] }],
  ['number is another', { number: 1 }],
] as const) {
  test(`who came before its ${what} is sent away`, async () => {
    const street = new Street()
    const home = street.connect()
    await home.says(street.hello(home))
    street.home = { ...HOME, ...change }
    street.sessions.look('home-1')
    await home.says()
    assert.equal(home.heard.at(-1)?.['code'], 'not-authorized')
    assert.ok(home.ended)
  })
}

test('a home that may not come any more is sent away', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home))
  street.home = undefined
  street.sessions.look('home-1')
  await home.says()
  assert.equal(home.heard.at(-1)?.['code'], 'not-authorized')
  assert.ok(home.ended)
})

test('a home with a code is told who it is, and comes again', async () => {
  const street = new Street()
  street.enrolled = (code) => Promise.resolve({ id: `home of ${code}` })
  const home = street.connect()
  await home.says(ENROL)
  assert.deepEqual(home.heard, [{ type: 'enrolled', id: 'home of K' }])
  assert.deepEqual([home.ended, street.sessions.size, street.unproven], [true, 0, []])
})

test('a code that is no good is noted like a wrong proof, and nothing else is said meanwhile', async () => {
  const street = new Street()
  const answer = Promise.withResolvers<Refusal>()
  street.enrolled = () => answer.promise
  const home = street.connect()
  const twice = street.connect()
  await home.says(ENROL)
  await twice.says(ENROL, street.hello(twice))
  assert.deepEqual([twice.heard, twice.ended], [[], true])
  answer.resolve({ code: 'not-authorized', why: 'spent', waitS: 60 })
  await settle()
  assert.deepEqual(home.heard, [
    { type: 'goodbye', code: 'not-authorized', why: 'spent', waitS: 60 },
  ])
  assert.deepEqual(street.unproven, ['203.0.113.2', '203.0.113.2'])
})

test('a mistake of ours is handed to whoever supervises, and does not leave the socket', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says(street.hello(home))
  street.broken = true
  await home.says(street.report(1))
  assert.deepEqual(street.failures, ['a mistake of ours'])
})

test('a speed test is ordered over the session, and what the home says of it goes by its own name', async () => {
  const street = new Street()
  const home = street.connect()
  await home.says({ type: 'speedTest', order: 'early' })
  assert.deepEqual([street.tested, home.ended], [[], true])
  const proven = street.connect()
  await proven.says(street.hello(proven))
  street.sessions.of('home-1')?.orderTest({ order: 'a', wish: 'start' })
  await proven.says({ type: 'speedTest', order: 'a', more: 'of a later home' })
  await proven.says({ type: 'unknown', of: 'speedTest' })
  assert.deepEqual(proven.heard.at(-1), { type: 'speedTest', order: 'a', wish: 'start' })
  assert.deepEqual(street.tested, ['home-1 tells of a', 'home-1 knows no speedTest'])
})

const ENROL = {
  type: 'enrol',
  versions: { min: 1, max: 1 },
  code: 'K',
  cookie: spoken(credential.cookie),
  verifier: spoken(credential.verifier),
  software: 'hybridge test',
}

class Street {
  readonly unproven: string[] = []
  readonly reports: string[] = []
  readonly failures: string[] = []
  readonly watched: string[] = []
  readonly tested: string[] = []
  known = 0
  home: Home | undefined
  readonly sessions: Sessions
  unixMs = 1_000
  broken = false
  enrolled: (code: string) => Promise<Enrolled | Refusal> = () => assert.fail('nobody has a code')
  trusted = true
  went: () => void = () => undefined
  #connections = 0
  readonly #exporters = new Map<HeldEnd, Uint8Array>()

  constructor(
    home: Partial<Home> = {},
    control = { duplicates: 'newest' as 'newest' | 'oldest', reportS: 10, sessionsMax: 10 },
  ) {
    this.home = { ...HOME, ...home }
    this.sessions = new Sessions({
      software: 'hybridge test',
      control,
      homeOf: (id) => (id === this.home?.id ? this.home : undefined),
      isTrusted: () => this.trusted,
      unixMs: () => this.unixMs,
      enrol: ({ code }) => this.enrolled(code),
      cookieFor: ({ id }, leg, address) =>
        Buffer.from(`${id} ${leg} ${[...address.subarray(12)].join('.')}`),
      hear: ({ id }, { usage }) => {
        if (this.broken) throw new Error('a mistake of ours')
        this.reports.push(`${id} ${usage.dsl.upBytes}`)
      },
      speedTests: {
        hear: (id, { order }) => this.tested.push(`${id} tells of ${order}`),
        notUnderstood: (id, type) => this.tested.push(`${id} knows no ${type}`),
      },
      unproven: (address) => this.unproven.push([...address.subarray(12)].join('.')),
      watch: {
        came: (id, from) => this.watched.push(`${id} came from ${from}`),
        went: (id, code) => {
          this.watched.push(`${id} went: ${code}`)
          this.went()
        },
      },
      log: { info: () => undefined, warn: () => undefined },
    })
  }

  connect(from = DSL): HeldEnd {
    const end = new HeldEnd()
    this.#connections += 1
    const own = exporter(this.#connections)
    this.#exporters.set(end, own)
    const known = () => this.known++
    this.sessions.open({ socket: end.other, exporter: own, from, token: 77, known }, (error) =>
      this.failures.push(error instanceof Error ? error.message : String(error)),
    )
    return end
  }

  hello(end: HeldEnd) {
    const id = 'home-1'
    return {
      type: 'hello',
      versions: { min: 1, max: 1 },
      id,
      proof: spoken(proofOf(credential, this.#exporters.get(end)!, id)),
      software: 'hybridge test',
      leg: 'dsl',
    }
  }

  report(upBytes: number) {
    const leg = { state: 'up', reason: 'echo' }
    const none = { upBytes: 0, downBytes: 0 }
    return {
      type: 'report',
      atMs: 1,
      legs: { dsl: leg, lte: leg },
      concentrator: leg,
      usage: { epoch: 'a', dsl: { upBytes, downBytes: 0 }, lte: none },
      reasons: [],
    }
  }
}

function exporter(number: number): Uint8Array {
  return new Uint8Array(32).fill(number)
}
