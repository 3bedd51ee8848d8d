/**
 * The concentrator's door out, as a Convert client of another make sees it, and as the wire shows it: every
 * way in which a server can be out of reach has its own answer, and an end is passed on as what it was.
 *
 *     cpe ═ client ──── concentrator ──── access ──── internet
 *                                           │
 *                              rejects by port, as a router would
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { knownAddress } from '../../shared/wire/address.ts'
import { type ConvertMessage, decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { readTcpOptions, type TcpOption } from '../../shared/wire/tcp-option.ts'
import { CONCENTRATOR, INTERNET, legAddresses } from './addresses.ts'
import { Capture } from './capture.ts'
import { mustRun } from './command.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { configWith, type LoneDaemon, startAlone } from './lone-daemon.ts'
import { eventually } from './onlooker.ts'
import { inPlace, type Place } from './places.ts'
import { openStream, type StreamEnd, StreamServer } from './stream-end.ts'

const NAME = 'hyb-errors'
const COOKIE = 'c00c1e42c00c1e42'
const OTHER_COOKIE = 'c00c1e42c00c1e43'
const SUBSCRIBERS = [
  { id: 'home-4', cookie: COOKIE },
  { id: 'home-2', cookie: OTHER_COOKIE },
]
const CONNECT_MS = 1_500
const IDLE_S = 10
const OPEN = 7_000
const OPEN_MPTCP = 7_001
const CLOSED = 7_100
const PORT_UNREACHABLE = 7_101
const PROHIBITED = 7_102
const HOST_PROHIBITED = 7_103
const HOST_UNREACHABLE = 7_104
const SILENT = 7_105
const FLAPPING = 7_106
const V4 = INTERNET.own.ipv4
const V6 = INTERNET.own.ipv6

describe('a server out of reach', { skip: streetImpossible() }, () => {
  let street: Street
  let concentrator: LoneDaemon
  let open: StreamServer
  let openMptcp: StreamServer
  const lasting = new DisposableStack()
  /** Begun first and asked last: a flow that carries nothing. */
  const idle: { client?: StreamEnd; guest?: StreamEnd; sinceMs: number } = { sinceMs: 0 }

  before(async () => {
    street = await raiseStreet({ name: NAME, daemons: false, plainLines: true })
    await nft('access', REJECTING)
    // A router that says no says it every time.
    const unlimited = ['net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0']
    await command('access', ['sysctl', '-qw', ...unlimited])
    for (const route of ['203.0.113.128/25', '2001:db8:9::/48']) {
      await command('concentrator', ['ip', 'route', 'add', 'throw', route])
    }
    open = lasting.use(new StreamServer(NAME, 'internet', OPEN))
    openMptcp = lasting.use(new StreamServer(NAME, 'internet', OPEN_MPTCP, true))
    concentrator = await start({})
    idle.client = await asks(connect(V4, OPEN))
    idle.guest = await open.guest()
    await idle.client.hears(4)
    idle.sinceMs = performance.now()
  })
  after(async () => {
    lasting.dispose()
    await street?.down()
  })

  for (const [what, server, port, answer] of [
    ['a reset', V4, CLOSED, '010222631e016000'],
    ['a reset', V6, CLOSED, '010222631e016000'],
    ['an unreachable port', V4, PORT_UNREACHABLE, '010222631e016103'],
    ['an unreachable port', V6, PORT_UNREACHABLE, '010222631e016104'],
    ['a prohibition', V4, PROHIBITED, '010222631e01610d'],
    ['a prohibition', V6, PROHIBITED, '010222631e016101'],
    ['a prohibited host', V4, HOST_PROHIBITED, '010222631e01610a'],
    ['no route of our own', '203.0.113.200', OPEN, '010222631e016100'],
    ['no route of our own', '2001:db8:9::1', OPEN, '010222631e016100'],
  ] as const) {
    test(`${what} at ${server} is told at once, byte for byte, and then the stream ends`, async () => {
      const beganMs = performance.now()
      using client = await asks(connect(server, port))
      assert.equal(await client.ends(), 'ended')
      assert.equal(client.heard.toString('hex'), answer)
      assert.ok(performance.now() - beganMs < CONNECT_MS / 2)
    })
  }

  test('an error arrives before the stream ends, and no reset comes before either', async () => {
    const filter = `src host ${CONCENTRATOR.own.ipv4} and tcp src port ${CONCENTRATOR.port}`
    await using capture = await Capture.begin(NAME, 'cpe', 'any', filter)
    using client = await asks(connect(V4, CLOSED))
    await client.ends()
    const lines = await capture.lines(/Flags \[F/)
    const error = lines.findIndex((line) => line.endsWith('length 8'))
    const fin = lines.findIndex((line) => line.includes('Flags [F'))
    assert.ok(error >= 0 && error <= fin, lines.join('\n'))
    assert.ok(!lines.some((line) => line.includes('Flags [R')), lines.join('\n'))
  })

  test('soft errors and silence are waited out, and the last word is told', async () => {
    const rows = [
      [V4, HOST_UNREACHABLE, '010222631e016101'],
      [V6, HOST_UNREACHABLE, '010222631e016103'],
      [V4, SILENT, '010222631e016101'],
      [V6, SILENT, '010222631e016103'],
    ] as const
    await using capture = await Capture.begin(
      NAME,
      'access',
      'core-c',
      `dst port ${HOST_UNREACHABLE}`,
    )
    const beganMs = performance.now()
    await Promise.all(
      rows.map(async ([server, port, answer]) => {
        using client = await asks(connect(server, port))
        assert.equal(await client.ends(), 'ended')
        assert.equal(client.heard.toString('hex'), answer)
        assert.ok(performance.now() - beganMs > CONNECT_MS - 50)
      }),
    )
    // At 0, 250, 750 ms, and no more: the next would come at 1,750 ms.
    const syns = (await capture.lines(/Flags \[S\]/)).filter((line) => line.includes(`${V4}.`))
    assert.equal(syns.length, 3, syns.join('\n'))
  })

  test('a home that goes away takes its question along', async () => {
    for (const port of [SILENT, HOST_UNREACHABLE]) {
      const client = await asks(connect(V4, port))
      const asking = () => command('concentrator', ['ss', '-Htan', `dport = :${port}`])
      if (port === SILENT)
        await eventually(async () => assert.match(await asking(), /SYN-SENT/), 500)
      client.reset()
      await eventually(async () => assert.equal(await asking(), ''), 500)
      // Nor does the next try come, which a soft error has announced.
      await pause(300)
      assert.equal(await asking(), '')
    }
  })

  test('a route that heals within the time is no error', async () => {
    using server = new StreamServer(NAME, 'internet', FLAPPING)
    for (const address of [V4, V6]) {
      await nft('access', `add element inet hyb_errors flapping { ${FLAPPING} }`)
      using client = await asks(connect(address, FLAPPING), 'early ')
      await pause(300)
      assert.equal(client.heard.length, 0)
      await nft('access', `delete element inet hyb_errors flapping { ${FLAPPING} }`)
      assert.deepEqual(messageOf(await client.hears(4)), [])
      using guest = await server.guest()
      client.say('late')
      assert.equal((await guest.hears(10)).toString(), 'early late')
    }
  })

  test('when no descriptor is left the home is asked to wait', async () => {
    using client = await asks([{ type: 'info' }, { type: 'cookie', cookie: hex(COOKIE) }])
    assert.deepEqual(messageOf(await client.hears(12)), [
      { type: 'supportedTcpExtensions', kinds: [4, 8, 30] },
    ])
    const limit = (files: string) =>
      mustRun('set a limit', ['prlimit', '--pid', `${concentrator.pid}`, `--nofile=${files}`])
    const before = /^Max open files\s+(\d+)\s+(\d+)/m.exec(
      await mustRun('read a limit', ['cat', `/proc/${concentrator.pid}/limits`]),
    )
    await limit('3:')
    client.say(encodeConvert([connect(V4, OPEN)]))
    const heard = await client.hears(12 + 8)
    await limit(`${before?.[1]}:`)
    assert.equal(heard.subarray(12).toString('hex'), '010222631e01401e')
    assert.equal(await client.ends(), 'ended')
  })

  test('an end of stream is passed on in either direction while the other goes on', async () => {
    for (const address of [V4, V6]) {
      using client = await asks(connect(address, OPEN), 'question')
      using guest = await open.guest()
      client.finish()
      assert.equal(await guest.ends(), 'ended')
      assert.equal(guest.heard.toString(), 'question')
      guest.say('answer')
      assert.equal((await client.hears(4 + 6)).subarray(4).toString(), 'answer')
      assert.equal(client.state, 'open')
      guest.finish()
      assert.equal(await client.ends(), 'ended')

      using second = await asks(connect(address, OPEN))
      using host = await open.guest()
      host.finish()
      assert.equal(await second.ends(), 'ended')
      second.say('last words')
      assert.equal((await host.hears(10)).toString(), 'last words')
      second.finish()
      assert.equal(await host.ends(), 'ended')
    }
  })

  for (const multipath of [false, true]) {
    const client = multipath ? 'an MPTCP' : 'a plain'
    test(`a reset of either side is a reset for the other: ${client} client`, async () => {
      const fastClose = /fast[- ]?close/
      await using capture = await Capture.begin(NAME, 'cpe', 'any', `src port ${CONCENTRATOR.port}`)
      using first = await asks(connect(V4, OPEN), 'x', { multipath })
      using server = await open.guest()
      await server.hears(1)
      await first.hears(4)
      server.reset()
      assert.equal(await first.ends(), 'reset')
      if (multipath) await capture.lines(fastClose)

      const second = await asks(connect(V4, OPEN), 'x', { multipath })
      using far = await open.guest()
      await far.hears(1)
      second.reset()
      assert.equal(await far.ends(), 'reset')
    })
  }

  test('a flow that stands is not ended by ICMP errors', async () => {
    for (const address of [V4, V6]) {
      using server = new StreamServer(NAME, 'internet', FLAPPING)
      using client = await asks(connect(address, FLAPPING), 'before ')
      using guest = await server.guest()
      await guest.hears(7)
      await nft('access', `add element inet hyb_errors flapping { ${FLAPPING} }`)
      client.say('meanwhile ')
      await pause(300)
      assert.equal(client.state, 'open')
      await nft('access', `delete element inet hyb_errors flapping { ${FLAPPING} }`)
      client.say('after')
      assert.equal((await guest.hears(22)).toString(), 'before meanwhile after')
    }
  })

  test('a subflow that is reset ends nothing while another lives', async () => {
    await command('cpe', ['ip', 'mptcp', 'limits', 'set', 'subflows', '2'])
    await command('cpe', ['ip', 'mptcp', 'endpoint', 'add', LTE, 'dev', 'lte', 'subflow'])
    using client = await asks(connect(V4, OPEN), 'x', { multipath: true })
    using guest = await open.guest()
    guest.say('y')
    await client.hears(4 + 1)
    const filter = `src host ${LTE} and tcp[tcpflags] & tcp-rst != 0`
    await using capture = await Capture.begin(NAME, 'concentrator', 'any', filter)
    const subflows = () => command('concentrator', ['ss', '-Htn', `dst ${LTE}`])
    await eventually(async () => assert.match(await subflows(), /ESTAB/), 3_000)
    await nft('cpe', RESETTING)
    // Both legs carry something, until LTE's answers with a reset.
    const upBytes = 200_000
    for (let said = 0; said < upBytes; await pause(1)) said += Math.max(0, guest.say(MUCH))
    await capture.lines(/Flags \[R/)
    await eventually(async () => assert.doesNotMatch(await subflows(), /ESTAB/), 3_000)
    client.say('still there')
    assert.equal((await guest.hears(12)).toString(), 'xstill there')
    assert.equal(client.state, 'open')
    await command('cpe', ['ip', 'mptcp', 'endpoint', 'flush'])
    await command('cpe', ['nft', 'delete', 'table', 'inet', 'hyb_resets'])
  })

  test('an Extended Connect is answered with the options of the SYN+ACK', async () => {
    for (const address of [V4, V6]) {
      await using capture = await Capture.begin(NAME, 'internet', 'core', `tcp port ${OPEN}`)
      using client = await asks(connect(address, OPEN, [SACK_PERMITTED, TIMESTAMPS]))
      using _guest = await open.guest()
      const options = serverOptionsIn(await client.hears(4))
      const lines = await capture.lines(/Flags \[S\.\]/)
      const synAck = lines.find((line) => line.includes('Flags [S.]')) ?? ''
      const [, mss] = /mss (\d+),/.exec(synAck) ?? []
      const [, shift] = /wscale (\d+)/.exec(synAck) ?? []
      assert.match(synAck, /sackOK,TS val/)
      assert.deepEqual(options, [
        { kind: 2, value: Uint8Array.of(Number(mss) >> 8, Number(mss) & 0xff) },
        SACK_PERMITTED,
        TIMESTAMPS,
        { kind: 3, value: Uint8Array.of(Number(shift)) },
      ])
    }
  })

  test('MPTCP goes to the server when it is asked for, and the answer tells what came of it', async () => {
    for (const [address, port, door, spoken] of [
      [V4, OPEN_MPTCP, openMptcp, true],
      [V6, OPEN_MPTCP, openMptcp, true],
      [V4, OPEN, open, false],
      [V6, OPEN, open, false],
    ] as const) {
      await using capture = await Capture.begin(NAME, 'internet', 'core', `tcp dst port ${port}`)
      using client = await asks(connect(address, port, [MULTIPATH]), 'hello')
      using guest = await door.guest()
      assert.equal((await guest.hears(5)).toString(), 'hello')
      const options = serverOptionsIn(await client.hears(4))
      assert.equal(
        options.some(({ kind }) => kind === 30),
        spoken,
      )
      const [syn = ''] = await capture.lines(/Flags \[S\]/)
      assert.match(syn, /mptcp \d+ capable/)
      client.finish()
      assert.equal(await guest.ends(), 'ended')
    }
  })

  test('MPTCP hears a reset as a reset, and a prohibition in IPv6 as one', async () => {
    for (const [address, port, answer] of [
      [V4, CLOSED, '010222631e016000'],
      [V6, CLOSED, '010222631e016000'],
      [V6, PROHIBITED, '010222631e016101'],
    ] as const) {
      using client = await asks(connect(address, port, [MULTIPATH]))
      assert.equal(await client.ends(), 'ended')
      assert.equal(client.heard.toString('hex'), answer)
    }
  })

  test('without an option the SYN is plain, and the answer bare', async () => {
    await using capture = await Capture.begin(
      NAME,
      'internet',
      'core',
      `tcp dst port ${OPEN_MPTCP}`,
    )
    using client = await asks(connect(V4, OPEN_MPTCP))
    assert.equal((await client.hears(4)).toString('hex'), '01012263')
    using _guest = await openMptcp.guest()
    const [syn = ''] = await capture.lines(/Flags \[S\]/)
    assert.doesNotMatch(syn, /mptcp/)
  })

  test('options that no kernel would send are refused by kind', async () => {
    const cookie = { kind: 34, value: hex('1122334455667788') }
    for (const [asked, answer] of [
      [[{ kind: 34, value: hex('') }], '010222631e012122'],
      [[cookie, MULTIPATH, { kind: 29, value: hex('0102') }], '010322631e0221221d000000'],
      [[{ kind: 8, value: hex('0102030400000000') }], '010222631e012108'],
    ] as const) {
      using client = await asks(connect(V4, OPEN, asked))
      assert.equal(await client.ends(), 'ended')
      assert.equal(client.heard.toString('hex'), answer)
    }
  })

  test('when every port towards a server is taken the home is asked to wait', async () => {
    await range('40000 40000')
    using first = await asks(connect(V4, OPEN))
    await first.hears(4)
    using second = await asks(connect(V4, OPEN))
    assert.equal((await second.hears(8)).toString('hex'), '010222631e014005')
    assert.equal(await second.ends(), 'ended')
    // One port serves many servers.
    using third = await asks(connect(V4, OPEN_MPTCP))
    assert.equal((await third.hears(4)).toString('hex'), '01012263')
    await range('32768 60999')
    for (const door of [open, openMptcp]) (await door.guest())[Symbol.dispose]()
  })

  test('a host without an address of that family says so, and others are still reached', async () => {
    const own = `${CONCENTRATOR.own.ipv6}/64`
    // Without ::1 too: the kernel would send from that, into nowhere.
    for (const device of ['core', 'dsl', 'lte', 'lo']) {
      await command('concentrator', ['ip', '-6', 'address', 'flush', 'dev', device])
    }
    assert.match(await command('concentrator', ['ip', '-6', 'route', 'show', 'default']), /core/)
    using client = await asks(connect(V6, OPEN))
    assert.equal((await client.hears(8)).toString('hex'), '010222631e016100')
    using other = await asks(connect(V4, OPEN))
    assert.equal((await other.hears(4)).toString('hex'), '01012263')
    using _guest = await open.guest()
    await command('concentrator', ['ip', 'address', 'add', own, 'dev', 'core', 'nodad'])
    await command('concentrator', ['ip', 'address', 'add', '::1/128', 'dev', 'lo'])
  })

  test('a concentrator that has lost its way out tells the homes to do without it', async () => {
    const { ipv4, ipv6 } = CONCENTRATOR.gateway
    const routes = (verb: string) =>
      [
        `ip route ${verb} default via ${ipv4} dev core`,
        `ip -6 route ${verb} default via ${ipv6} dev core`,
      ].join(' && ')
    // The way back to the home stays.
    await command('concentrator', ['ip', 'route', 'add', '203.0.113.0/25', 'via', ipv4])
    await command('concentrator', ['sh', '-c', routes('delete')])
    for (const address of [V4, V6]) {
      using client = await asks(connect(address, OPEN))
      assert.equal((await client.hears(8)).toString('hex'), '010222631e01411e', address)
    }
    await command('concentrator', ['sh', '-c', routes('add')])
    await command('concentrator', ['ip', 'route', 'delete', '203.0.113.0/25'])
  })

  test('a flow that carries nothing for its time is reset on both sides, and not before', async () => {
    const { client, guest, sinceMs } = idle
    assert.ok(client !== undefined && guest !== undefined)
    const leftMs = sinceMs + IDLE_S * 1_000 - performance.now()
    // The tests before this one take most of it.
    await pause(Math.max(0, leftMs - 100))
    if (leftMs > 100) assert.equal(client.state, 'open')
    assert.equal(await client.ends(IDLE_S * 250 + 1_000), 'reset')
    assert.equal(await guest.ends(), 'reset')
    client[Symbol.dispose]()
    guest[Symbol.dispose]()
  })

  describe('with addresses to leave from', () => {
    before(async () => {
      await concentrator[Symbol.asyncDispose]()
      await command('concentrator', ['ip', 'route', 'add', 'local', POOL4, 'dev', 'lo'])
      await command('concentrator', ['ip', 'route', 'add', 'local', POOL6, 'dev', 'lo'])
      const { ipv6 } = CONCENTRATOR.own
      await command('access', ['ip', 'route', 'add', POOL6, 'via', ipv6])
      await range(`40000 ${40_000 + PORTS - 1}`)
      concentrator = await start({ egress: { addresses: POOL, multipath: 'always' }, workers: 2 })
    })

    test('addresses that nobody routes here are named at start, and no others', async () => {
      assert.doesNotMatch(concentrator.said(), /egress address is not ours/)
      const config = configWith(street, 'concentrator', {
        listen: { port: CONCENTRATOR.port + 10 },
        api: { port: CONCENTRATOR.port + 11 },
        metrics: { enabled: false },
        store: { file: `${street.directory}/other.db` },
        stateDirectory: `${street.directory}/other-state`,
        egress: { addresses: [...POOL, '198.51.100.77', '2001:db8:77::1'] },
      })
      await using other = startAlone(street, 'concentrator', { config })
      await other.says(/"msg":"ready"/)
      const named = other.said().match(/(?<="address":")[^"]+/g)
      assert.deepEqual(named, ['198.51.100.77', '2001:db8:77::1'])
    })

    test('a subscriber has one address of either family, whichever thread he meets', async () => {
      for (const [cookie, ipv4, ipv6] of [
        [COOKIE, POOL[HOME_4.ipv4], POOL[HOME_4.ipv6]],
        [OTHER_COOKIE, POOL[HOME_2.ipv4], POOL[HOME_2.ipv6]],
      ] as const) {
        for (let i = 0; i < PORTS - 1; i++) {
          assert.equal(await seenFrom(V4, cookie), ipv4)
          assert.equal(await seenFrom(V6, cookie), ipv6)
        }
      }
    })

    test('an address has its ports and no more, and others have theirs', async () => {
      const clients = await Promise.all(
        Array.from({ length: PORTS }, () => asks(connect(V4, OPEN))),
      )
      for (const client of clients) assert.equal((await client.hears(4)).length, 4)
      const guests: StreamEnd[] = []
      for (const _ of clients) guests.push(await open.guest())
      using tooMany = await asks(connect(V4, OPEN_MPTCP))
      assert.equal((await tooMany.hears(8)).toString('hex'), '010222631e014005')
      assert.equal(await tooMany.ends(), 'ended')
      assert.equal(await seenFrom(V4, OTHER_COOKIE), POOL[HOME_2.ipv4])
      // The guests first: who closes first keeps the port for a minute.
      for (const guest of guests) guest.finish()
      for (const client of clients) {
        await client.ends()
        client.finish()
      }
      for (const guest of guests) await guest.ends()
      await eventually(async () => {
        assert.equal(await seenFrom(V4, COOKIE), POOL[HOME_4.ipv4])
      }, 2_000)
      for (const end of [...clients, ...guests]) end[Symbol.dispose]()
    })

    test('always means that nobody need ask for MPTCP, and nobody is told', async () => {
      const filter = `tcp dst port ${OPEN_MPTCP}`
      await using capture = await Capture.begin(NAME, 'internet', 'core', filter)
      using client = await asks(connect(V4, OPEN_MPTCP))
      assert.equal((await client.hears(4)).toString('hex'), '01012263')
      using guest = await openMptcp.guest()
      assert.equal(guest.peer().address, POOL[HOME_4.ipv4])
      const [syn = ''] = await capture.lines(/Flags \[S\]/)
      assert.match(syn, /mptcp \d+ capable/)
    })

    test('nobody reaches the concentrator by an address it leaves from', async () => {
      using client = await asks(connect(POOL[1], OPEN))
      assert.equal((await client.hears(8)).toString('hex'), '010222631e012000')
    })

    /** The address that the server sees, of a connection that ends well. */
    async function seenFrom(server: string, cookie: string): Promise<string> {
      using client = await asks(connect(server, OPEN), '', { cookie })
      assert.equal((await client.hears(4)).toString('hex'), '01012263')
      using guest = await open.guest()
      const { address } = guest.peer()
      guest.finish()
      await client.ends()
      client.finish()
      assert.equal(await guest.ends(), 'ended')
      return address
    }
  })

  function range(ports: string): Promise<string> {
    return command('concentrator', ['sysctl', '-qw', `net.ipv4.ip_local_port_range=${ports}`])
  }

  function connect(address: string, port: number, options?: readonly TcpOption[]) {
    return {
      type: 'connect',
      address: knownAddress(address),
      port,
      ...(options !== undefined && { options }),
    } as const
  }

  /** A client of the concentrator that has said this; with the cookie, unless the message has one. */
  async function asks(
    said: ConvertMessage[number] | ConvertMessage,
    early = '',
    { cookie = COOKIE, multipath = false } = {},
  ): Promise<StreamEnd> {
    const message: ConvertMessage =
      'type' in said ? [said, { type: 'cookie', cookie: hex(cookie) }] : said
    const to = { address: CONCENTRATOR.own.ipv4, port: CONCENTRATOR.port }
    const client = openStream(NAME, 'cpe', to, multipath)
    const bytes = Buffer.concat([encodeConvert(message), Buffer.from(early)])
    while (client.say(bytes) < 0) await pause(1)
    return client
  }

  async function start(patch: object): Promise<LoneDaemon> {
    const config = configWith(street, 'concentrator', {
      subscribers: SUBSCRIBERS,
      limits: { connectMs: CONNECT_MS, flowIdleS: IDLE_S },
      workers: 1,
      ...patch,
    })
    const daemon = startAlone(street, 'concentrator', { config })
    await daemon.says(/"msg":"ready"/)
    return daemon
  }
})

async function nft(place: Place, ruleset: string): Promise<void> {
  await mustRun('reject', inPlace(NAME, place, ['nft', '-f', '-']), `${ruleset}\n`)
}

function command(place: Place, argv: readonly string[]): Promise<string> {
  return mustRun(argv.join(' '), inPlace(NAME, place, argv))
}

/** The options in the one TLV of an answer that says yes. */
function serverOptionsIn(answer: Buffer): TcpOption[] {
  const [header] = messageOf(answer)
  assert.ok(header?.type === 'extendedTcpHeader')
  const options = readTcpOptions(Uint8Array.from(header.options)) ?? []
  return options.map(({ kind, value }) => ({ kind, value: Uint8Array.from(value) }))
}

function messageOf(bytes: Buffer): ConvertMessage {
  const decoded = decodeConvert(bytes)
  assert.ok(decoded.kind === 'message', `${decoded.kind}: ${bytes.toString('hex')}`)
  return decoded.message
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

/** Routed to the concentrator, and on none of its interfaces. */
const POOL4 = '192.0.2.128/25'
const POOL6 = '2001:db8:c:1::/64'
const POOL = ['192.0.2.128', '192.0.2.129', '2001:db8:c:1::1', '2001:db8:c:1::2'] as const
/** Whose is which: places in the pool. */
const HOME_4 = { ipv4: 0, ipv6: 2 } as const
const HOME_2 = { ipv4: 1, ipv6: 3 } as const
const PORTS = 4

const NOTHING = new Uint8Array(0)
const SACK_PERMITTED = { kind: 4, value: NOTHING }
const TIMESTAMPS = { kind: 8, value: NOTHING }
const MULTIPATH = { kind: 30, value: NOTHING }
const MUCH = new Uint8Array(16_384)
const LTE = legAddresses('lte', 0).cpe.ipv4

const RESETTING = `
  table inet hyb_resets {
    chain input {
      type filter hook input priority 0
      iifname lte tcp sport ${CONCENTRATOR.port} reject with tcp reset
    }
  }`

const REJECTING = `
  table inet hyb_errors {
    set flapping { type inet_service; }
    chain forward {
      type filter hook forward priority 0
      tcp dport ${PORT_UNREACHABLE} reject with icmpx type port-unreachable
      tcp dport ${PROHIBITED} reject with icmpx type admin-prohibited
      tcp dport ${HOST_PROHIBITED} reject with icmp type host-prohibited
      tcp dport { ${HOST_UNREACHABLE} } reject with icmpx type host-unreachable
      tcp dport @flapping reject with icmpx type host-unreachable
      tcp dport ${SILENT} drop
    }
  }`
