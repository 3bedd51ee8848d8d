/**
 * A family's evening on a whole street, both daemons running: what is bonded and what is not, what happens
 * to either when a line dies, comes back or has another address, and what a line may do to MPTCP.
 *
 * A witness in one place answers a speaker in another with the address it sees (conversation.ts), which
 * tells the way that a flow takes:
 *
 *     192.0.2.10        2001:db8:c::10    through the concentrator
 *     203.0.113.2       2001:db8:d::2     straight out by DSL
 *     198.51.100.129    2001:db8:e::2     straight out by LTE, IPv4 as its operator translates it
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { MARK, MARK_MASK } from '../../shared/core/marks.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { dumpSubflows } from '../../shared/linux/subflows.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { type DiagnosedSubflow, TcpState } from '../../shared/wire/inet-diag.ts'
import { iperf } from '../bench/iperf.ts'
import { type Addresses, CONCENTRATOR, INTERNET, LAN } from './addresses.ts'
import { Content } from './content.ts'
import { Conversation, openWitness, type Protocol } from './conversation.ts'
import { type ConfigPatch, writeConfigs } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually, untilSaid } from './onlooker.ts'
import { netnsOf, type Place } from './places.ts'
import { readState } from './state.ts'
import { download } from './transfer.ts'

describe('a household', { skip: streetImpossible() }, () => {
  let street: Street
  const witnesses = new DisposableStack()

  before(async () => {
    street = await raiseStreet({ name: NAME, cpe: BYPASSING })
    await ip('internet', `address add ${BYPASSED.ipv4}/25 dev core`)
    await ip('internet', `address add ${BYPASSED.ipv6}/64 dev core nodad`)
    stand('internet', WITNESS, [...Object.values(INTERNET.own), ...Object.values(BYPASSED)])
  })

  afterEach(async () => {
    for (const leg of LEGS) {
      await street.heal(leg)
      await street.line(leg, { stripMptcp: 'off' })
    }
  })

  after(async () => {
    witnesses.dispose()
    // Not there when it could not be raised.
    await street?.down()
  })

  test('TCP leaves the concentrator, by either family and by name', async () => {
    assert.equal(await whoami('home', INTERNET.own.ipv4), CONCENTRATOR.own.ipv4)
    assert.equal(await whoami('home', INTERNET.own.ipv6), CONCENTRATOR.own.ipv6)
    assert.ok(VIA_CONCENTRATOR.has(await whoami('home', 'any.hyb.example')))
  })

  test('all that is not TCP leaves by DSL, translated, in both families', async () => {
    assert.deepEqual(await ask('udp', INTERNET.own), await by('dsl'))
    for (const address of Object.values(INTERNET.own)) {
      await ping('home', address)
      assert.equal(await dig('home', `@${address}`), INTERNET.own.ipv4)
    }
  })

  test('what the operator bypasses goes straight out by DSL, TCP as well', async () => {
    assert.deepEqual(await ask('tcp', BYPASSED), await by('dsl'))
    assert.deepEqual(await ask('udp', BYPASSED), await by('dsl'))
  })

  test('what is for the router itself is never captured, nor what it sends', async () => {
    stand('cpe', SERVICE, ['::'])
    const { legs } = await street.status()
    for (const { ipv4, ipv6 } of [LAN.router, legs.dsl, legs.lte]) {
      using calls = new Calls('tcp', [ipv4, ipv6], { port: SERVICE })
      assert.deepEqual(await calls.say(), [LAN.home.ipv4, LAN.home.ipv6])
    }
    for (const router of Object.values(LAN.router)) {
      for (const transport of ['+tcp', '+notcp']) {
        assert.equal(await dig('home', `@${router}`, transport), INTERNET.own.ipv4)
      }
    }
    assert.equal(await captures(LAN.router.ipv4), false)
    assert.equal(await whoami('cpe', INTERNET.own.ipv4), legs.dsl.ipv4)
    assert.equal(await whoami('cpe', INTERNET.own.ipv6), legs.dsl.ipv6)
    assert.equal(await dig('cpe', `@${INTERNET.own.ipv4}`), INTERNET.own.ipv4)
    assert.equal(await captures(CONCENTRATOR.own.ipv4), false)
    assert.equal(await captures(INTERNET.own.ipv4), true, 'the question is the right one')
  })

  test('multicast, broadcast and link-local stay near', async () => {
    const before = await street.status()
    const groups = ['192.168.1.255', '255.255.255.255', '239.1.2.3', 'ff02::1%lan', 'ff0e::1%lan']
    const script = `for (const to of ${JSON.stringify(groups)}) {
      require('node:dgram').createSocket(to.includes(':') ? 'udp6' : 'udp4').bind(0, function () {
        if (!to.includes(':')) this.setBroadcast(true)
        for (let i = 0; i < 50; i++) this.send(Buffer.alloc(1_000), ${WITNESS}, to)
        setTimeout(() => this.close(), 50)
      })
    }`
    assert.equal((await street.exec('home', ['node', '-e', script])).status, 0)
    const { stdout } = await street.exec('cpe', ['ip', '-6', 'address', 'show', 'dev', 'lan'])
    const neighbour = /fe80::[0-9a-f:]+/.exec(stdout)?.[0] ?? 'no link-local address'
    const word = `exec 3<>/dev/tcp/${neighbour}%lan/${SERVICE}; echo hello >&3; head -n1 <&3`
    assert.match((await street.exec('home', ['bash', '-c', word])).stdout, /^hello fe80:/)
    await street.exec('home', ['curl', '-sm0.1', 'http://169.254.9.9/'])
    assert.equal(await captures('169.254.9.9'), false)
    const now = await street.status()
    for (const leg of LEGS) {
      const bytes = now.legs[leg].upBytes - before.legs[leg].upBytes
      assert.ok(bytes < 10_000, `${bytes} bytes left by ${leg}`)
    }
  })

  test('curl, wget, ssh, iperf3 and 30 browsers at once work as ever', async () => {
    const bytes = 2_000_000
    const hash = `${await new Content().sha256(bytes)}  -\n`
    const url = `http://files.hyb.example/bytes/${bytes}`
    for (const command of [`curl -s ${url}`, `wget -qO- ${url}`]) {
      assert.equal(await shell('home', `${command} | sha256sum`), hash, command)
    }
    const browser = `curl -sm10 -o /dev/null -w '%{http_code} ' http://n$i.hyb.example/bytes/50000`
    const codes = await shell('home', `for i in $(seq 30); do ${browser} & done; wait`)
    assert.equal(codes, '200 '.repeat(30))
    for (const direction of ['down', 'up'] as const) {
      const mbps = await iperf(street, { direction, seconds: 2, omitS: 0 })
      assert.ok(mbps >= (direction === 'down' ? 10 : 2), `${direction}: ${mbps} Mbit/s`)
    }
    const seen = await overSsh('echo $SSH_CONNECTION')
    assert.equal(seen.split(' ')[0], CONCENTRATOR.own.ipv4)
  })

  for (const how of ['link', 'silent'] as const) {
    test(`a line that dies takes nobody along, and flows keep the path they have: ${how}`, async () => {
      const [dsl, lte] = [await by('dsl'), await by('lte')]
      using old = new Calls('udp', Object.values(INTERNET.own))
      using doomed = new Calls('tcp', Object.values(BYPASSED))
      for (const calls of [old, doomed]) assert.deepEqual(await calls.say(), dsl)

      await street.fail('dsl', how)
      await soon(async () => assert.deepEqual(await old.say(), lte))
      // No server knows a TCP connection by another address: better a quick end than silence.
      assert.deepEqual(await doomed.say(), ['over', 'over'])
      await houseLivesOn('lte')
      using young = new Calls('udp', Object.values(INTERNET.own))
      using bypassed = new Calls('tcp', Object.values(BYPASSED))
      for (const calls of [young, bypassed]) assert.deepEqual(await calls.say(), lte)

      await hears(/"dsl".*"leg up"/, () => street.heal('dsl'))
      await soon(async () => assert.deepEqual(await ask('udp', INTERNET.own), dsl))
      assert.deepEqual(await ask('tcp', BYPASSED), dsl)
      for (const calls of [old, young, bypassed]) assert.deepEqual(await calls.say(), lte)

      await street.fail('lte', how)
      for (const calls of [old, young]) {
        await soon(async () => assert.deepEqual(await calls.say(), dsl))
      }
      assert.deepEqual(await bypassed.say(), ['over', 'over'])
      await houseLivesOn('dsl')
      await hears(/"lte".*"leg up"/, () => street.heal('lte'))
    })
  }

  test('who calls the house is answered by the line he came in by, come what may', async () => {
    stand('home', CAMERA, Object.values(LAN.home))
    await street.exec('cpe', ['nft', '-f', '-'], { input: PORT_FORWARD })
    await street.line('lte', { nat: false })
    const { legs, daemons } = await street.status()
    using hangUp = new DisposableStack()
    const callers = LEGS.flatMap((leg) =>
      PROTOCOLS.map((protocol) => {
        const calls = hangUp.use(callsFromOutside(protocol, legs[leg]))
        return { leg, protocol, calls }
      }),
    )
    const talk = async (when: string, expected: readonly LegName[] = LEGS) => {
      for (const { leg, protocol, calls } of callers) {
        if (!expected.includes(leg)) continue
        const heard = await calls.say()
        assert.deepEqual(heard, Object.values(INTERNET.own), `${protocol} by ${leg} ${when}`)
      }
    }
    await talk('at first')
    await hears(/"lte".*"leg down"/, () => street.fail('lte'))
    await talk('while LTE is dead', ['dsl'])
    await hears(/"lte".*"leg up"/, () => street.heal('lte'))
    await talk('when LTE is back')

    const pid = daemons.concentrator.pid ?? 0
    await hears(/"on":false.*"capture"/, () => process.kill(pid, 'SIGSTOP'))
    await talk('while nothing is bonded')
    assert.deepEqual(await ask('tcp', INTERNET.own), await by('dsl'))
    await hears(/"on":true.*"capture"/, () => process.kill(pid, 'SIGCONT'))
    await street.restart('cpe', 'SIGKILL')
    await talk('after the agent was killed')
    await street.line('lte', { nat: true })
  })

  test('a line with a new address costs no download, and gets an id that was never used', async () => {
    const running = download(street, LONG, { seconds: 7 })
    const addressById = new Map<number, string>()
    let token: number | undefined
    const note = async () => {
      const { legs } = await street.status()
      const connections = bonds()
      for (const subflows of connections) {
        const addresses = subflows.map(({ local }) => formatAddress(local.address))
        assert.deepEqual(addresses.sort(), [legs.dsl.ipv4, legs.lte.ipv4].sort())
      }
      // The one that has brought most at first; with new subflows it has brought little again.
      token ??= connections[0]?.[0]?.token
      const download = connections.find(([subflow]) => subflow?.token === token)
      for (const { local, localId } of download ?? []) {
        const address = formatAddress(local.address)
        assert.equal(addressById.get(localId) ?? address, address, `id ${localId}`)
        addressById.set(localId, address)
      }
    }
    await soon(note)
    for (const leg of ['lte', 'dsl', 'lte', 'dsl'] as const) {
      await pause(500)
      await street.line(leg, { newAddress: true })
      await soon(note)
      assert.equal(await whoami('home', INTERNET.own.ipv4), CONCENTRATOR.own.ipv4)
      await soon(note)
      await soon(async () => assert.deepEqual(await ask('udp', INTERNET.own), await by('dsl')))
    }
    const { longestGapMs, elapsedMs } = await running
    assert.ok(elapsedMs >= 7_000 && longestGapMs < 2_000, `${longestGapMs} ms without a byte`)
    assert.ok(addressById.size >= 5, JSON.stringify([...addressById]))
  })

  for (const [story, leg, stripMptcp] of [
    ['LTE lets no join pass', 'lte', 'join'],
    ['LTE lets joins pass and breaks them', 'lte', 'data'],
    ['DSL knows no MPTCP', 'dsl', 'syn'],
  ] as const) {
    test(`a home has all of its DSL where ${story}`, async () => {
      await street.line(leg, { stripMptcp })
      await street.restart('cpe')
      assert.equal(await carriers(), 'dsl')
    })
  }

  test('what fell back to plain TCP on LTE is not used once DSL is back', async () => {
    // Some lines let MPTCP pass in the handshake only.
    await street.line('lte', { stripMptcp: 'data' })
    await hears(/"dsl".*"leg down"/, () => street.fail('dsl'))
    await soon(async () =>
      assert.equal(await whoami('home', INTERNET.own.ipv4), CONCENTRATOR.own.ipv4),
    )
    using plain = new Calls('tcp', [INTERNET.own.ipv4])
    assert.deepEqual(await plain.say(), [CONCENTRATOR.own.ipv4])
    await hears(/"dsl".*"leg up"/, () => street.heal('dsl'))
    assert.equal(await carriers(), 'dsl')
    assert.deepEqual(await plain.say(), [CONCENTRATOR.own.ipv4])
    await street.line('lte', { newAddress: true })
    await soon(async () => assert.deepEqual(await plain.say(), ['over']))
  })

  test('lines with small packets carry what a home sends in big ones', async () => {
    for (const [dsl, lte] of [
      [1_492, 1_280],
      [1_280, 1_428],
    ] as const) {
      await Promise.all([street.line('dsl', { mtu: dsl }), street.line('lte', { mtu: lte })])
      await carriesWhole('files.hyb.example')
      await carriesWhole(BYPASSED.ipv4)
      await carriesWhole(`[${BYPASSED.ipv6}]`)
    }
    await Promise.all(LEGS.map((leg) => street.line(leg, { mtu: 1_500 })))
  })

  test('a concentrator with IPv6 only bonds as well', async () => {
    await configure({ concentrator: { addresses: [CONCENTRATOR.own.ipv6] } })
    assert.equal(await carriers(), 'dsl and lte')
    await configure({})
  })

  test('a DSL with IPv4 only and an LTE with IPv6 only are bonded, and share the rest', async () => {
    const { legs } = await street.status()
    await ip('cpe', `address delete ${legs.dsl.ipv6}/64 dev dsl`)
    await ip('cpe', `address delete ${legs.lte.ipv4}/30 dev lte`)
    await soon(async () =>
      assert.deepEqual(await ask('udp', INTERNET.own), [legs.dsl.ipv4, legs.lte.ipv6]),
    )
    assert.equal(await carriers(), 'dsl and lte')
  })

  /** Whoever speaks to it hears which address he has. */
  function stand(place: Place, port: number, addresses: readonly string[]): void {
    witnesses.use(openWitness(NAME, place, port, addresses))
  }

  async function ask(protocol: Protocol, { ipv4, ipv6 }: Addresses): Promise<string[]> {
    using calls = new Calls(protocol, [ipv4, ipv6])
    return await calls.say()
  }

  /** What a witness in the internet sees of whoever goes straight out by this leg. */
  async function by(leg: LegName): Promise<string[]> {
    const { ipv4, ipv6, nat } = (await street.status()).legs[leg]
    return [nat?.address ?? ipv4, ipv6]
  }

  /** Which address the internet sees of an HTTP request. */
  async function whoami(place: Place, host: string): Promise<string> {
    const name = host.includes(':') ? `[${host}]` : host
    const argv = ['curl', '-sS', '--max-time', '8', `http://${name}/whoami`]
    const { stdout, stderr } = await street.exec(place, argv)
    assert.notEqual(stdout, '', `${place} asks ${name}: ${stderr}`)
    return (JSON.parse(stdout) as { address: string }).address
  }

  async function ping(place: Place, address: string): Promise<void> {
    const { status, stdout } = await street.exec(place, ['ping', '-c1', '-W1', address])
    assert.equal(status, 0, stdout)
  }

  /** The address of a name that no cache has seen. */
  async function dig(place: Place, ...words: readonly string[]): Promise<string> {
    const name = `n${names++}.hyb.example`
    const argv = ['dig', '+short', '+time=1', '+tries=3', name, ...words]
    return (await street.exec(place, argv)).stdout.trim()
  }

  /** Home and router resolve, ping and browse; what is bonded goes on, the rest goes by this leg. */
  async function houseLivesOn(leg: LegName): Promise<void> {
    assert.equal(await dig('home'), INTERNET.own.ipv4)
    await Promise.all(Object.values(INTERNET.own).map((address) => ping('home', address)))
    assert.ok(VIA_CONCENTRATOR.has(await whoami('home', `n${names++}.hyb.example`)))
    assert.deepEqual(await ask('udp', INTERNET.own), await by(leg))
    assert.ok((await by(leg)).includes(await whoami('cpe', `n${names++}.hyb.example`)))
  }

  /** Whether connection tracking of the router has a captured TCP connection to `address`. */
  async function captures(address: string): Promise<boolean> {
    const { stdout } = await street.exec('cpe', ['conntrack', '-L', '-p', 'tcp', '-d', address])
    assert.notEqual(stdout, '', `nothing went to ${address}`)
    const marks = [...stdout.matchAll(/ mark=(\d+)/g)].map(([, mark]) => Number(mark))
    return marks.some((mark) => (mark & MARK_MASK) === MARK.tproxy)
  }

  function callsFromOutside(protocol: Protocol, to: Addresses): Calls {
    const { own } = INTERNET
    return new Calls(protocol, [to.ipv4, to.ipv6], {
      place: 'internet',
      port: FORWARDED,
      own: [own.ipv4, own.ipv6],
    })
  }

  /** The subflows of each connection to the concentrator; first that which has brought most. */
  function bonds(): DiagnosedSubflow[][] {
    using diagnosis = inNetworkNamespace(
      netnsOf(NAME, 'cpe'),
      () => new NetlinkSocket(Netlink.diagnosis),
    )
    const standing = dumpSubflows(diagnosis).filter(({ state }) => state === TcpState.established)
    const connections = Map.groupBy(standing, ({ token }) => token)
    const brought = (subflows: readonly DiagnosedSubflow[]) =>
      subflows.reduce((sum, { tcpInfo }) => sum + tcpInfo.bytesReceived, 0)
    return [...connections.values()].sort((a, b) => brought(b) - brought(a))
  }

  /** Which lines carry a download. How much of it each does is for the benches, on a calm machine. */
  async function carriers(): Promise<string> {
    const before = (await street.status()).legs
    const { longestGapMs, bytes } = await download(street, LONG, { seconds: CARRY_S })
    const now = (await street.status()).legs
    assert.ok(longestGapMs < 2_000 && bytes > 1_000_000, `${bytes} bytes, gap ${longestGapMs} ms`)
    const shareOf = (leg: LegName) => (now[leg].downBytes - before[leg].downBytes) / bytes
    return LEGS.filter((leg) => shareOf(leg) > CARRY_SHARE).join(' and ')
  }

  /** There and back, within seconds, and nothing lost. */
  async function carriesWhole(host: string): Promise<void> {
    const hash = await new Content().sha256(WHOLE_BYTES)
    const curl = 'curl -sgS --max-time 6'
    const down = `${curl} http://${host}/bytes/${WHOLE_BYTES}`
    const said = await shell('home', `${down} | ${curl} --data-binary @- http://${host}/upload`)
    assert.deepEqual(JSON.parse(said), { bytes: WHOLE_BYTES, sha256: hash }, host)
  }

  async function overSsh(command: string): Promise<string> {
    const keys = mkdtempSync(join(tmpdir(), 'hybridge-ssh-'))
    using cleanup = new DisposableStack()
    cleanup.defer(() => rmSync(keys, { recursive: true }))
    await shell('home', `for k in host own; do ssh-keygen -qt ed25519 -N '' -f ${keys}/$k; done`)
    // sshd wants a folder of its own in /run; what is mounted here is seen by it alone.
    const sshd = street.spawn(
      'internet',
      [
        'sh',
        '-c',
        `mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -De -f /dev/null \
          -p ${SSH} -h ${keys}/host -o PidFile=none -o UsePAM=no -o StrictModes=no \
          -o AuthorizedKeysFile=${keys}/own.pub`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    cleanup.defer(() => void sshd.kill('SIGKILL'))
    for await (const words of sshd.stderr ?? []) if (String(words).includes('listening')) break
    const options = '-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'
    return await shell(
      'home',
      `ssh -q ${options} -i ${keys}/own -p ${SSH} root@${INTERNET.own.ipv4} '${command}'`,
    )
  }

  async function shell(place: Place, script: string): Promise<string> {
    const { status, stdout, stderr } = await street.exec(place, ['bash', '-c', script])
    assert.equal(status, 0, `${script}: ${stderr}`)
    return stdout
  }

  async function ip(place: Place, words: string): Promise<void> {
    await shell(place, `ip ${words}`)
  }

  /** Start the agent with the street's configuration and `patch`. */
  async function configure(patch: ConfigPatch): Promise<void> {
    writeConfigs(readState(NAME), { cpe: { ...BYPASSING, ...patch } })
    await street.restart('cpe')
  }

  /** Do something to the house and wait until the agent has said what it makes of it. */
  function hears(words: RegExp, doing: () => unknown): Promise<void> {
    return untilSaid(street, 'cpe', words, doing, SOON_MS)
  }
})

/** The same said to several at once, each on a flow of its own. */
class Calls implements Disposable {
  readonly #all: readonly Conversation[]

  constructor(
    protocol: Protocol,
    to: readonly string[],
    from: { place?: Place; port?: number; own?: readonly string[] } = {},
  ) {
    const { place = 'home', port = WITNESS, own = [] } = from
    this.#all = to.map(
      (address, i) => new Conversation(NAME, place, protocol, { address, port }, own[i]),
    )
  }

  say(): Promise<string[]> {
    return Promise.all(this.#all.map((one) => one.say()))
  }

  [Symbol.dispose](): void {
    for (const one of this.#all) one[Symbol.dispose]()
  }
}

/** The house may need a moment after a change; it must get there by itself, and soon. */
function soon(check: () => unknown): Promise<unknown> {
  return eventually(check, SOON_MS)
}

let names = 0

const NAME = 'hyb-household'
/** Also the internet's, but the operator's list says to leave them alone. */
const BYPASSED: Addresses = { ipv4: '198.51.100.12', ipv6: '2001:db8:5::12' }
const BYPASSING: ConfigPatch = { bypass: { prefixes: Object.values(BYPASSED) } }
const VIA_CONCENTRATOR: ReadonlySet<string> = new Set(Object.values(CONCENTRATOR.own))
const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp']
const WITNESS = 7_001
const SERVICE = 7_002
const CAMERA = 7_003
const FORWARDED = 8_080
const SSH = 2_222
/** A file that no test reads to its end. */
const LONG = '/bytes/4000000000'
/** LTE helps after a second; after 2.5 s it had not, once in some forty, for bbr leaves no queue on a line that it knows (README). */
const CARRY_S = 4
/** Probes and joins in vain are a tenth of this. */
const CARRY_SHARE = 0.02
const WHOLE_BYTES = 500_000
const SOON_MS = 6_000

/** What a router's web page sets up when it is told to forward a port. */
const PORT_FORWARD = `table inet os {
  chain prerouting {
    type nat hook prerouting priority dstnat
    iifname { dsl, lte } meta nfproto ipv4 meta l4proto { tcp, udp } th dport ${FORWARDED} \
      dnat ip to ${LAN.home.ipv4}:${CAMERA}
    iifname { dsl, lte } meta nfproto ipv6 meta l4proto { tcp, udp } th dport ${FORWARDED} \
      dnat ip6 to [${LAN.home.ipv6}]:${CAMERA}
  }
}
`
