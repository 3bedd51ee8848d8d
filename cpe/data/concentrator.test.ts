/**
 * What the home does with what it hears, between real sockets on the loopback.
 *
 *    host ──── lan  Request ─┐
 *                     Pool ──┴─ uplinks ════ painted concentrator
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { LEGS } from '../../shared/core/leg.ts'
import { EAGAIN, ECONNRESET } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import type { ConvertFailure } from '../../shared/wire/convert-failure.ts'
import { Accepted } from './accepted.ts'
import {
  cookieOf,
  FROM,
  HELLO,
  has,
  PaintedConcentrator,
  refusal,
  welcome,
} from './concentrator.fake.ts'
import { Concentrator } from './concentrator.ts'
import { Pool } from './pool.ts'
import { paintedRoom } from './room.fake.ts'
import { COUNT, type HouseNews } from './room.ts'
import { findWay } from './way-out.ts'

const PROVISIONED = '1111111111111111'
const ISSUED = 'aaaaaaaaaaaaaaaa'
/** Without an interface it cannot be dialled: what goes direct goes nowhere. */
const NOBODY = knownAddress('fe80::9')
const NOT_AUTHORIZED: ConvertFailure = { code: ConvertError.notAuthorized }
const TAKE_THIS: ConvertFailure = { code: ConvertError.missingCookie, cookie: hex(ISSUED) }

test('a home asks for a cookie with its first hello, and shows what it was given', (t) => {
  const { street, pool, concentrator, settled } = home(t, { pooled: 1 })
  street.answer = (message) =>
    cookieOf(message) === undefined ? refusal(TAKE_THIS) : welcome(message)
  settled()
  assert.deepEqual(helloCookies(street), [undefined, ISSUED])
  assert.equal(concentrator.open, true)
  assert.equal(pool.take(LEGS)?.cookie.issued, true)
})

test('with Supported TCP Extensions in the same message it is taken all the same', (t) => {
  const { street, settled } = home(t, { pooled: 1 })
  const value = Uint8Array.from([0, ...hex(ISSUED)])
  const both = encodeConvert([...HELLO, { type: 'error', code: 3, value }])
  street.answer = (message) =>
    cookieOf(message) === undefined ? { bytes: both, close: true } : welcome(message)
  settled()
  assert.deepEqual(helloCookies(street), [undefined, ISSUED])
})

for (const [name, answer] of [
  ['issues none', { bytes: encodeConvert(HELLO), close: true }],
  ['closes without a word', { close: true }],
  ['sends nonsense', { bytes: Uint8Array.of(72, 84, 84, 80), close: true }],
  ['sends a cookie too long for any message', refusal({ code: 3, cookie: new Uint8Array(996) })],
] as const) {
  test(`a concentrator that ${name} when asked is shown the provisioned cookie`, (t) => {
    const { street, concentrator, settled, news } = home(t, { pooled: 1 })
    street.answer = (message) => (cookieOf(message) === undefined ? answer : welcome(message))
    settled()
    assert.deepEqual(helloCookies(street), [undefined, PROVISIONED])
    assert.equal(concentrator.open, true)
    assert.deepEqual(news, [])
  })
}

test('while the home asks for a cookie, LAN connections go out with the provisioned one', (t) => {
  const { street, settled, visit } = home(t, { pooled: 1 })
  street.answer = (message) => (cookieOf(message) === undefined ? undefined : welcome(message))
  settled()
  visit('GET /')
  settled()
  const connect = street.said.find(({ message }) => has(message, 'connect'))
  assert.equal(cookieOf(connect?.message ?? []), PROVISIONED)
})

test('an issued cookie that is refused is forgotten, and the provisioned one tried at once', (t) => {
  const { street, concentrator, settled, news } = home(t, { pooled: 1 })
  street.answer = (message) => {
    if (cookieOf(message) === undefined) return refusal(TAKE_THIS)
    return cookieOf(message) === ISSUED ? refusal(NOT_AUTHORIZED) : welcome(message)
  }
  settled()
  assert.deepEqual(helloCookies(street), [undefined, ISSUED, PROVISIONED])
  assert.equal(concentrator.open, true)
  assert.deepEqual(news, [])
})

test('when the provisioned cookie is refused nobody asks for 30 s, and it is said once', (t) => {
  const { street, concentrator, pool, settled, news } = home(t, { pooled: 1 })
  street.answer = (message) =>
    cookieOf(message) === undefined ? welcome(message) : refusal(NOT_AUTHORIZED)
  settled()
  assert.equal(concentrator.open, false)
  assert.match(story(news), /^bypassing .*compare subscriber.cookie on both sides$/)
  const asked = street.dialled.length
  settled(29_000)
  pool.legsChanged()
  assert.equal(street.dialled.length, asked)
  settled(2_000)
  assert.ok(street.dialled.length > asked)
  assert.equal(news.length, 1)
})

for (const code of [ConvertError.resourceExceeded, ConvertError.networkFailure]) {
  for (const [waitS, heldS] of [
    [7, 7],
    [0, 30],
    [255, 255],
  ] as const) {
    test(`error ${code} with ${waitS} s: ${heldS} s without a question, whoever is answered meanwhile`, (t) => {
      const { street, concentrator, pool, settled } = home(t, { pooled: 2 })
      let hellos = 0
      street.answer = (message) => {
        if (cookieOf(message) === undefined) return welcome(message)
        // The second hello is on its way when the first one is refused.
        return hellos++ === 0 ? refusal({ code, waitS }) : undefined
      }
      settled()
      const late = street.said.at(-1)!.fd
      assert.equal(hellos, 2)
      assert.equal(concentrator.open, false)
      libc.send(late, encodeConvert(HELLO))
      settled()
      assert.equal(concentrator.open, false)
      const asked = street.dialled.length
      street.answer = welcome
      settled(heldS * 1_000 - 900)
      pool.legsChanged()
      assert.equal(street.dialled.length, asked)
      settled(2_000)
      assert.ok(street.dialled.length > asked)
      assert.equal(concentrator.open, true)
    })
  }
}

test('what one thread is told to stop, no thread asks for', (t) => {
  const { street, settled, room } = home(t, { pooled: 1 })
  street.answer = (message) =>
    cookieOf(message) === undefined
      ? welcome(message)
      : refusal({ code: ConvertError.resourceExceeded, waitS: 7 })
  const { stopUntilMs } = room
  const other = new Concentrator({ ...room, stopUntilMs })
  assert.equal(other.open, true)
  settled()
  assert.equal(other.open, false)
  assert.equal(other.mayDial, false)
})

test('an alien answer marks the leg: the next uplinks begin on the other one', (t) => {
  const { street, concentrator, room, settled, news } = home(t, { pooled: 1 })
  street.answer = (message, leg) => {
    if (cookieOf(message) === undefined) return welcome(message)
    return leg === 'dsl' ? { bytes: Buffer.from('HTTP/1.1 400\r\n\r\n') } : welcome(message)
  }
  settled()
  assert.equal(concentrator.leg, 'lte')
  assert.equal(concentrator.open, true)
  assert.equal(room.count[COUNT.marksDsl], 1)
  assert.equal(story(news), 'marked dsl for 60 s: whoever answers does not speak Convert')
})

test('with an alien on every leg nobody asks, and connections bypass', (t) => {
  const { street, concentrator, settled, visit, room } = home(t, { pooled: 1 })
  street.answer = () => ({ bytes: Buffer.from('HTTP/1.1 400\r\n\r\n') })
  settled()
  assert.equal(concentrator.leg, undefined)
  assert.equal(concentrator.open, false)
  visit('GET /')
  assert.equal(room.count[COUNT.flowsDirect], 1)
})

test('an answer that is missing on one leg makes the other carry on, for a trial of 5 s', (t) => {
  const { street, concentrator, settled, news } = home(t, { pooled: 1 })
  street.answer = (message, leg) =>
    leg === 'dsl' && cookieOf(message) !== undefined ? { close: true } : welcome(message)
  settled()
  assert.equal(concentrator.open, true)
  assert.equal(concentrator.leg, 'lte')
  assert.equal(story(news), 'marked dsl for 5 s: it closed the connection before it answered')
  // Then one hello tries the leg, and the others wait for its answer.
  const asked = street.dialled.length
  street.answer = (message, leg) => (leg === 'dsl' ? undefined : welcome(message))
  settled(5_100)
  assert.deepEqual(
    street.dialled.slice(asked).filter((leg) => leg === 'dsl'),
    ['dsl'],
  )
  assert.equal(concentrator.leg, 'lte')
  libc.send(street.said.at(-1)!.fd, encodeConvert(HELLO))
  settled()
  assert.equal(concentrator.leg, 'dsl')
})

test('what a warm uplink is answered says nothing about the leg it began on', (t) => {
  const { street, concentrator, pool, settled, visit, room } = home(t, { pooled: 2 })
  settled()
  street.answer = (message, leg) =>
    leg === 'dsl' && has(message, 'info') ? { close: true } : welcome(message)
  pool.take(LEGS)
  settled()
  assert.equal(concentrator.leg, 'lte')
  visit('GET /')
  settled()
  assert.equal(room.count[COUNT.flowsBonded], 1)
  assert.equal(concentrator.leg, 'lte')
})

test('answers missing on all legs are the concentrator, and no leg is marked', (t) => {
  const { street, concentrator, settled, news } = home(t, { pooled: 1 })
  street.answer = () => ({ close: true })
  settled()
  assert.equal(concentrator.open, false)
  assert.equal(concentrator.leg, 'dsl')
  assert.match(story(news.slice(-1)), /^bypassing/)
})

test('an answer that is missing while no probe is answered says nothing about the leg', (t) => {
  const { street, concentrator, settled, room } = home(t, { pooled: 1 })
  street.answer = (message) => {
    if (cookieOf(message) === undefined) return welcome(message)
    room.board.writeHouse(false, true)
    return { close: true }
  }
  settled()
  room.board.writeHouse(true, true)
  assert.equal(concentrator.leg, 'dsl')
  assert.equal(room.count[COUNT.marksDsl], 0)
})

test('a warm uplink that began on LTE is not for connections that may not use it', (t) => {
  const { street, pool, room, settled } = home(t, { pooled: 1 })
  settled()
  const [first] = street.dialled
  const other = first === 'dsl' ? 'lte' : 'dsl'
  assert.equal(pool.spare([other]), undefined)
  assert.ok(pool.spare([first ?? 'dsl']) !== undefined)
  assert.ok(room.board.leg(other).up)
})

test('a leg with a new address is another line', (t) => {
  const { street, concentrator, pool, settled, room } = home(t, { pooled: 1 })
  street.answer = (message, leg) =>
    leg === 'dsl' ? { bytes: Buffer.from('HTTP/1.1 400\r\n\r\n') } : welcome(message)
  settled()
  assert.equal(concentrator.leg, 'lte')
  const address6 = knownAddress('2001:db8:d:1::2')
  room.board.writeLeg('dsl', { up: true, ifIndex: 1, srttUs: 0, address4: undefined, address6 })
  pool.legsChanged()
  assert.equal(concentrator.leg, 'dsl')
})

test('uplinks that fell back are not handed out, until the line is known for it', (t) => {
  const { street, pool, room, settled } = home(t, { pooled: 1, plain: true })
  settled()
  // Thrice in a row is no chance.
  assert.ok(room.count[COUNT.fallbacksDsl]! >= 3)
  assert.equal(pool.take(LEGS)?.plain, true)
  street.plain = false
  // The next was dialled already; the one after it is bonded.
  settled()
  pool.take(LEGS)
  settled()
  assert.equal(pool.take(LEGS)?.plain, false)
})

test('a dialled uplink that fell back is dialled once more before the LAN is heard', (t) => {
  const { street, room, settled, visit } = home(t, { pooled: 0, plain: true })
  visit('GET /')
  settled()
  assert.deepEqual(street.dialled, ['dsl', 'dsl'])
  assert.equal(street.said.length, 1)
  assert.equal(street.said[0]?.payload, 'GET /')
  assert.equal(room.count[COUNT.fallbacksDsl], 2)
})

test('a long first message arrives whole before the server has answered', (t) => {
  const { street, settled, visit } = home(t, { pooled: 0 })
  street.answer = () => undefined
  const words = 'GET /'.repeat(1_000)
  visit(words)
  settled()
  assert.equal(street.said[0]?.payload, words)
})

test('a request whose SYN is lost takes a warm uplink that has come meanwhile', (t) => {
  const { street, settled, visit, room } = home(t, { pooled: 1 })
  street.deaf = true
  visit('GET /')
  street.deaf = false
  settled()
  assert.equal(room.count[COUNT.flowsBonded], 0)
  settled(300)
  const connect = street.said.find(({ message }) => has(message, 'connect'))
  assert.equal(connect?.payload, 'GET /')
  assert.equal(room.count[COUNT.flowsBonded], 1)
  assert.equal(room.count[COUNT.flowsDirect], 0)
})

test('without one it goes out directly', (t) => {
  const { street, settled, visit, room } = home(t, { pooled: 0 })
  street.deaf = true
  visit('GET /')
  settled(300)
  assert.equal(room.count[COUNT.flowsDirect], 1)
})

test('a Connect that is told to show a cookie is asked again with it, and nothing is lost', (t) => {
  const { street, settled, visit, room } = home(t, { pooled: 0 })
  street.answer = (message) =>
    cookieOf(message) === PROVISIONED ? refusal(TAKE_THIS) : welcome(message)
  const host = visit('GET /')
  settled()
  assert.deepEqual(
    street.said.map(({ message, payload }) => [cookieOf(message), payload]),
    [
      [PROVISIONED, 'GET /'],
      [ISSUED, 'GET /'],
    ],
  )
  assert.equal(room.count[COUNT.flowsBonded], 1)
  assert.equal(libc.recv(host, new Uint8Array(1)), -EAGAIN)
})

test('a Connect that is told so twice goes out directly', (t) => {
  const { street, settled, visit, room } = home(t, { pooled: 0 })
  street.answer = () => refusal(TAKE_THIS)
  visit('GET /')
  settled()
  assert.equal(street.said.length, 2)
  assert.equal(room.count[COUNT.flowsDirect], 1)
})

test('an issued cookie that a Connect shows in vain is replaced by the provisioned one', (t) => {
  const { street, concentrator, settled, visit, room } = home(t, { pooled: 0 })
  concentrator.jar.issue(hex(ISSUED), { leg: 'dsl', from: FROM.dsl }, room.loop.nowMs)
  street.answer = (message) =>
    cookieOf(message) === ISSUED ? refusal(NOT_AUTHORIZED) : welcome(message)
  visit('GET /')
  settled()
  assert.deepEqual(
    street.said.map(({ message }) => cookieOf(message)),
    [ISSUED, PROVISIONED],
  )
  assert.equal(room.count[COUNT.flowsBonded], 1)
  assert.equal(concentrator.jar.cookieFor({ leg: 'dsl', from: FROM.dsl }).issued, false)
})

test('a destination that the concentrator forbids costs the home no cookie', (t) => {
  const { street, concentrator, settled, visit, room } = home(t, { pooled: 0 })
  concentrator.jar.issue(hex(ISSUED), { leg: 'dsl', from: FROM.dsl }, room.loop.nowMs)
  street.answer = () => refusal(NOT_AUTHORIZED)
  visit('GET /')
  settled()
  assert.equal(room.count[COUNT.flowsDirect], 1)
  assert.equal(concentrator.open, true)
  assert.equal(concentrator.jar.cookieFor({ leg: 'dsl', from: FROM.dsl }).issued, true)
})

for (const [failure, open, what] of [
  [{ code: 0, versions: [2] }, false, 'direct'],
  [{ code: 1, echo: new Uint8Array(4) }, true, 'direct'],
  [{ code: 2, echo: new Uint8Array(4) }, true, 'direct'],
  [{ code: 32 }, true, 'direct'],
  [{ code: 33, kinds: [29] }, true, 'direct'],
  [{ code: 64, waitS: 9 }, false, 'direct'],
  [{ code: 65, waitS: 9 }, false, 'direct'],
  [{ code: 96 }, true, 'reset'],
  [{ code: 97, icmpCode: 1 }, true, 'reset'],
  [{ code: 97, icmpCode: 0 }, true, 'direct'],
] as const satisfies ReadonlyArray<readonly [ConvertFailure, boolean, string]>) {
  test(`a Connect answered with ${JSON.stringify(failure)}: ${what}, ${open ? 'bonding goes on' : 'a stop'}`, (t) => {
    const { street, concentrator, settled, visit, room } = home(t, { pooled: 0 })
    street.answer = () => refusal(failure)
    const host = visit('GET /')
    settled()
    assert.equal(concentrator.open, open)
    assert.equal(room.count[COUNT.flowsDirect], what === 'direct' ? 1 : 0)
    if (what === 'reset') assert.equal(libc.recv(host, new Uint8Array(1)), -ECONNRESET)
    assert.equal(street.said.length, 1)
  })
}

for (const [name, answer] of [
  ['two TLVs of one type', '01032263' + '15010000' + '15010000'],
  ['a TLV of type 0', '01022263' + '00010000'],
  ['a TLV of a type we do not know', '01022263' + 'c8010000'],
  ['a Total Length of 0', '01002263'],
  ['a TLV of length 0', '01022263' + '1e000000'],
] as const) {
  test(`an answer with ${name} is answered with a reset`, (t) => {
    const { street, settled, visit } = home(t, { pooled: 0 })
    let heard = 0
    street.answer = (message) => {
      if (has(message, 'connect')) return { bytes: hex(answer) }
      return undefined
    }
    street.onEnd = (result) => {
      heard = result
    }
    visit('GET /')
    settled()
    assert.equal(heard, -ECONNRESET)
  })
}

/** A home with both legs up. `pooled`: warm uplinks it holds, besides LAN connections that dial. */
function home(t: TestContext, { pooled, plain = false }: { pooled: number; plain?: boolean }) {
  const clock = { aheadMs: 0 }
  const now = performance.now.bind(performance)
  t.mock.method(performance, 'now', () => now() + clock.aheadMs)
  const news: HouseNews[] = []
  const settings = { cookie: hex(PROVISIONED), poolSizeMin: pooled, poolSizeMax: pooled }
  const room = paintedRoom(settings, (told) => news.push(told))
  const { loop, board } = room
  for (const leg of LEGS) {
    board.writeLeg(leg, {
      up: true,
      ifIndex: 1,
      srttUs: 0,
      address4: undefined,
      address6: FROM[leg],
    })
  }
  const street = new PaintedConcentrator(loop)
  street.plain = plain
  const concentrator = new Concentrator(room, street.dial)
  const pool = new Pool(room, concentrator)
  t.after(() => {
    street[Symbol.dispose]()
    loop[Symbol.dispose]()
  })
  /** A LAN host opens a connection and says something. */
  const visit = (words: string): number => {
    const [host, lan] = connectedPair()
    libc.send(host, Buffer.from(words))
    loop.watch(lan, { onReady() {}, onTurn() {} })
    const destination = { address: NOBODY, port: 9 }
    findWay(room, pool, new Accepted(room, { fd: lan, destination }))
    t.after(() => libc.close(host))
    return host
  }
  /** The clock moves when told, and everybody sees what time it is. */
  const settled = (afterMs = 0) => {
    clock.aheadMs += afterMs
    settle(loop)
  }
  return { street, concentrator, pool, room, news, visit, settled }
}

/** What the hellos showed, in order. */
function helloCookies({ said }: PaintedConcentrator): Array<string | undefined> {
  return said.filter(({ message }) => has(message, 'info')).map(({ message }) => cookieOf(message))
}

function story(news: readonly HouseNews[]): string {
  return news
    .map((told) => {
      if (told.event === 'marked') return `marked ${told.leg} for ${told.forS} s: ${told.why}`
      return 'why' in told ? `${told.event} ${told.why}` : told.event
    })
    .join('\n')
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
