import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paintedLog } from '../../../shared/daemon/log.fake.ts'
import { knownAddress, parsePrefix } from '../../../shared/wire/address.ts'
import {
  decodeRadius,
  encodeRadius,
  isGenuineRadius,
  numberAttribute,
  numberOf,
  type RadiusAttribute,
  RadiusCode,
  textAttribute,
  vendorSpecific,
} from '../../../shared/wire/radius.ts'
import {
  Attribute,
  ErrorCause,
  HYBRIDGE_VENDOR,
  HybridgeAttribute,
} from '../../../shared/wire/radius-attributes.ts'
import { Homes, type NamedLayer } from '../../subscribers/homes.ts'
import {
  type Change,
  type Committed,
  type JsonObject,
  KeeperUnavailable,
} from '../../subscribers/keeper.ts'
import { verifierOf } from '../../subscribers/records.ts'
import { Changes } from './changes.ts'
import { keysFrom } from './secret.ts'

const CLIENT = knownAddress('192.0.2.30')
const NOW_MS = 1_790_000_000_500
const USER = textAttribute(Attribute.userName, 'home-1')

test('a plan that is named is the home’s from now on, in the store', async () => {
  const world = new World()
  assert.equal(await world.change(USER, ours('plan', 'gold')), 'yes')
  assert.equal(world.trialS(), 9)
  assert.deepEqual(world.commits, [{ who: 'radius 192.0.2.30', after: { ...BODY, plan: 'gold' } }])
  assert.equal(await world.change(USER, ours('plan', '(none)')), 'yes')
  assert.equal(world.trialS(), 5)
})

test('Filter-Id and keys lie on top of it until something else is laid there', async () => {
  const world = new World()
  const filter = (name: string) => textAttribute(Attribute.filterId, name)
  assert.equal(await world.change(USER, filter('gold'), ours('policy', 'standby=cold')), 'yes')
  assert.deepEqual([world.trialS(), world.standby()], [9, 'cold'])
  assert.equal(await world.change(USER, ours('policy', 'overflow.trialS=7')), 'yes')
  assert.deepEqual([world.trialS(), world.standby()], [7, 'hot'])
  assert.equal(await world.change(USER, filter('(none)')), 'yes')
  assert.deepEqual([world.trialS(), world.standby(), world.commits.length], [5, 'hot', 0])
})

test('nothing is laid over a session that ends while the store takes the plan', async () => {
  const world = new World()
  world.onCommit = () => {
    world.isHere = false
  }
  const asked = world.change(USER, ours('plan', 'gold'), ours('policy', 'standby=cold'))
  assert.equal(await asked, ErrorCause.sessionContextNotFound)
  assert.deepEqual([world.trialS(), world.standby()], [9, 'hot'])
})

test('a session is known by its id as well, and by both only where they agree', async () => {
  const world = new World()
  const session = textAttribute(Attribute.acctSessionId, 'ab01')
  const other = textAttribute(Attribute.acctSessionId, 'ab02')
  const gold = ours('plan', 'gold')
  assert.equal(await world.change(session, gold), 'yes')
  assert.equal(await world.change(session, USER, gold), 'yes')
  assert.equal(await world.change(other, gold), ErrorCause.sessionContextNotFound)
  assert.equal(await world.change(other, USER, gold), ErrorCause.sessionContextNotFound)
})

test('Disconnect ends the session, and tells why', async () => {
  const world = new World()
  const why = textAttribute(Attribute.replyMessage, 'not paid')
  assert.equal(await world.ask(RadiusCode.disconnectRequest, [USER, why]), 'yes')
  assert.equal(await world.ask(RadiusCode.disconnectRequest, [USER]), 'yes')
  assert.deepEqual(world.disconnected, ['home-1: not paid', 'home-1: the operator ended it'])
})

for (const [what, cause, attributes] of [
  [
    'of whom nobody knows',
    'sessionContextNotFound',
    [textAttribute(1, 'home-9'), ours('plan', 'gold')],
  ],
  [
    'of a home without a session',
    'sessionContextNotFound',
    [textAttribute(1, 'home-2'), ours('plan', 'gold')],
  ],
  ['of nobody', 'missingAttribute', [ours('plan', 'gold')]],
  ['for nothing', 'missingAttribute', [USER]],
  ['for a plan that is not there', 'invalidAttributeValue', [USER, ours('plan', 'lead')]],
  ['for a filter that is not there', 'invalidAttributeValue', [USER, textAttribute(11, 'lead')]],
  ['for a key that is not there', 'invalidAttributeValue', [USER, ours('policy', 'overflow.x=1')]],
  ['for a value that is none', 'invalidAttributeValue', [USER, ours('policy', 'standby=warm')]],
  ['for what is no assignment', 'invalidAttributeValue', [USER, ours('policy', 'standby')]],
  [
    'for what contradicts itself',
    'invalidAttributeValue',
    [USER, ours('policy', 'overflow.engagePercent=50')],
  ],
  ['for what is no text', 'invalidAttributeValue', [{ type: 1, value: new Uint8Array([0xff]) }]],
  ['for another service', 'unsupportedService', [USER, numberAttribute(6, 17)]],
  ['with what we do not know', 'unsupportedAttribute', [USER, numberAttribute(27, 60)]],
  [
    'with another vendor’s',
    'unsupportedAttribute',
    [USER, vendorSpecific(9, textAttribute(1, 'x'))],
  ],
  ['with what we only say', 'unsupportedAttribute', [USER, ours('dslInputOctets', '12345678')]],
  ['to another', 'nasIdentificationMismatch', [USER, textAttribute(32, 'concentrator-2')]],
  ['to another address', 'nasIdentificationMismatch', [USER, numberAttribute(4, 0xc0000202)]],
] as const) {
  test(`a change ${what} is refused, and nothing is changed`, async () => {
    const world = new World()
    const answer = await world.change(...attributes)
    assert.equal(answer, ErrorCause[cause])
    assert.deepEqual([world.commits.length, world.trialS()], [0, 5])
  })
}

test('a change that is half right is not made at all', async () => {
  const world = new World()
  assert.equal(await world.change(USER, ours('plan', 'gold'), ours('policy', 'x=1')), 407)
  assert.deepEqual([world.commits.length, world.trialS()], [0, 5])
})

test('Disconnect with a change in it is refused', async () => {
  const world = new World()
  const answer = await world.ask(RadiusCode.disconnectRequest, [USER, ours('plan', 'gold')])
  assert.equal(answer, ErrorCause.unsupportedAttribute)
  assert.deepEqual(world.disconnected, [])
})

test('what names us as we are is obeyed', async () => {
  const world = new World()
  const names = [textAttribute(32, 'concentrator-1'), numberAttribute(4, 0xc0000201)]
  const ipv6 = { type: Attribute.nasIpv6Address, value: knownAddress('2001:db8::1') }
  assert.equal(await world.change(USER, ...names, ipv6, ours('plan', 'gold')), 'yes')
})

test('while the store is away a plan is refused, and tried again where somebody was quicker', async () => {
  const world = new World()
  world.store = 'away'
  assert.equal(await world.change(USER, ours('plan', 'gold')), ErrorCause.resourcesUnavailable)
  assert.equal(await world.change(USER, ours('policy', 'overflow.trialS=7')), 'yes')
  world.store = 'once taken'
  assert.equal(await world.change(USER, ours('plan', 'gold'), numberAttribute(55, 1)), 'yes')
})

test('who is not known, has another secret, does not sign, or is not of this moment hears nothing', async () => {
  const world = new World()
  const attributes = [USER, stamp(NOW_MS), ours('plan', 'gold')]
  const packet = { code: RadiusCode.coaRequest, identifier: 1, attributes }
  const good = encodeRadius(packet, keysFrom(SECRET))
  assert.equal(await world.changes.hear(good, knownAddress('192.0.2.31')), undefined)
  assert.equal(await world.changes.hear(good, knownAddress('::ffff:192.0.2.31')), undefined)
  for (const [why, bytes] of [
    ['another secret', encodeRadius(packet, keysFrom('another secret 16'))],
    ['no Message-Authenticator', good.slice(0, 20)],
    ['an answer', encodeRadius({ ...packet, code: RadiusCode.coaAck }, keysFrom(SECRET))],
    ['no time', encodeRadius({ ...packet, attributes: [USER] }, keysFrom(SECRET))],
    ['too old', stampedAt(NOW_MS - 301_000)],
    ['too new', stampedAt(NOW_MS + 302_000)],
    ['noise', new Uint8Array(19)],
  ] as const) {
    assert.equal(await world.changes.hear(bytes, CLIENT), undefined, why)
  }
  assert.equal(world.commits.length, 0)
  assert.deepEqual(world.said, ['RADIUS request ignored'], 'a flood is one line')
  assert.notEqual(await world.changes.hear(good, CLIENT), undefined)
})

test('the same request again is answered the same, and done once, for as long as it could be taken', async () => {
  const world = new World()
  const bytes = stampedAt(NOW_MS + 299_000, RadiusCode.disconnectRequest)
  const first = await world.changes.hear(bytes, CLIENT)
  world.nowMs += 590_000
  assert.deepEqual(await world.changes.hear(bytes, CLIENT), first)
  assert.equal(world.disconnected.length, 1)
  world.nowMs += 20_000
  assert.equal(await world.changes.hear(bytes, CLIENT), undefined)
})

test('beyond what can be remembered requests are refused, and not done', async () => {
  const world = new World()
  for (let i = 0; i < 4_096; i++) {
    await world.ask(RadiusCode.disconnectRequest, [USER, textAttribute(33, String(i))])
  }
  assert.equal(world.disconnected.length, 4_096)
  const answer = await world.ask(RadiusCode.disconnectRequest, [USER])
  assert.equal(answer, ErrorCause.resourcesUnavailable)
  assert.equal(world.disconnected.length, 4_096)
})

test('Proxy-State and State come back as they came, in their order', async () => {
  const world = new World()
  const states = ['b', 'a'].map((text) => textAttribute(Attribute.proxyState, text))
  const state = textAttribute(Attribute.state, 's')
  await world.change(USER, ours('plan', 'gold'), ...states, state)
  const echoed = world.lastAnswer.filter(({ type }) => type !== Attribute.messageAuthenticator)
  assert.deepEqual(echoed, [...states, state])
})

const SECRET = 'correct horse battery'
const BODY = { verifier: { ...verifierOf(new Uint8Array(16)) } }

class World {
  readonly commits: Array<{ who: string; after: JsonObject | undefined }> = []
  readonly disconnected: string[] = []
  readonly said: string[] = []
  lastAnswer: readonly RadiusAttribute[] = []
  nowMs = NOW_MS
  store: 'there' | 'away' | 'once taken' = 'there'
  isHere = true
  onCommit: () => void = () => undefined
  readonly changes: Changes
  readonly #homes = new Homes([])
  #version = 1
  #identifier = 0

  constructor() {
    this.#homes.setHome('home-1', 1, BODY)
    this.#homes.setHome('home-2', 1, { verifier: { ...verifierOf(new Uint8Array(16).fill(2)) } })
    this.#homes.setPlan('gold', 1, { policy: { overflow: { trialS: 9 } } })
    this.changes = new Changes({
      own: {
        nasIdentifier: 'concentrator-1',
        addresses: ['192.0.2.1', '2001:db8::1'].map(knownAddress),
      },
      clients: [{ prefix: parsePrefix('192.0.2.30')!, keys: keysFrom(SECRET) }],
      windowS: 300,
      store: {
        homes: this.#homes,
        commit: (changes, who) => this.#commit(changes, who),
        override: (id, layers: readonly NamedLayer[]) => void this.#homes.override(id, layers),
      },
      sessionOf: (user) => (user === 'home-1' ? 'ab01' : undefined),
      userOf: (session) => (session === 'ab01' ? 'home-1' : undefined),
      isHere: (user) => user === 'home-1' && this.isHere,
      disconnect: (user, why) => this.disconnected.push(`${user}: ${why}`),
      unixMs: () => this.nowMs,
      log: paintedLog((what) => this.said.push(what)),
    })
  }

  trialS() {
    return this.#homes.policyOf('home-1')?.policy.overflow.trialS
  }

  standby() {
    return this.#homes.policyOf('home-1')?.policy.standby
  }

  change(...attributes: readonly RadiusAttribute[]) {
    return this.ask(RadiusCode.coaRequest, attributes)
  }

  /** `yes`, or the Error-Cause. */
  async ask(code: number, attributes: readonly RadiusAttribute[]) {
    const identifier = ++this.#identifier % 256
    const stamped = [stamp(this.nowMs), ...attributes]
    const bytes = encodeRadius({ code, identifier, attributes: stamped }, keysFrom(SECRET))
    const answer = await this.changes.hear(bytes, CLIENT)
    assert.ok(answer !== undefined)
    const decoded = decodeRadius(answer)
    assert.ok(decoded.kind === 'message')
    assert.ok(isGenuineRadius(decoded.whole, keysFrom(SECRET), bytes.subarray(4, 20)))
    assert.equal(decoded.packet.identifier, identifier)
    this.lastAnswer = decoded.packet.attributes
    const cause = this.lastAnswer.find(({ type }) => type === Attribute.errorCause)
    assert.equal(decoded.packet.code, code + (cause === undefined ? 1 : 2))
    return cause === undefined ? 'yes' : numberOf(cause)
  }

  #commit(changes: readonly Change[], who: string): Promise<Committed> {
    if (this.store === 'away') return Promise.reject(new KeeperUnavailable('away'))
    const [change] = changes
    assert.ok(change !== undefined)
    this.#version++
    if (this.store === 'once taken') {
      this.store = 'there'
      this.#homes.setHome(change.id, this.#version, BODY)
      const at = { kind: change.kind, id: change.id }
      return Promise.resolve({ kind: 'conflict', at, version: this.#version })
    }
    this.commits.push({ who, after: change.after })
    this.onCommit()
    this.#homes.setHome(change.id, this.#version, change.after)
    return Promise.resolve({ kind: 'done', last: this.#version })
  }
}

function ours(name: keyof typeof HybridgeAttribute, text: string): RadiusAttribute {
  return vendorSpecific(HYBRIDGE_VENDOR, textAttribute(HybridgeAttribute[name], text))
}

function stamp(ms: number): RadiusAttribute {
  return numberAttribute(Attribute.eventTimestamp, Math.floor(ms / 1_000))
}

function stampedAt(ms: number, code: number = RadiusCode.coaRequest): Uint8Array {
  return encodeRadius({ code, identifier: 1, attributes: [USER, stamp(ms)] }, keysFrom(SECRET))
}
