/**
 * An operator's first day, with the commands as they are typed on the concentrator.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CONCENTRATOR, INTERNET } from './addresses.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'

const skip = streetImpossible()
const COOKIE = 'ab'.repeat(32)
const [YES, NO] = [0, 1]
let street: Street

before(async () => {
  if (!skip) street = await raiseStreet({ name: 'hyb-store', cpe: { connect: 'eager' } })
})
after(() => street?.down())

test('a home is let in once it is added, and no more when it is removed', { skip }, async () => {
  assert.equal(await visit(), NO)
  await order('subscribers', 'add', 'home-2', `cookie=${COOKIE}`)
  assert.equal(await visit(), YES)
  await order('subscribers', 'set', 'home-2', 'state=suspended')
  assert.equal(await visit(), NO)
  await order('subscribers', 'set', 'home-2', 'state=')
  assert.equal(await visit(), YES)
  await order('subscribers', 'remove', 'home-2', '--yes')
  assert.equal(await visit(), NO)
})

test('what a home has open ends when it is suspended', { skip }, async () => {
  const url = 'http://files.hyb.example/bytes/1000000000'
  const argv = ['curl', '-sN', url, '-o', '/dev/null', '-w', '%{size_download}']
  let orders: Promise<unknown> | undefined
  const download = street.exec('home', argv, { timeoutMs: 20_000 })
  while (orders === undefined) {
    const { stdout } = await street.exec('concentrator', ['ss', '-Htn', 'dport', '=', ':80'])
    if (stdout !== '') orders = order('subscribers', 'set', 'home-1', 'state=suspended')
  }
  await orders
  const { status, stdout } = await download
  // Reset in the middle, and not after 20 s.
  assert.ok(status !== 0 && status !== 137, `status ${status}`)
  assert.ok(Number(stdout) < 1e9, stdout)
  await order('subscribers', 'set', 'home-1', 'state=')
})

test('a plan with a trial, an audit log and a way back', { skip }, async () => {
  await order('plans', 'add', 'gold', 'title=Gold', 'overflow.trialS=7')
  await order('subscribers', 'set', 'home-1', 'plan=gold')
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
  assert.equal(await visit(), YES)
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

/** A Convert client of another home asks for a server; the status says what it heard. */
async function visit(): Promise<number> {
  const via = `${CONCENTRATOR.own.ipv4}:${CONCENTRATOR.port}`
  const server = `${INTERNET.own.ipv4}:80`
  const argv = ['hybridge', 'convert', server, '--via', via, '--cookie', COOKIE, '--plain']
  return (await street.exec('access', argv)).status
}

async function order(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await street.exec('concentrator', ['hybridge', ...words])
  assert.equal(status, 0, stderr)
  return stdout
}
