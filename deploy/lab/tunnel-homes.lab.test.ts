/**
 * What one home may have of the concentrator's tunnel, what it is called in the Internet, and what it is billed,
 * on a whole street.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { CONCENTRATOR, INTERNET, LAN } from './addresses.ts'
import { Conversation, openWitness } from './conversation.ts'
import { tokenPath } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually, logOf, untilSaid } from './onlooker.ts'

describe('the homes in the tunnel', { skip: streetImpossible() }, () => {
  let street: Street
  const witnesses = new DisposableStack()

  before(async () => {
    const subscriber = { id: 'home-1', cookie: randomBytes(16).toString('hex') }
    street = await raiseStreet({
      name: NAME,
      cpe: { subscriber, tunnel: { enabled: true } },
      concentrator: {
        shaping: { interface: 'core' },
        subscribers: [{ ...subscriber, caps: { lteDownMbps: LTE_DOWN_MBPS } }],
        tunnel: { enabled: true, flowsMax: FLOWS_MAX, pool6: POOL },
        accounting: { enabled: true, intervalS: INTERVAL_S },
      },
    })
    const back = `ip -6 route add ${POOL} via ${CONCENTRATOR.own.ipv6}`
    await street.exec('access', back.split(' '))
    // What a line drops was sent by one end and never seen by the other.
    for (const leg of LEGS) await street.line(leg, { queueMs: 2_000 })
    witnesses.use(openWitness(NAME, 'internet', WITNESS, Object.values(INTERNET.own)))
    await eventually(async () => {
      using flow = talk('ipv4')
      assert.equal(await flow.say(), CONCENTRATOR.own.ipv4)
    }, SOON_MS)
  })

  afterEach(async () => {
    for (const leg of LEGS) await street.heal(leg)
  })

  after(async () => {
    witnesses.dispose()
    await street?.down()
  })

  test('hosts of a home have its prefix, by whichever line, and nobody outside begins anything', async () => {
    assert.equal(await seen6(), HOST)
    using flow = talk('ipv6')
    const ping = async () =>
      (await street.exec('home', ['ping', '-c1', '-W1', INTERNET.own.ipv6])).status
    for (const leg of LEGS) {
      assert.equal(await flow.say(), HOST)
      const isDown = new RegExp(`"${leg}".*"leg down"`)
      await untilSaid(street, 'cpe', isDown, () => street.fail(leg, 'silent'), SOON_MS)
      assert.equal(await flow.say(), HOST, `without ${leg}`)
      assert.equal(await ping(), 0, `ping without ${leg}`)
      await heal(leg)
    }
    using _within = openWitness(NAME, 'home', WITNESS, [LAN.home.ipv6])
    using stranger = new Conversation(NAME, 'internet', 'udp', { address: HOST, port: WITNESS })
    assert.equal(await stranger.say(), 'silence')
    using nobody = new Conversation(NAME, 'internet', 'udp', { address: NOBODY, port: WITNESS })
    assert.equal(await nobody.say(), 'silence')
  })

  /** The next must not fail before this one is back. */
  function heal(leg: LegName): Promise<void> {
    const isUp = new RegExp(`"${leg}".*"leg up"`)
    return untilSaid(street, 'cpe', isUp, () => street.heal(leg), SOON_MS)
  }

  async function seen6(): Promise<string> {
    using flow = talk('ipv6')
    return await flow.say()
  }

  test('what the tunnel carries is billed as both ends have seen it, by leg and direction', async () => {
    const before = { home: await atHome(), street: await atStreet() }
    for (const way of ['-b65M -R', '-b14M']) {
      await street.exec('home', `iperf3 -c ${INTERNET.own.ipv4} -u -l1200 -t1.5 ${way}`.split(' '))
    }
    await pause(SETTLE_MS)
    const home = difference(before.home, await atHome())
    const counted = difference(before.street, await atStreet())
    const story = `home ${JSON.stringify(home)}, concentrator ${JSON.stringify(counted)}`
    for (const key of KEYS) {
      assert.ok(home[key] > 50_000, story)
      // Names, probes and the TCP of iperf3 itself are not the tunnel's.
      const apart = counted[key] - home[key]
      const most = 0.005 * home[key] + OTHER_BYTES
      // What our own shaper drops is billed, and never seen: until the sender has found the cap.
      assert.ok(apart >= -most && (apart <= most || key === 'lteDown'), story)
    }
  })

  test('what goes down a capped leg keeps to its rate', async () => {
    await street.fail('dsl', 'silent')
    await eventually(async () => assert.equal(await seen6(), HOST), SOON_MS)
    const beganMs = performance.now()
    const before = await atHome()
    const bulk = `iperf3 -c ${INTERNET.own.ipv4} -u -l1200 -b20M -t2 -R`.split(' ')
    const { status, stdout } = await street.exec('home', bulk)
    assert.equal(status, 0, stdout)
    const seconds = (performance.now() - beganMs) / 1_000
    const mbps = (difference(before, await atHome()).lteDown * 8) / 1e6 / seconds
    await heal('dsl')
    assert.ok(mbps > LTE_DOWN_MBPS / 4 && mbps <= LTE_DOWN_MBPS * 1.1, `${mbps} Mbit/s`)
  })

  test('a kill -9 loses less than an interval of the bill, and the tunnel is back within 2 s', async () => {
    const before = { home: await atHome(), street: await atStreet() }
    const argv = `timeout 4 iperf3 -c ${INTERNET.own.ipv4} -u -b8M -l1200 -t3`.split(' ')
    const bulk = street.exec('home', argv)
    await pause(2_200)
    await street.restart('concentrator', 'SIGKILL')
    const readyMs = performance.now()
    // A flow of its own each time: one that has moved to a line stays there.
    await eventually(async () => {
      using flow = talk('ipv4')
      assert.equal(await flow.say(), CONCENTRATOR.own.ipv4)
    }, SOON_MS)
    const backMs = performance.now() - readyMs
    assert.ok(backMs < 2_000, `${backMs} ms`)
    await bulk
    await pause(SETTLE_MS)
    const home = difference(before.home, await atHome())
    const counted = difference(before.street, await atStreet())
    const story = `home ${JSON.stringify(home)}, concentrator ${JSON.stringify(counted)}`
    assert.ok(counted.dslUp <= home.dslUp * 1.005 + OTHER_BYTES, story)
    // 8 Mbit/s: a megabyte a second is lost from the last look on, and none of what was before.
    assert.ok(counted.dslUp >= 500_000, story)
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

  async function atHome(): Promise<Octets> {
    const files = LEGS.flatMap((leg) =>
      ['tx', 'rx'].map((way) => `/sys/class/net/${leg}/statistics/${way}_bytes`),
    )
    const { stdout } = await street.exec('cpe', ['cat', ...files])
    const numbers = stdout.trim().split('\n').map(Number)
    return Object.fromEntries(KEYS.map((key, i) => [key, numbers[i] ?? 0])) as Octets
  }

  /** As an operator sees it, of the tunnel alone. */
  async function atStreet(): Promise<Octets> {
    const token = readFileSync(tokenPath(NAME), 'utf8').trim()
    const url = 'http://127.0.0.1:8804/v1/subscribers/home-1/usage'
    const argv = ['curl', '-s', '-H', `authorization: Bearer ${token}`, url]
    const { stdout } = await street.exec('concentrator', argv)
    const { items } = JSON.parse(stdout) as {
      readonly items: ReadonlyArray<Octets & { readonly carrier: string }>
    }
    const none = { dslUp: 0, dslDown: 0, lteUp: 0, lteDown: 0 }
    return items.find(({ carrier }) => carrier === 'tunnel') ?? none
  }

  function difference(from: Octets, to: Octets): Octets {
    return Object.fromEntries(KEYS.map((key) => [key, to[key] - from[key]])) as Octets
  }

  function talk(family: 'ipv4' | 'ipv6'): Conversation {
    return new Conversation(NAME, 'home', 'udp', { address: INTERNET.own[family], port: WITNESS })
  }
})

const NAME = 'hyb-tunnel-homes'
const WITNESS = 7_001
const FLOWS_MAX = 40
const LTE_DOWN_MBPS = 5
const POOL = '2001:db8:f00::/40'
/** What comes of the name home-1, with what the LAN calls its host. */
const HOST = '2001:db8:f10:53a9::10'
const NOBODY = '2001:db8:f10:53aa::10'
const INTERVAL_S = 1
/** Two intervals and what the machine may be late. */
const SETTLE_MS = 2 * INTERVAL_S * 1_000 + 500
const OTHER_BYTES = 20_000
const KEYS = ['dslUp', 'dslDown', 'lteUp', 'lteDown'] as const
type Octets = Record<(typeof KEYS)[number], number>
const AT_LIMIT = /home at its limit of the tunnel.*home-1|home-1.*home at its limit of the tunnel/
const SOON_MS = 6_000
