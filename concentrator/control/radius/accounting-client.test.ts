import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paintedLog } from '../../../shared/daemon/log.fake.ts'
import {
  decodeRadius,
  encodeRadius,
  judgeRadiusRequest,
  numberOf,
  textOf,
} from '../../../shared/wire/radius.ts'
import { Attribute } from '../../../shared/wire/radius-attributes.ts'
import { AccountingClient } from './accounting-client.ts'
import type { AccountingRecord } from './accounting-record.ts'
import { keysFrom } from './secret.ts'

test('a record is said until it is answered, and its age is in each', () => {
  const world = new World(1)
  world.add('a')
  world.client.pump()
  world.pass(7_000)
  assert.deepEqual(world.said(0), ['a after 0', 'a after 2', 'a after 6'])
  const [one, two] = world.heard[0]!
  assert.notEqual(one![1], two![1], 'another delay is another question')
  world.answer(0)
  assert.deepEqual(world.told, ['a'])
  world.pass(600_000)
  assert.equal(world.heard[0]!.length, 3)
})

test('a silent server is left for the next one, and tried again with one question', () => {
  const world = new World(2)
  for (const name of ['a', 'b', 'c']) world.add(name)
  world.client.pump()
  // Not proven yet: one question each.
  assert.deepEqual([world.said(0), world.said(1)], [['a after 0'], ['b after 0']])
  world.answer(1)
  assert.deepEqual(world.said(1), ['b after 0', 'c after 0'])
  world.answer(1)
  world.pass(14_000)
  assert.deepEqual(world.said(1).at(-1), 'a after 14')
  world.answer(1)
  assert.deepEqual(world.told, ['b', 'c', 'a'])
  assert.deepEqual(world.says, ['RADIUS server answers 1', 'RADIUS server is silent 0'])
  world.pass(10_000)
  for (const name of ['d', 'e']) world.add(name)
  world.client.pump()
  assert.deepEqual([world.said(0).at(-1), world.said(1).at(-1)], ['d after 0', 'e after 0'])
  world.answer(0)
  world.add('f')
  world.client.pump()
  assert.equal(world.said(0).at(-1), 'f after 0', 'the first is the first again')
})

test('a server that nobody is at gives its questions back at once', () => {
  const world = new World(2)
  world.add('a')
  world.client.pump()
  world.client.unreachable(0)
  assert.deepEqual(world.said(1), ['a after 0'])
})

test('a server that dies with many questions gives all of them back', () => {
  const world = new World(2)
  world.add('first')
  world.client.pump()
  world.answer(0)
  for (let i = 0; i < 100; i++) world.add(`r${i}`)
  world.client.pump()
  assert.deepEqual([world.said(0).length, world.said(1).length], [65, 1])
  world.answer(1)
  for (let s = 0; s < 60 && world.told.length < 101; s++) {
    world.pass(1_000)
    world.answerAllBut('', 1)
  }
  assert.equal(new Set(world.told).size, 101)
  assert.ok(world.nowMs < 20_000, `${world.nowMs} ms`)
})

test('while nobody answers it asks ever less', () => {
  const world = new World(1)
  world.add('a')
  world.client.pump()
  world.pass(3_600_000)
  assert.ok(world.said(0).length < 60, `${world.said(0).length} questions in an hour`)
  const asked = world.said(0).length
  for (let s = 0; s < 600 && world.said(0).length === asked; s++) world.pass(1_000)
  world.answer(0)
  assert.deepEqual(world.told, ['a'])
})

test('what must be told alone, and nobody takes, does not hold up the rest for ever', () => {
  const world = new World(1)
  world.addAlone('on')
  world.add('a')
  world.client.pump()
  for (let s = 0; s < 3_600 && !world.told.includes('on'); s++) world.pass(1_000)
  assert.ok(world.told.includes('on'))
  assert.ok(world.says.includes('RADIUS record refused 0'))
  for (let s = 0; s < 600 && world.said(0).at(-1)?.startsWith('a ') !== true; s++) world.pass(1_000)
  world.answer(0)
  assert.deepEqual(world.told, ['on', 'a'])
})

test('what is not the server’s answer to this question changes nothing', () => {
  const world = new World(1)
  world.add('a')
  world.client.pump()
  const [question] = world.heard[0]!
  const packet = { code: 5, identifier: question![1]!, attributes: [] }
  const authenticator = question!.subarray(4, 20)
  const keys = keysFrom(SECRET)
  for (const bytes of [
    encodeRadius(packet, keysFrom('another secret 16'), authenticator),
    encodeRadius(packet, keys, new Uint8Array(16)),
    encodeRadius({ ...packet, code: 44 }, keys, authenticator),
    encodeRadius({ ...packet, identifier: (question![1]! + 1) % 256 }, keys, authenticator),
    new Uint8Array(3),
  ]) {
    world.client.hear(0, bytes)
  }
  assert.deepEqual(world.told, [])
  world.client.hear(0, encodeRadius(packet, keys, authenticator))
  assert.deepEqual(world.told, ['a'])
})

test('a record that a server never takes, while it takes others, is given up', () => {
  const world = new World(1)
  world.add('bad')
  world.add('good')
  world.client.pump()
  let others = 0
  for (let i = 0; i < 3_000 && !world.told.includes('bad'); i++) {
    world.pass(1_000)
    world.add(`good ${others++}`)
    world.client.pump()
    world.answerAllBut('bad')
  }
  assert.ok(world.told.includes('bad'))
  assert.ok(world.says.includes('RADIUS record refused 0'))
})

const SECRET = 'correct horse battery'

class World {
  readonly heard: Uint8Array[][]
  readonly told: string[] = []
  readonly says: string[] = []
  readonly client: AccountingClient
  nowMs = 0
  readonly #records = new Map<number, AccountingRecord>()
  readonly #away = new Set<number>()
  #numbers = 0
  #timers: Array<{ readonly atMs: number; readonly work: () => void }> = []

  constructor(servers: number) {
    this.heard = Array.from({ length: servers }, () => [])
    this.client = new AccountingClient({
      servers: this.heard.map((heard, place) => ({
        name: String(place),
        keys: keysFrom(SECRET),
        send: (bytes) => heard.push(bytes),
      })),
      records: {
        next: () => {
          for (const [number, record] of this.#records) {
            if (this.#away.has(number)) continue
            this.#away.add(number)
            return { number, record }
          }
          return undefined
        },
        back: (number) => void this.#away.delete(number),
        last: (number) => {
          const record = this.#records.get(number)
          this.#records.delete(number)
          if (record !== undefined) this.#records.set(number, record)
          this.#away.delete(number)
        },
        told: (number) => {
          this.told.push(this.#records.get(number)?.session ?? '')
          this.#records.delete(number)
        },
      },
      nasIdentifier: 'concentrator-1',
      timeoutMs: 2_000,
      unixMs: () => this.nowMs,
      later: (work, ms) => {
        const timer = { atMs: this.nowMs + ms, work }
        this.#timers.push(timer)
        return () => {
          this.#timers = this.#timers.filter((one) => one !== timer)
        }
      },
      chance: () => 0.5,
      log: paintedLog((what, { server }) => this.says.push(`${what} ${String(server)}`)),
    })
  }

  add(session: string): void {
    const about = { user: 'home-1', from: '::1', startedMs: this.nowMs }
    this.#records.set(++this.#numbers, { status: 'start', session, atMs: this.nowMs, about })
  }

  /** About the concentrator itself. */
  addAlone(session: string): void {
    this.#records.set(++this.#numbers, { status: 'accountingOn', session, atMs: this.nowMs })
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, next.atMs)
      this.#timers = this.#timers.filter((one) => one !== next)
      next.work()
    }
    this.nowMs = untilMs
  }

  said(place: number): string[] {
    return this.heard[place]!.map((bytes) => {
      assert.equal(judgeRadiusRequest(bytes, keysFrom(SECRET)), 'genuine')
      return `${sessionIn(bytes)} after ${delayIn(bytes)}`
    })
  }

  /** The last question of that server. */
  answer(place: number): void {
    this.#say(place, this.heard[place]!.at(-1)!)
  }

  answerAllBut(session: string, place = 0): void {
    for (const bytes of this.heard[place]!.slice(-100)) {
      if (sessionIn(bytes) !== session) this.#say(place, bytes)
    }
  }

  #say(place: number, question: Uint8Array): void {
    const packet = { code: 5, identifier: question[1]!, attributes: [] }
    this.client.hear(place, encodeRadius(packet, keysFrom(SECRET), question.subarray(4, 20)))
  }
}

function sessionIn(bytes: Uint8Array): string | undefined {
  return textOf(attribute(bytes, Attribute.acctSessionId))
}

function delayIn(bytes: Uint8Array): number | undefined {
  return numberOf(attribute(bytes, Attribute.acctDelayTime))
}

function attribute(bytes: Uint8Array, wanted: number) {
  const decoded = decodeRadius(bytes)
  assert.ok(decoded.kind === 'message')
  const found = decoded.packet.attributes.find(({ type }) => type === wanted)
  assert.ok(found !== undefined)
  return found
}
