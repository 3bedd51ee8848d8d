/**
 * The concentrator's door in, between real sockets on the loopback: `home` is the test's own end, and comes
 * from ::1.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHARED } from '../../shared/core/tie.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { parseAddress, parsePrefix } from '../../shared/wire/address.ts'
import { type ConvertMessage, decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { readFailure } from '../../shared/wire/convert-failure.ts'
import { hex } from '../../shared/wire/hex.fake.ts'
import { sourceOf } from '../subscribers/source.ts'
import { Held } from '../subscribers/tallies.ts'
import { admit } from './admit.ts'
import { COOKIES, type FakeRoom, fakeRoom, subscriber } from './room.fake.ts'
import { COUNT } from './room.ts'

const HELLO: ConvertMessage = [{ type: 'info' }, { type: 'cookie', cookie: COOKIES[0] }]
const HERE = parseAddress('::1')!
const DSL = { subscriber: 0, leg: 1 }
/** ::ffff:127.0.0.1 */
const LOOPBACK = '00000000 00000000 0000ffff 7f000001'

test('a hello is answered, and keeps the connection warm', () => {
  const { home, room } = admitted()
  assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
  assert.equal(room.tallies.held(0, Held.pooled), 1)
  assert.equal(room.loop.descriptors, 1)
  libc.close(home)
  settle(room.loop)
  assertForgotten(room)
})

test('one warm connection too many hears no, and nothing before it', () => {
  const room = fakeRoom()
  for (let i = 0; i < 64; i++) room.tallies.take(0, Held.pooled, 64)
  const { home } = admitted(room)
  assert.deepEqual(said(home, room, HELLO), [ConvertError.resourceExceeded])
  assert.equal(room.tallies.held(0, Held.pooled), 64)
  assert.equal(room.count[COUNT.overPooled], 1)
  libc.close(home)
})

test('who says hello for ever takes no more of the thread than once', () => {
  const { home, room } = admitted()
  assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
  libc.send(home, Buffer.concat(Array.from({ length: 500 }, () => encodeConvert(HELLO))))
  settle(room.loop)
  assert.equal(room.count[COUNT.hellos], 2)
  assert.equal(room.count[COUNT.refused], 1)
  assert.equal(room.tallies.held(0, Held.pooled), 0)
  libc.close(home)
})

for (const [whose, cookie] of [
  ['nobody’s', new Uint8Array(8)],
  ['another home’s', COOKIES[1]],
] as const) {
  test(`a warm connection that shows ${whose} cookie gives its place back`, () => {
    const { home, room } = admitted()
    assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
    const stranger: ConvertMessage = [{ type: 'info' }, { type: 'cookie', cookie }]
    assert.deepEqual(said(home, room, stranger), [ConvertError.notAuthorized])
    assert.equal(room.tallies.held(0, Held.pooled), 0)
    assert.equal(room.count[COUNT.pooled], 0)
    libc.close(home)
  })
}

test('a refused connection is forgotten when it has gone', () => {
  const { home, room } = admitted()
  assert.deepEqual(said(home, room, connectTo('::1', new Uint8Array(8))), [
    ConvertError.malformedMessage,
  ])
  libc.close(home)
  settle(room.loop)
  assertForgotten(room)
})

for (const [what, bytes, answer] of [
  ['another version', '02022263 01010000', '01022263 1e010001'],
  ['a TLV of no length', '01022263 1e000000', '01042263 1e030100 01022263 1e000000'],
  ['a TLV nobody knows', '01022263 c0010000', '01042263 1e030200 01022263 c0010000'],
  [
    'a loopback address',
    `01062263 0a050050 ${LOOPBACK}`,
    `01082263 1e070100 01062263 0a050050 ${LOOPBACK}`,
  ],
] as const) {
  test(`${what} is answered in Convert’s words, and the connection closed`, () => {
    const { home, room } = admitted()
    libc.send(home, hex(bytes))
    settle(room.loop)
    const said = new Uint8Array(64)
    const got = libc.recv(home, said)
    assert.deepEqual(said.subarray(0, Math.max(0, got)), hex(answer))
    assert.equal(libc.recv(home, said), 0)
    libc.close(home)
    settle(room.loop)
    assertForgotten(room)
  })
}

for (const [what, bytes] of [
  ['no Convert', '474554202f20'],
  ['a total length of 0', '01002263'],
] as const) {
  test(`${what} is reset`, () => {
    const { home, room } = admitted()
    libc.send(home, hex(bytes))
    settle(room.loop)
    assert.equal(libc.recv(home, new Uint8Array(8)), -104)
    assertForgotten(room)
    libc.close(home)
  })
}

test('bytes that come one by one make a message too', () => {
  const { home, room } = admitted()
  const bytes = encodeConvert(HELLO)
  for (const byte of bytes.subarray(0, -1)) {
    libc.send(home, Uint8Array.of(byte))
    room.loop.round(1)
  }
  assert.equal(room.count[COUNT.hellos], 0)
  libc.send(home, bytes.subarray(-1))
  settle(room.loop)
  assert.deepEqual(heard(home).message, [{ type: 'supportedTcpExtensions', kinds: [30] }])
  libc.close(home)
})

test('what asks for nothing is echoed without the data behind it', () => {
  const { home, room } = admitted()
  libc.send(home, Buffer.concat([encodeConvert([]), Buffer.from('secret')]))
  settle(room.loop)
  const buffer = new Uint8Array(1_020)
  const answer = buffer.subarray(0, libc.recv(home, buffer))
  assert.equal(Buffer.from(answer).toString('hex'), '010322631e02010001012263')
  libc.close(home)
})

test('first bytes that come too slowly end when the wait is over, however many came', () => {
  const { home, room } = admitted(fakeRoom({ convertWaitMs: 50 }))
  const untilMs = performance.now() + 2_000
  const bytes = encodeConvert(HELLO)
  let sent = 0
  while (room.count[COUNT.silent] === 0 && performance.now() < untilMs) {
    if (sent < bytes.length - 1) libc.send(home, bytes.subarray(sent, ++sent))
    room.loop.round(10)
  }
  assert.equal(room.count[COUNT.silent], 1)
  assertForgotten(room)
  libc.close(home)
})

test('without a cookie, and from nowhere in particular, Info is answered and Connect is not', () => {
  const info = admitted()
  assert.deepEqual(said(info.home, info.room, [{ type: 'info' }]), ['supportedTcpExtensions'])
  const connect = admitted()
  assert.deepEqual(said(connect.home, connect.room, connectTo('203.0.113.9')), [
    ConvertError.notAuthorized,
  ])
  for (const { home } of [info, connect]) libc.close(home)
})

test('from an address tied to one leg of one home a message without cookie is given one', () => {
  for (const [message, answer] of [
    [[{ type: 'info' }], ['supportedTcpExtensions', ConvertError.missingCookie]],
    [connectTo('203.0.113.9'), [ConvertError.missingCookie]],
    [
      [{ type: 'info' }, ...connectTo('203.0.113.9')],
      ['supportedTcpExtensions', ConvertError.missingCookie],
    ],
  ] as const) {
    const { home, room } = admitted()
    room.world.owner = DSL
    libc.send(home, encodeConvert(message))
    settle(room.loop)
    const { message: said } = heard(home)
    assert.deepEqual(namesOf(said), answer)
    const error = said.find((tlv) => tlv.type === 'error')
    const failure = error && readFailure(error)
    assert.ok(failure?.code === ConvertError.missingCookie)
    assert.deepEqual(room.mint.judge(failure.cookie, HERE, room.unixS()), { kind: 'valid', ...DSL })
    assert.equal(libc.recvHead(home, new Uint8Array(1), 1), 0)
    libc.close(home)
  }
})

test('an address of several homes is given none, and none is given where that is switched off', () => {
  for (const [owner, issueCookies] of [
    [SHARED, true],
    [DSL, false],
  ] as const) {
    const { home, room } = admitted(fakeRoom({ issueCookies }))
    room.world.owner = owner
    assert.deepEqual(said(home, room, [{ type: 'info' }]), ['supportedTcpExtensions'])
    assert.equal(room.count[COUNT.cookiesIssued], 0)
    libc.close(home)
  }
})

test('an issued cookie opens the door, and tells the leg', () => {
  const { home, room } = admitted()
  const cookie = room.mint.issue({ subscriber: 1, leg: 2 }, HERE, room.unixS())
  assert.deepEqual(said(home, room, [{ type: 'info' }, { type: 'cookie', cookie }]), [
    'supportedTcpExtensions',
  ])
  assert.equal(room.tallies.held(1, Held.open), 1)
  assert.equal(room.count[COUNT.acceptedLte], 1)
  // The pair is plain TCP.
  assert.equal(room.count[COUNT.plainTcpLte], 1)
  libc.close(home)
})

test('an issued cookie that has expired, or was issued elsewhere, is not authorised', () => {
  const room = fakeRoom()
  const issued = room.mint.issue(DSL, HERE, room.unixS())
  const elsewhere = room.mint.issue(DSL, parseAddress('203.0.113.2')!, room.unixS())
  const moved = admitted(room)
  assert.deepEqual(
    said(moved.home, room, [{ type: 'info' }, { type: 'cookie', cookie: elsewhere }]),
    [ConvertError.notAuthorized],
  )
  assert.equal(room.count[COUNT.cookiesMoved], 1)
  assert.ok(room.told.some((news) => news.event === 'incident' && news.subscriber === 0))
  room.world.nowMs += 3_600_000
  const expired = admitted(room)
  assert.deepEqual(
    said(expired.home, room, [{ type: 'info' }, { type: 'cookie', cookie: issued }]),
    [ConvertError.notAuthorized],
  )
  assert.equal(room.count[COUNT.cookiesExpired], 1)
  for (const { home } of [moved, expired]) libc.close(home)
})

test('a home with prefixes of its own is not let in from elsewhere, whatever cookie it shows', () => {
  const prefixes = [{ prefix: parsePrefix('203.0.113.0/24')!, leg: 1 }]
  const room = fakeRoom({
    subscribers: [subscriber(COOKIES[0], { prefixes }), subscriber(COOKIES[1])],
  })
  const issued = room.mint.issue(DSL, HERE, room.unixS())
  for (const cookie of [COOKIES[0], issued]) {
    const { home } = admitted(room)
    assert.deepEqual(said(home, room, [{ type: 'info' }, { type: 'cookie', cookie }]), [
      ConvertError.notAuthorized,
    ])
    libc.close(home)
  }
  assert.equal(room.count[COUNT.cookiesMoved], 2)
})

test('the cookie of the configuration tells no leg, but the address may', () => {
  const { home, room } = admitted()
  room.world.owner = DSL
  said(home, room, HELLO)
  assert.equal(room.count[COUNT.acceptedDsl], 1)
  libc.close(home)
})

test('connections of nobody’s home are counted by what they said, and not among those of homes', () => {
  const room = fakeRoom()
  const counted = (name: keyof typeof COUNT) => room.count[COUNT[name]]
  const scanner = admitted(room).home
  libc.close(scanner)
  settle(room.loop)
  const browser = admitted(room).home
  libc.send(browser, Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  settle(room.loop)
  const alien = admitted(room).home
  said(alien, room, [{ type: 'info' }])
  const guesser = admitted(room).home
  said(guesser, room, [{ type: 'info' }, { type: 'cookie', cookie: new Uint8Array(8) }])
  assert.deepEqual(
    (
      ['strangersSilent', 'strangersAlien', 'strangersUnknown', 'accepted', 'plainTcp'] as const
    ).map(counted),
    [1, 1, 2, 0, 0],
  )
  const { home } = admitted(room)
  said(home, room, HELLO)
  libc.close(home)
  settle(room.loop)
  assert.deepEqual((['accepted', 'plainTcp', 'strangersSilent'] as const).map(counted), [1, 1, 1])
  for (const fd of [browser, alien, guesser]) libc.close(fd)
})

test('of the connections without a word the oldest leaves when a source has too many', () => {
  const room = fakeRoom({ perSource: { ...fakeRoom().settings.perSource, waitingMax: 2 } })
  const [first, second, third] = [1, 2, 3].map(() => admitted(room).home) as [
    number,
    number,
    number,
  ]
  assert.equal(room.count[COUNT.crowdedOut], 1)
  assert.equal(room.loop.descriptors, 2)
  assert.equal(libc.recvHead(first, new Uint8Array(1), 1), -104)
  // Who has spoken waits no longer.
  assert.deepEqual(said(second, room, HELLO), ['supportedTcpExtensions'])
  const fourth = admitted(room).home
  assert.equal(room.count[COUNT.crowdedOut], 1)
  for (const home of [third, fourth]) {
    assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
  }
  for (const home of [first, second, third, fourth]) libc.close(home)
})

test('when other threads hold all the silence of a source, the newest leaves', () => {
  const room = fakeRoom({ perSource: { ...fakeRoom().settings.perSource, waitingMax: 1 } })
  room.sources.enter(sourceOf(HERE), 1, 1)
  const { home } = admitted(room)
  assert.equal(room.count[COUNT.crowdedOut], 1)
  assert.equal(libc.recvHead(home, new Uint8Array(1), 1), -104)
  assert.equal(room.loop.descriptors, 0)
  libc.close(home)
})

test('a thread that runs out of descriptors lets the oldest strangers of any source go, and serves homes', () => {
  const room = fakeRoom({ descriptorsMax: 10 })
  const homes = Array.from({ length: 12 }, () => admitted(room).home)
  assert.equal(room.loop.descriptors, 8)
  assert.equal(room.count[COUNT.crowdedOut], 4)
  for (const home of homes.slice(0, 4)) {
    assert.equal(libc.recvHead(home, new Uint8Array(1), 1), -104)
  }
  for (const home of homes.slice(4)) {
    assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
  }
  // Homes are never crowded out, and a newcomer is let speak even now.
  const last = admitted(room).home
  assert.equal(room.loop.descriptors, 9)
  assert.deepEqual(said(last, room, HELLO), ['supportedTcpExtensions'])
  for (const home of [...homes, last]) libc.close(home)
})

test('more requests than a home may make are told to wait, and others are not', () => {
  const { perSubscriber } = fakeRoom().settings
  const room = fakeRoom({ perSubscriber: { ...perSubscriber, requestsPerS: 1 } })
  const answers = [1, 2, 3].map(() => said(admitted(room).home, room, HELLO)[0])
  assert.deepEqual(answers, [
    'supportedTcpExtensions',
    'supportedTcpExtensions',
    ConvertError.resourceExceeded,
  ])
  const neighbour: ConvertMessage = [{ type: 'info' }, { type: 'cookie', cookie: COOKIES[1] }]
  assert.deepEqual(said(admitted(room).home, room, neighbour), ['supportedTcpExtensions'])
  assert.equal(room.count[COUNT.overRequests], 1)
  room.world.nowMs += 1_000
  assert.deepEqual(said(admitted(room).home, room, HELLO), ['supportedTcpExtensions'])
})

test('more open connections than a home may have are told to wait', () => {
  const { perSubscriber } = fakeRoom().settings
  const room = fakeRoom({ perSubscriber: { ...perSubscriber, openMax: 1 } })
  const first = admitted(room).home
  assert.deepEqual(said(first, room, HELLO), ['supportedTcpExtensions'])
  assert.deepEqual(said(admitted(room).home, room, HELLO), [ConvertError.resourceExceeded])
  assert.equal(room.count[COUNT.overOpen], 1)
  libc.close(first)
  settle(room.loop)
  assert.deepEqual(said(admitted(room).home, room, HELLO), ['supportedTcpExtensions'])
})

test('more pending connects than a home may have are told to wait', () => {
  const { perSubscriber } = fakeRoom().settings
  const room = fakeRoom({ perSubscriber: { ...perSubscriber, pendingMax: 1 } })
  room.tallies.take(0, Held.pending, 1)
  const { home } = admitted(room)
  assert.deepEqual(said(home, room, connectTo('203.0.113.9', COOKIES[0])), [
    ConvertError.resourceExceeded,
  ])
  assert.equal(room.count[COUNT.overPending], 1)
  libc.close(home)
})

test('errors beyond the rate are not answered, and cost a reset', () => {
  const { perSource } = fakeRoom().settings
  const room = fakeRoom({ perSource: { ...perSource, errorsPerS: 1 } })
  const stranger: ConvertMessage = [{ type: 'info' }, { type: 'cookie', cookie: new Uint8Array(8) }]
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(said(admitted(room).home, room, stranger), [ConvertError.notAuthorized])
  }
  const { home } = admitted(room)
  libc.send(home, encodeConvert(stranger))
  settle(room.loop)
  assert.equal(libc.recvHead(home, new Uint8Array(1), 1), -104)
  assert.equal(room.count[COUNT.refusedSilently], 1)
})

test('what a home is refused costs its neighbours behind the same address nothing', () => {
  const { perSubscriber, perSource } = fakeRoom().settings
  const room = fakeRoom({
    perSubscriber: { ...perSubscriber, requestsPerS: 1 },
    perSource: { ...perSource, requestsPerS: 1, errorsPerS: 1 },
  })
  for (let i = 0; i < 20; i++) said(admitted(room).home, room, HELLO)
  assert.equal(room.count[COUNT.refused], 18)
  // It was refused, and is nobody's but its own home's.
  assert.equal(heldBySource(room, Held.waiting), 0)
  const stranger: ConvertMessage = [{ type: 'info' }, { type: 'cookie', cookie: new Uint8Array(8) }]
  assert.deepEqual(said(admitted(room).home, room, stranger), [ConvertError.notAuthorized])
  const neighbour: ConvertMessage = [{ type: 'info' }, { type: 'cookie', cookie: COOKIES[1] }]
  for (const answer of [
    'supportedTcpExtensions',
    'supportedTcpExtensions',
    ConvertError.resourceExceeded,
  ]) {
    assert.deepEqual(said(admitted(room).home, room, neighbour), [answer])
  }
  assert.equal(heldBySource(room, Held.open), 0)
})

test('all homes behind one address hear that we are draining, or full', () => {
  const perSource = { ...fakeRoom().settings.perSource, errorsPerS: 1 }
  for (const [patch, isDraining] of [
    [{ perSource }, true],
    [{ perSource, descriptorsMax: 0 }, false],
  ] as const) {
    const cookies = Array.from({ length: 9 }, (_, i) => new Uint8Array(8).fill(i))
    const room = fakeRoom({ ...patch, subscribers: cookies.map((cookie) => subscriber(cookie)) })
    room.world.isDraining = isDraining
    for (const cookie of cookies) {
      assert.deepEqual(
        said(admitted(room).home, room, [{ type: 'info' }, { type: 'cookie', cookie }]),
        [ConvertError.resourceExceeded],
      )
    }
    assert.equal(room.count[COUNT.refusedSilently], 0)
  }
})

for (const [what, message, answer] of [
  ['were told what we can do', [{ type: 'info' }], 'supportedTcpExtensions'],
  ['were refused', connectTo('203.0.113.9'), ConvertError.notAuthorized],
] as const) {
  test(`strangers who ${what} and do not leave make room for those who come`, () => {
    const room = fakeRoom({ perSource: { ...fakeRoom().settings.perSource, waitingMax: 2 } })
    const strangers = [1, 2].map(() => admitted(room).home)
    for (const stranger of strangers) assert.deepEqual(said(stranger, room, message), [answer])
    assert.equal(heldBySource(room, Held.waiting), 2)
    assert.deepEqual(said(admitted(room).home, room, HELLO), ['supportedTcpExtensions'])
    assert.equal(heldBySource(room, Held.waiting), 1)
    for (const stranger of strangers) libc.close(stranger)
    settle(room.loop)
    assert.equal(heldBySource(room, Held.waiting), 0)
  })
}

test('messages without a cookie are answered up to a rate, and no cookie is computed beyond it', () => {
  const { perSource } = fakeRoom().settings
  for (const [patch, owner, answers] of [
    [{ requestsPerS: 1 }, undefined, ['supportedTcpExtensions']],
    [{ requestsPerS: 1 }, DSL, ['supportedTcpExtensions', ConvertError.missingCookie]],
    [{ errorsPerS: 1 }, DSL, ['supportedTcpExtensions', ConvertError.missingCookie]],
  ] as const) {
    const room = fakeRoom({ perSource: { ...perSource, ...patch } })
    room.world.owner = owner
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(said(admitted(room).home, room, [{ type: 'info' }]), answers)
    }
    const { home } = admitted(room)
    libc.send(home, encodeConvert([{ type: 'info' }]))
    settle(room.loop)
    assert.equal(libc.recvHead(home, new Uint8Array(1), 1), -104)
    assert.equal(room.count[COUNT.refusedSilently], 1)
    assert.equal(room.count[COUNT.cookiesIssued], owner === undefined ? 0 : 2)
    // The home itself is served all the same.
    assert.deepEqual(said(admitted(room).home, room, HELLO), ['supportedTcpExtensions'])
  }
})

test('a flood of refusals is a few lines', () => {
  const room = fakeRoom()
  for (let i = 0; i < 50; i++) {
    said(admitted(room).home, room, [
      { type: 'info' },
      { type: 'cookie', cookie: new Uint8Array(8) },
    ])
  }
  assert.equal(room.told.length, 1)
})

test('a home reaches neither this host nor a home, and hears which error', () => {
  const theirs = { prefixes: [{ prefix: parsePrefix('203.0.113.8/30')!, leg: 1 }] }
  for (const [own, neighbour, port] of [
    [[Buffer.from(SERVER).toString('hex')], {}, 80],
    [[], theirs, 80],
    [[], {}, 25],
  ] as const) {
    const deny = [{ ...parsePrefix('203.0.113.0/24')!, ports: [{ from: 25, to: 25 }] }]
    const room = fakeRoom({
      subscribers: [
        subscriber(COOKIES[0], { acl: { allow: [], deny } }),
        subscriber(COOKIES[1], neighbour),
      ],
    })
    room.world.own.push(...own)
    const { home } = admitted(room)
    assert.deepEqual(said(home, room, connectTo('203.0.113.9', COOKIES[0], port)), [
      ConvertError.notAuthorized,
    ])
    assert.equal(room.tallies.held(0, Held.pending), 0)
    libc.close(home)
  }
})

test('while draining requests are told to wait and warm connections are closed', () => {
  const room = fakeRoom({ drainWaitS: 7 })
  const warm = admitted(room).home
  said(warm, room, HELLO)
  room.world.isDraining = true
  for (const end of room.warm) end()
  assert.equal(libc.recvHead(warm, new Uint8Array(1), 1), 0)
  for (const message of [HELLO, connectTo('203.0.113.9', COOKIES[0])]) {
    const { home } = admitted(room)
    libc.send(home, encodeConvert(message))
    settle(room.loop)
    const [error] = heard(home).message
    assert.ok(error?.type === 'error')
    assert.deepEqual(readFailure(error), { code: ConvertError.resourceExceeded, waitS: 7 })
    libc.close(home)
  }
  settle(room.loop)
  assertForgotten(room)
  room.world.isDraining = false
  assert.deepEqual(said(admitted(room).home, room, HELLO), ['supportedTcpExtensions'])
})

test('a Connect that reached a warm connection before the drain hears why it is refused', () => {
  const room = fakeRoom()
  const { home } = admitted(room)
  said(home, room, HELLO)
  libc.send(home, encodeConvert(connectTo('203.0.113.9')))
  room.world.isDraining = true
  for (const end of room.warm) end()
  assert.deepEqual(namesOf(heard(home).message), [ConvertError.resourceExceeded])
  assert.equal(libc.recvHead(home, new Uint8Array(1), 1), 0)
  libc.close(home)
  settle(room.loop)
  assertForgotten(room)
})

function admitted(room = fakeRoom()) {
  const [home, access] = connectedPair()
  admit(room, access)
  return { home, room }
}

function connectTo(address: string, cookie?: Uint8Array, port = 80): ConvertMessage {
  const connect = { type: 'connect', address: parseAddress(address)!, port } as const
  return cookie === undefined ? [connect] : [connect, { type: 'cookie', cookie }]
}

/** What the first message of the answer holds: the types of its TLVs, or an error's code. */
function said(home: number, room: FakeRoom, message: ConvertMessage) {
  libc.send(home, encodeConvert(message))
  settle(room.loop)
  return namesOf(heard(home).message)
}

function heard(home: number) {
  const buffer = new Uint8Array(1_020)
  const got = libc.recv(home, buffer)
  assert.notEqual(got, -EAGAIN, 'no answer')
  const answer = decodeConvert(buffer.subarray(0, Math.max(0, got)))
  assert.ok(answer.kind === 'message', JSON.stringify(answer))
  return answer
}

function namesOf(message: ConvertMessage) {
  return message.map((tlv) => (tlv.type === 'error' ? tlv.code : tlv.type))
}

function heldBySource(room: FakeRoom, what: Held): number {
  return room.sources.tallies.held(room.sources.rowOf(sourceOf(HERE), 1), what)
}

/** Nothing is held for anybody any more. */
function assertForgotten(room: FakeRoom): void {
  assert.equal(room.loop.descriptors, 0)
  assert.equal(room.warm.size, 0)
  assert.equal(room.count[COUNT.pooled], 0)
  for (const tallies of [room.tallies, room.sources.tallies]) {
    for (let row = 0; row < tallies.cells.length / 16; row++) {
      for (const held of Object.values(Held)) assert.equal(tallies.held(row, held), 0)
    }
  }
}

const SERVER = parseAddress('203.0.113.9')!
