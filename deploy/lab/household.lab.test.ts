/**
 * What a family and its router may do to us, on one street: everything that is not bonded, everything
 * that must never be captured, and the truth about errors.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'

const skip = streetImpossible()
const INTERNET = '198.51.100.10'
const INTERNET6 = '2001:db8:5::10'
let street: Street

before(async () => {
  if (skip === false) street = await raiseStreet({ name: 'family' })
})
after(async () => {
  if (skip === false) await street.down()
})

for (const [name, url] of [
  ['IPv4', `http://${INTERNET}/whoami`],
  ['IPv6', `http://[${INTERNET6}]/whoami`],
  ['a name', 'http://files.hyb.example/whoami'],
] as const) {
  test(`TCP by ${name} leaves the concentrator`, { skip }, async () => {
    const { stdout } = await curl(url)
    assert.match(stdout, /192\.0\.2\.10|2001:db8:c::10/, stdout)
  })
}

for (const dead of ['dsl', 'lte'] as const) {
  test(`with ${dead} dead the home resolves, pings and browses`, { skip }, async () => {
    await street.fail(dead, 'silent')
    await eventually(async () => {
      const name = `n${Date.now()}.hyb.example`
      const { stdout } = await curl(`http://${name}/sha256/10`)
      assert.match(stdout, /^[0-9a-f]{64}/)
    })
    await eventually(async () => {
      const ping = await street.exec('home', ['ping', '-c', '1', '-W', '1', INTERNET])
      assert.equal(ping.status, 0, ping.stdout)
    })
    await street.heal(dead)
    await legsBack()
  })
}

test('what nobody listens to is refused, and what the ACL denies is not reached', {
  skip,
}, async () => {
  const refused = await curl(`http://${INTERNET}:9/`)
  assert.notEqual(refused.status, 0)
  const denied = await curl('http://192.0.2.10:8803/')
  assert.notEqual(denied.status, 0)
})

test('the router itself is never captured', { skip }, async () => {
  const { stdout, status } = await street.exec('home', [
    'dig',
    '+tcp',
    '+short',
    'files.hyb.example',
    '@192.168.1.1',
  ])
  assert.equal(status, 0)
  assert.match(stdout, /198\.51\.100\.10/)
})

async function curl(url: string) {
  return street.exec('home', ['curl', '-sS', '--max-time', '6', url])
}

async function legsBack(): Promise<void> {
  // A leg that comes back is probed twice.
  await sleep(2_500)
}

/** The house may need a moment after a cut; it must get there by itself. */
async function eventually(check: () => Promise<void>, withinMs = 5_000): Promise<void> {
  const untilMs = Date.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > untilMs) throw error
      await sleep(200)
    }
  }
}
