/**
 * What one home may have of the concentrator's tunnel, what it is called in the Internet, and what it is billed,
 * on a whole street.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CONCENTRATOR, INTERNET } from './addresses.ts'
import { Conversation, openWitness } from './conversation.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually, logOf } from './onlooker.ts'

describe('the homes in the tunnel', { skip: streetImpossible() }, () => {
  let street: Street
  const witnesses = new DisposableStack()

  before(async () => {
    street = await raiseStreet({
      name: NAME,
      cpe: { tunnel: { enabled: true } },
      concentrator: { tunnel: { enabled: true, flowsMax: FLOWS_MAX } },
    })
    witnesses.use(openWitness(NAME, 'internet', WITNESS, Object.values(INTERNET.own)))
    await eventually(async () => {
      using flow = talk('ipv4')
      assert.equal(await flow.say(), CONCENTRATOR.own.ipv4)
    }, SOON_MS)
  })

  after(async () => {
    witnesses.dispose()
    await street?.down()
  })

  test('a home at its limit of flows opens no further one, and loses none', async () => {
    using before4 = talk('ipv4')
    using before6 = talk('ipv6')
    for (const flow of [before4, before6]) assert.notEqual(await flow.say(), 'silence')
    const many = `for i in {1..${FLOWS_MAX + 5}}; do echo > /dev/udp/${INTERNET.own.ipv4}/9; done`
    await street.exec('home', ['bash', '-c', many])
    using another = talk('ipv4')
    assert.equal(await another.say(), 'silence')
    for (const flow of [before4, before6]) assert.notEqual(await flow.say(), 'silence')
    await eventually(() => assert.match(logOf(street, 'concentrator'), AT_LIMIT), SOON_MS)
  })

  function talk(family: 'ipv4' | 'ipv6'): Conversation {
    return new Conversation(NAME, 'home', 'udp', { address: INTERNET.own[family], port: WITNESS })
  }
})

const NAME = 'hyb-tunnel-homes'
const WITNESS = 7_001
const FLOWS_MAX = 40
const AT_LIMIT = /home at its limit of the tunnel.*home-1|home-1.*home at its limit of the tunnel/
const SOON_MS = 6_000
