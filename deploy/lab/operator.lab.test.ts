/**
 * An operator's first day, with the commands as they are typed on the concentrator.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { knownAddress } from '../../shared/wire/address.ts'
import { CONCENTRATOR, INTERNET } from './addresses.ts'
import { ConvertClient } from './convert-client.ts'
import { tokenPath } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually } from './onlooker.ts'

const skip = streetImpossible()
const COOKIE = 'ab'.repeat(32)
let street: Street

before(async () => {
  if (!skip) street = await raiseStreet({ name: 'hyb-store', cpe: { connect: 'eager' } })
})
after(() => street?.down())

test('a home is let in once it is added, and no more when it is removed', { skip }, async () => {
  await served(false)
  await order('subscribers', 'add', 'home-2', `cookie=${COOKIE}`)
  await served(true)
  await order('subscribers', 'set', 'home-2', 'state=suspended')
  await served(false)
  await change('home-2', { state: null })
  await served(true)
  await order('subscribers', 'remove', 'home-2', '--yes')
  await served(false)
})

test('what a home has open ends when it is suspended', { skip }, async () => {
  const url = 'http://files.hyb.example/bytes/1000000000'
  const argv = ['curl', '-sN', url, '-o', '/dev/null', '-w', '%{size_download}']
  let orders: Promise<unknown> | undefined
  const download = street.exec('home', argv, { timeoutMs: 20_000 })
  while (orders === undefined) {
    const { stdout } = await street.exec('concentrator', ['ss', '-Htn', 'dport', '=', ':80'])
    if (stdout !== '') orders = change('home-1', { state: 'suspended' })
  }
  await orders
  const { status, stdout } = await download
  // Reset in the middle, and not after 20 s.
  assert.ok(status !== 0 && status !== 137, `status ${status}`)
  assert.ok(Number(stdout) < 1e9, stdout)
  await change('home-1', { state: null })
})

test('a plan with a trial, an audit log and a way back', { skip }, async () => {
  await order('plans', 'add', 'gold', 'title=Gold', 'overflow.trialS=7')
  await change('home-1', { plan: 'gold' })
  assert.match(await order('policy', 'show', 'home-1'), /overflow\.trialS +7 +plan gold/)
  const dry = await order('policy', 'set', '--plan', 'gold', 'overflow.trialS=9', '--dry-run')
  assert.match(dry, /policy of 1 home would change[\s\S]*overflow\.trialS +7 +9/)
  await order('policy', 'set', '--subscriber', 'home-1', 'overflow.trialS=8')
  const history = await order('policy', 'history', '--subscriber', 'home-1', '--json')
  const [, before] = JSON.parse(history) as { version: number }[]
  await order('policy', 'rollback', String(before?.version), '--subscriber', 'home-1')
  assert.match(await order('policy', 'show', 'home-1'), /overflow\.trialS +7 +plan gold/)
})

test('what was ordered is there after the concentrator was killed', { skip }, async () => {
  await order('subscribers', 'add', 'home-3', `cookie=${COOKIE}`)
  await street.restart('concentrator', 'SIGKILL')
  await served(true)
  assert.match(await order('subscribers', 'list'), /home-3 +active +- +store/)
})

test('a reader may not order, and nobody without a token may ask', { skip }, async () => {
  const token = (await order('tokens', 'add', 'rita', '--role', 'reader')).trim()
  const as = (shown: string, ...words: string[]) =>
    street.exec('concentrator', ['env', `HYBRIDGE_TOKEN=${shown}`, 'hybridge', ...words])
  assert.equal((await as(token, 'subscribers', 'list')).status, 0)
  const refused = await as(token, 'subscribers', 'set', 'home-1', 'state=suspended')
  assert.deepEqual([refused.status, /needs the role operator/.test(refused.stderr)], [1, true])
  assert.equal((await as('hyb_wrong', 'subscribers', 'list')).status, 1)
})

/** A Convert client of another home asks for a server; a change reaches the data threads in a moment. */
async function served(expected: boolean): Promise<void> {
  const cookie = Buffer.from(COOKIE, 'hex')
  await eventually(async () => {
    using client = new ConvertClient({
      street: street.name,
      place: 'access',
      to: { address: CONCENTRATOR.own.ipv4, port: CONCENTRATOR.port },
      multipath: false,
      fastOpen: false,
    })
    const address = knownAddress(INTERNET.own.ipv4)
    await client.say([
      { type: 'connect', address, port: 80 },
      { type: 'cookie', cookie },
    ])
    const { message } = await client.answer()
    assert.equal(!message.some(({ type }) => type === 'error'), expected)
  }, 2_000)
}

/** What the commands order, without the time that starting one takes: for what another test has ordered with them. */
async function change(id: string, patch: object): Promise<void> {
  const token = readFileSync(tokenPath(street.name), 'utf8').trim()
  const headers = [
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    'if-match: *',
  ]
  const url = `http://127.0.0.1:8804/v1/subscribers/${id}`
  const argv = ['curl', '-sSf', '-X', 'PATCH', '-d', JSON.stringify(patch), url]
  const said = headers.flatMap((header) => ['-H', header])
  const { status, stderr } = await street.exec('concentrator', [...argv, ...said])
  assert.equal(status, 0, stderr)
}

async function order(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await street.exec('concentrator', ['hybridge', ...words])
  assert.equal(status, 0, stderr)
  return stdout
}
