import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spoken, understandHome } from '../../shared/config/control-messages.ts'
import { credentialOf, isProof } from '../../shared/session/credential.ts'
import { HeldEnd, settle } from '../../shared/session/ends.fake.ts'
import { Conversation, type ConversationEnd } from './conversation.ts'

const credential = credentialOf(Buffer.from('5ec4e75e5ec4e75e5ec4e75e5ec4e75e', 'hex'))
const exporter = new Uint8Array(32).fill(3)
const WELCOME = { type: 'welcome', version: 1, software: 'x', timeMs: 7_000, reportS: 10 }
const POLICY = { type: 'policy', version: 'one', document: { overflow: { trialS: 9 } } }

test('the home says who it is, and proves it for this connection alone', async () => {
  const { concentrator } = await talk()
  const understood = understandHome(concentrator.heard[0]!)
  assert.ok(understood.kind === 'message' && understood.message.type === 'hello')
  const { id, leg, proof, versions } = understood.message
  assert.deepEqual(
    { id, leg, versions },
    { id: 'home-1', leg: 'lte', versions: { min: 1, max: 1 } },
  )
  assert.ok(isProof(proof, credential.verifier, exporter, 'home-1'))
})

test('a welcome tells the time, and is answered with a report', async () => {
  const { concentrator, story } = await talk()
  await concentrator.says(WELCOME)
  assert.deepEqual(story, ['opened', 'time 7000', 'reported'])
  assert.deepEqual(concentrator.types, ['hello', 'report'])
  await concentrator.says({ type: 'heard', timeMs: 8_000 })
  assert.deepEqual(story.slice(3), ['heard', 'time 8000'])
})

test('a policy is applied and acknowledged, or what is wrong with it is said', async () => {
  const { concentrator, story } = await talk()
  await concentrator.says(WELCOME, POLICY, { ...POLICY, version: 'bad' })
  assert.deepEqual(story.slice(3), ['policy one', 'policy bad'])
  assert.deepEqual(concentrator.heard.slice(2), [
    { type: 'applied', version: 'one' },
    { type: 'applied', version: 'bad', problem: 'it does not fit' },
  ])
})

test('a cookie is for its leg', async () => {
  const { concentrator, story } = await talk()
  const cookie = spoken(Buffer.from('crumb'))
  await concentrator.says(WELCOME, { type: 'cookie', leg: 'dsl', family: 'ipv6', cookie })
  assert.deepEqual(story.slice(3), ['cookie dsl ipv6 crumb'])
})

test('a home hears where else it may go', async () => {
  const { concentrator, story } = await talk()
  await concentrator.says(WELCOME, {
    type: 'concentrators',
    draining: true,
    leaveS: 300,
    list: [
      {
        name: 'c-2',
        addresses: ['192.0.2.11'],
        port: 8_803,
        session: 8_805,
        pin: `sha256//${'A'.repeat(43)}=`,
        priority: 10,
        weight: 10,
        more: 'what a newer one says',
      },
    ],
  })
  assert.deepEqual(story.slice(3), ['drains true 1'])
})

test('a speed test is ordered and stopped, and how it goes is told', async () => {
  const { concentrator, conversation, story } = await talk()
  await concentrator.says(
    WELCOME,
    { type: 'speedTest', order: 'a', wish: 'start', subjects: ['dsl'], more: 'of a later one' },
    { type: 'speedTest', order: 'a', wish: 'stop' },
  )
  assert.deepEqual(story.slice(3), ['speed test a start', 'speed test a stop'])
  conversation.tellTest({ order: 'a', running: { subject: 'dsl', step: 'path' } })
  await settle()
  const understood = understandHome(concentrator.heard.at(-1)!)
  assert.ok(understood.kind === 'message' && understood.message.type === 'speedTest')
  assert.equal(understood.message.running?.subject, 'dsl')
})

test('who has not welcomed us tells us nothing', async () => {
  const order = { type: 'speedTest', order: 'a', wish: 'start' }
  for (const message of [
    POLICY,
    order,
    { type: 'cookie', leg: 'dsl', family: 'ipv4', cookie: '' },
  ]) {
    const { concentrator, story, ends } = await talk()
    await concentrator.says(message)
    assert.deepEqual(story, [])
    assert.deepEqual(ends, [{ why: 'it did not welcome us first', waitS: 0, opened: false }])
  }
})

test('a goodbye says why, and for how long', async () => {
  const { concentrator, ends } = await talk()
  await concentrator.says(WELCOME, { type: 'goodbye', code: 'replaced', why: 'twice', waitS: 120 })
  assert.deepEqual(ends, [{ why: 'twice', waitS: 120, opened: true }])
})

test('a message of a later concentrator is answered unknown, an unknown of theirs is not', async () => {
  const { concentrator, ends } = await talk()
  await concentrator.says(WELCOME, { type: 'dance' }, { type: 'unknown', of: 'report' })
  assert.deepEqual(concentrator.heard.slice(2), [{ type: 'unknown', of: 'dance' }])
  assert.deepEqual(ends, [])
})

test('a concentrator that goes without a word ends it, once', async () => {
  const { concentrator, ends, conversation } = await talk()
  await concentrator.says(WELCOME)
  await concentrator.goes()
  conversation.end('again')
  assert.deepEqual(ends, [{ why: 'it has gone', waitS: 0, opened: true }])
})

test('a report that is not heard in time ends it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { concentrator, ends } = await talk()
  await concentrator.says(WELCOME, { type: 'heard', timeMs: 1 })
  t.mock.timers.tick(10_000)
  await settle()
  assert.deepEqual(concentrator.types, ['hello', 'report', 'report'])
  t.mock.timers.tick(8_000)
  await settle()
  assert.deepEqual(ends, [{ why: 'it does not hear our reports', waitS: 0, opened: true }])
})

test('also where reports are closer together than patience lasts', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { concentrator, ends } = await talk()
  await concentrator.says({ ...WELCOME, reportS: 1 })
  for (let s = 0; s < 8; s++) t.mock.timers.tick(1_000)
  await settle()
  assert.deepEqual(ends, [{ why: 'it does not hear our reports', waitS: 0, opened: true }])
})

test('what our own parts throw goes to whoever supervises', async () => {
  const { concentrator, failures } = await talk({ break: true })
  await concentrator.says(WELCOME, POLICY)
  assert.deepEqual(failures, ['a mistake of ours'])
})

async function talk(options: { readonly break?: boolean } = {}) {
  const concentrator = new HeldEnd()
  const story: string[] = []
  const ends: ConversationEnd[] = []
  const failures: string[] = []
  const leg = { state: 'up', reason: 'echo' }
  const none = { upBytes: 0, downBytes: 0 }
  const conversation = new Conversation(
    { socket: concentrator.other, exporter, leg: 'lte' },
    {
      id: 'home-1',
      credential,
      software: 'hybridge test',
      opened: () => story.push('opened'),
      timeIs: (unixMs) => story.push(`time ${unixMs}`),
      concentrators: ({ draining, list }) => story.push(`drains ${draining} ${list.length}`),
      policy: ({ version }) => {
        if (options.break === true) throw new Error('a mistake of ours')
        story.push(`policy ${version}`)
        return version === 'bad' ? 'it does not fit' : undefined
      },
      cookie: (of, family, cookie) =>
        story.push(`cookie ${of} ${family} ${Buffer.from(cookie).toString()}`),
      speedTest: ({ order, wish }) => story.push(`speed test ${order} ${wish}`),
      report: () => {
        story.push('reported')
        return {
          atMs: 1,
          legs: { dsl: leg, lte: leg },
          concentrator: leg,
          usage: { epoch: 'a', dsl: none, lte: none },
          reasons: [],
        }
      },
      heard: () => story.push('heard'),
      pace: (reportMs) => reportMs,
      ended: (end) => ends.push(end),
      failed: (error) => failures.push(error instanceof Error ? error.message : String(error)),
    },
  )
  await settle()
  return { concentrator, conversation, story, ends, failures }
}
