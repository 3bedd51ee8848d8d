import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { type Home, Homes } from '../subscribers/homes.ts'
import { verifierOf } from '../subscribers/records.ts'
import { TunnelHomes } from './tunnel-homes.ts'

test('the homes of the start have their tunnels when the first rules stand', async () => {
  const street = streetOf([home('a'), undefined, home('b')])
  assert.deepEqual(street.known.identities.filter(Boolean), [])
  await street.known.begin()
  assert.deepEqual(street.told, ['0 a', '2 b'])
  assert.deepEqual(street.rendered, ['a - b'])
  await street.end()
})

test('who comes waits for its own rules', async () => {
  const street = await begun([home('a')])
  const rules = street.holdRules()
  street.known.change(1, home('b'))
  await street.settle()
  assert.deepEqual(street.told, [])
  rules.resolve()
  await street.settle()
  assert.deepEqual(street.told, ['1 b'])
  assert.deepEqual(street.rendered.at(-1), 'a b')
  await street.end()
})

test('who goes loses the tunnel at once, and has no rules after the next rendering', async () => {
  const street = await begun([home('a'), home('b')])
  street.holdRules()
  street.known.change(0, undefined)
  assert.deepEqual(street.told, ['0 -'])
  assert.deepEqual(street.forgotten, [0])
  assert.deepEqual(
    [0, 1].map((number) => street.known.idOf(number)),
    [undefined, 'b'],
  )
  await street.end()
  assert.deepEqual(street.rendered.at(-1), '- b')
})

test('who has another cookie loses what the old one opened, at once', async () => {
  const street = await begun([home('a')])
  street.known.change(0, home('other'))
  assert.deepEqual(street.told, ['0 -'])
  await street.settle()
  assert.deepEqual(street.told, ['0 -', '0 other'])
  await street.end()
})

test('who has other rules keeps the tunnel', async () => {
  const street = await begun([home('a')])
  street.known.change(0, { ...home('a'), acl: { allow: [], deny: [] } })
  await street.settle()
  assert.deepEqual([street.told, street.rendered.length], [[], 2])
  assert.deepEqual(street.forgotten, [])
  await street.end()
})

test('all that changes within a pause is rendered once', async () => {
  const street = await begun([])
  for (const [number, id] of ['a', 'b', 'c', 'd'].entries()) {
    street.known.change(number, home(id))
    await street.settle()
  }
  assert.deepEqual(street.rendered, ['', 'a'])
  await street.pauseOver()
  assert.deepEqual(street.rendered, ['', 'a', 'a b c d'])
  await street.pauseOver()
  assert.deepEqual(street.rendered.length, 3)
  assert.deepEqual(street.told, ['0 a', '1 b', '2 c', '3 d'])
  await street.end()
})

test('who goes before its rules stand never had a tunnel', async () => {
  const street = await begun([])
  const rules = street.holdRules()
  street.known.change(0, home('a'))
  await street.settle()
  street.known.change(0, undefined)
  rules.resolve()
  await street.settle()
  assert.deepEqual(street.told, [])
  await street.end()
})

test('rules that are refused are tried again, and said once', async () => {
  const street = await begun([])
  street.refusal = new Error('nft: no')
  street.known.change(0, home('a'))
  await street.settle()
  await street.pauseOver()
  assert.deepEqual(street.warned, ['nft: no'])
  assert.deepEqual(street.told, [])
  street.refusal = undefined
  await street.pauseOver()
  assert.deepEqual(street.told, ['0 a'])
  await street.end()
})

test('a number without an address inside has no tunnel, and one warning', async () => {
  const street = await begun([home('a')])
  street.known.change(9, home('far'))
  street.known.change(9, { ...home('far'), plan: 'gold' })
  street.known.change(9, undefined)
  await street.settle()
  assert.deepEqual(street.told, [])
  assert.deepEqual(street.warned, [
    'there is no address for far in tunnel.prefix4 and tunnel.prefix6',
  ])
  await street.end()
})

async function begun(homes: ReadonlyArray<Home | undefined>) {
  const street = streetOf(homes)
  await street.known.begin()
  street.told.length = 0
  return street
}

function streetOf(homes: ReadonlyArray<Home | undefined>) {
  const names = new Map<string, string>()
  let rules: PromiseWithResolvers<void> | undefined
  let pauses = Promise.withResolvers<void>()
  const street = {
    told: [] as string[],
    rendered: [] as string[],
    warned: [] as string[],
    forgotten: [] as number[],
    refusal: undefined as Error | undefined,
    known: new TunnelHomes(homes, {
      hasPlace: (number) => number < 5,
      apply: async (present) => {
        if (street.refusal !== undefined) throw street.refusal
        for (const one of present) if (one) names.set(one.verifier.sessionId, one.id)
        street.rendered.push(present.map((one) => one?.id ?? '-').join(' '))
        await rules?.promise
      },
      tell: ({ number, identity }) => {
        street.told.push(`${number} ${(identity && names.get(identity.sessionId)) ?? '-'}`)
      },
      prefixOf: () => undefined,
      forget: (number) => street.forgotten.push(number),
      log: paintedLog((_, { why }) => street.warned.push(String(why))),
      pause: async (signal) => {
        if (signal.aborted) return
        signal.addEventListener('abort', () => pauses.resolve())
        await pauses.promise
      },
    }),
    holdRules() {
      rules = Promise.withResolvers<void>()
      return rules
    },
    async pauseOver() {
      const over = pauses
      pauses = Promise.withResolvers<void>()
      over.resolve()
      await street.settle()
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    async end() {
      rules?.resolve()
      await street.known[Symbol.asyncDispose]()
    },
  }
  return street
}

function home(id: string): Home {
  const homes = new Homes([])
  const verifier = { ...verifierOf(new TextEncoder().encode(`the cookie of ${id}`)) }
  assert.equal(homes.setHome(id, 1, { verifier }), undefined)
  return homes.home(id)!
}
