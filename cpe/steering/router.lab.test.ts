/**
 * A real router, a real kernel: who is captured, which way the others go, and what is left afterwards.
 *
 *                                   ┌── dsl ──── wan-dsl ─┐
 *     home ──────── lan ─── cpe ────┤                     ├  198.51.100.10, 2001:db8:5::10
 *     192.168.1.10                  ├── lte ──── wan-lte ─┘  on both: whoever answers tells the way
 *                                   └── vpn ──── wan-lte     10.8.0.2
 *
 * Needs root. The test's thread stands in `cpe`, and its sockets wherever they were opened.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { must } from '../../shared/linux/errors.ts'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { openListener, resetAndClose } from '../../shared/linux/sockets.ts'
import { formatAddress, parseAddress, parsePrefix } from '../../shared/wire/address.ts'
import { decodeSockaddr, encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { openRouter, type Router } from './router.ts'
import type { LegRouting } from './routes.ts'

const TUNNEL = {
  enabled: false,
  interface: 'hyb-tun',
  cipher: 'aes-128-gcm' as const,
  reorderMsMax: 60,
}
const canRun = process.getuid?.() === 0

describe('the router', { skip: !canRun && 'needs root', timeout: 60_000 }, () => {
  let city: City
  before(() => {
    city = raiseCity()
  })
  after(() => city.raze())
  beforeEach(() => city.forget())

  test('hands what the LAN opens to a worker, with the server it meant, in both families', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    await router.setCapture(true)
    assert.equal(city.tcp('home', SERVER4, 443).say(), 'worker for 198.51.100.10 443')
    assert.equal(city.tcp('home', SERVER6, 443).say(), 'worker for 2001:db8:5::10 443')
  })

  test('shares what the LAN opens among the workers', async () => {
    await using router = await city.open({ workers: 3 })
    const workers = [0, 1, 2].map((index) => city.worker(CAPTURE_PORT + index, `w${index}`))
    await router.setCapture(true)
    const answers = Array.from({ length: 60 }, () => city.tcp('home', SERVER4, 443).say())
    for (const worker of workers) worker[Symbol.dispose]()
    const counts = ['w0', 'w1', 'w2'].map(
      (name) => answers.filter((a) => a.startsWith(name)).length,
    )
    // By a hash: once in 30,000 runs one of them has less than 6.
    assert.ok(Math.min(...counts) >= 6, counts.join())
    assert.equal(counts[0]! + counts[1]! + counts[2]!, 60)
  })

  test('gives the connections of a worker that is gone to another, or lets them go', async () => {
    await using router = await city.open({ workers: 2 })
    using _second = city.worker(CAPTURE_PORT + 1)
    await router.setCapture(true)
    for (let i = 0; i < 4; i++) {
      assert.equal(city.tcp('home', SERVER4, 443).say(), 'worker for 198.51.100.10 443')
    }
  })

  test('leaves alone what is bypassed, near, or for the router itself', async () => {
    await using router = await city.open({ bypass: ['198.51.100.8/29', '2001:db8:5::/64'] })
    using _worker = city.worker(CAPTURE_PORT)
    using _page = city.serve('cpe', 'page', 80)
    await router.setCapture(true)
    assert.equal(city.tcp('home', SERVER4, 443).say(), `wan-dsl to ${DSL4}`)
    assert.equal(city.tcp('home', SERVER6, 443).say(), `wan-dsl to ${DSL6}`)
    assert.equal(city.tcp('home', '192.168.1.1', 80).say(), 'page to 192.168.1.10')
    assert.equal(city.tcp('home', DSL4, 80).say(), 'page to 192.168.1.10')
    assert.equal(city.tcp('home', '2001:db8:1::1', 80).say(), 'page to 2001:db8:1::10')
    // Its own connections, and those of whoever else lives on it.
    assert.equal(city.tcp('cpe', SERVER4, 443).say(), `wan-dsl to ${DSL4}`)
  })

  test('leaves alone what goes to another network of the house', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    await router.setCapture(true)
    assert.equal(city.tcp('home', '10.8.0.2', 443).say(), 'wan-lte to 192.168.1.10')
    assert.equal(city.tcp('home', '10.8.0.2', CAPTURE_PORT).say(), 'wan-lte to 192.168.1.10')
  })

  test('leaves alone what the OS redirects to itself', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    using _resolver = city.serve('cpe', 'resolver', 53)
    nft('add table ip os; add chain ip os pre { type nat hook prerouting priority dstnat; }')
    nft('add rule ip os pre iifname "lan" tcp dport 53 redirect to :53')
    await router.setCapture(true)
    assert.equal(city.tcp('home', SERVER4, 53).say(), 'resolver to 192.168.1.10')
  })

  test('refuses whoever speaks to a worker directly', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    await router.setCapture(true)
    assert.equal(city.tcp('home', '192.168.1.1', CAPTURE_PORT).say(), 'refused')
    assert.equal(city.tcp('wan-dsl', DSL4, CAPTURE_PORT).say(), 'refused')
    // A server that happens to use the same port is reached, unbonded.
    assert.equal(city.tcp('home', SERVER4, CAPTURE_PORT).say(), `wan-dsl to ${DSL4}`)
  })

  test('stops taking new connections and keeps those it has', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    await router.setCapture(true)
    const old = city.tcp('home', SERVER4, 443)
    assert.equal(old.say(), 'worker for 198.51.100.10 443')
    await router.setCapture(false)
    assert.equal(city.tcp('home', SERVER4, 443).say(), `wan-dsl to ${DSL4}`)
    assert.equal(old.say(), 'worker for 198.51.100.10 443')
  })

  test('lets connections go their way when no worker listens, and ends those that had one', async () => {
    await using router = await city.open()
    const worker = city.worker(CAPTURE_PORT)
    await router.setCapture(true)
    const old = city.tcp('home', SERVER4, 443)
    assert.equal(old.say(), 'worker for 198.51.100.10 443')
    // As after kill -9: the kernel closes the sockets, the rules stay. But the host does not hear of it.
    nft('add table ip os; add chain ip os out { type filter hook output priority 0; policy drop; }')
    worker[Symbol.dispose]()
    nft('delete table ip os')
    assert.equal(old.say(), 'refused')
    assert.equal(city.tcp('home', SERVER4, 443).say(), `wan-dsl to ${DSL4}`)
    assert.equal(city.tcp('home', SERVER6, 443).say(), `wan-dsl to ${DSL6}`)
  })

  test('sends everything else out by DSL, and by LTE when that is active', async () => {
    await using router = await city.open()
    for (const server of [SERVER4, SERVER6]) {
      const [dsl, lte] = server === SERVER4 ? [DSL4, LTE4] : [DSL6, LTE6]
      const flow = city.udp('home', server, 53)
      assert.equal(flow.say(), `wan-dsl to ${dsl}`)
      router.setActiveLeg('lte')
      assert.equal(city.udp('home', server, 53).say(), `wan-lte to ${lte}`)
      assert.equal(city.udp('cpe', server, 53).say(), `wan-lte to ${lte}`)
      assert.equal(flow.say(), `wan-dsl to ${dsl}`, 'an old flow keeps its path')
      router.flushLeg('dsl')
      assert.equal(flow.say(), `wan-lte to ${lte}`, 'until the path dies')
      router.setActiveLeg('dsl')
      assert.equal(flow.say(), `wan-lte to ${lte}`, 'and then the next one')
      assert.equal(city.udp('home', server, 53).say(), `wan-dsl to ${dsl}`)
    }
  })

  test('keeps an unbonded TCP connection on LTE when DSL is back', async () => {
    await using router = await city.open()
    router.setActiveLeg('lte')
    const flow = city.tcp('home', SERVER4, 443)
    assert.equal(flow.say(), `wan-lte to ${LTE4}`)
    router.setActiveLeg('dsl')
    router.flushLeg('dsl')
    assert.equal(flow.say(), `wan-lte to ${LTE4}`)
    // But no server would know it under another address.
    router.flushLeg('lte')
    assert.equal(flow.say(), 'refused')
  })

  test('answers port forwards by the leg they came in, whatever is active', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    using _camera = city.serve('home', 'camera', 7_000)
    nft('add table ip os; add chain ip os pre { type nat hook prerouting priority dstnat; }')
    for (const protocol of ['tcp', 'udp']) {
      nft(
        `add rule ip os pre ${protocol} dport 8080 fib daddr type local dnat to 192.168.1.10:7000`,
      )
    }
    await router.setCapture(true)
    router.setActiveLeg('lte')
    const seen = 'camera to 203.0.113.1'
    const flows = [
      city.tcp('wan-dsl', DSL4, 8_080, '203.0.113.1'),
      city.udp('wan-dsl', DSL4, 8_080, '203.0.113.1'),
    ]
    for (const flow of flows) assert.equal(flow.say(), seen)
    // From an address that is reached over both, so that only the memory of the leg tells the way.
    assert.equal(city.tcp('wan-dsl', DSL4, 8_080, SERVER4).say(), `camera to ${SERVER4}`)
    assert.equal(city.udp('wan-dsl', DSL4, 8_080, SERVER4).say(), `camera to ${SERVER4}`)
    router.setActiveLeg('dsl')
    assert.equal(city.tcp('wan-lte', LTE4, 8_080, SERVER4).say(), `camera to ${SERVER4}`)
    assert.equal(city.udp('wan-lte', LTE4, 8_080, SERVER4).say(), `camera to ${SERVER4}`)
    for (const flow of flows) assert.equal(flow.say(), seen)
    // Its peer knows no other address, also while DSL is dead.
    const entries = () => read('conntrack -L --dst-nat').split('\n').length
    const before = entries()
    router.flushLeg('dsl')
    assert.equal(entries(), before)
  })

  test('answers for itself by the leg it was asked over, also under an address of the LAN', async () => {
    await using router = await city.open()
    using _page = city.serve('cpe', 'page', 80)
    router.setActiveLeg('lte')
    assert.equal(city.tcp('wan-dsl', DSL4, 80, SERVER4).say(), `page to ${SERVER4}`)
    assert.equal(city.tcp('wan-dsl', '2001:db8:1::1', 80, SERVER6).say(), `page to ${SERVER6}`)
  })

  test('answers for a host of the LAN with an IPv6 address of its own by that leg too', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    using _camera = city.serve('home', 'camera', 7_000)
    await router.setCapture(true)
    router.setActiveLeg('lte')
    const flow = city.tcp('wan-dsl', '2001:db8:1::10', 7_000, SERVER6)
    assert.equal(flow.say(), `camera to ${SERVER6}`)
  })

  test("keeps what starts from a leg's address on that leg, come what may", async () => {
    await using router = await city.open()
    const fromLte = () => city.udp('cpe', SERVER4, 53, LTE4).say()
    assert.equal(fromLte(), `wan-lte to ${LTE4}`)
    assert.equal(city.udp('cpe', SERVER6, 53, LTE6).say(), `wan-lte to ${LTE6}`)
    // The OS has a way of its own to the concentrator.
    ip('route add 192.0.2.10/32 via 203.0.113.1')
    assert.equal(city.udp('cpe', CONCENTRATOR4, 53, LTE4).say(), `wan-lte to ${LTE4}`)
    ip('route del 192.0.2.10/32')
    // Without a way on the leg there is none, rather than the other leg's.
    ip('link set lte down')
    assert.equal(fromLte(), 'unreachable')
    router.refreshLeg('lte', LTE)
    assert.equal(fromLte(), 'unreachable')
    city.dial('lte')
    assert.equal(fromLte(), 'unreachable')
    router.refreshLeg('lte', LTE)
    assert.equal(fromLte(), `wan-lte to ${LTE4}`)
  })

  test('follows an address that changes', async () => {
    await using router = await city.open()
    ip('address add 203.0.113.3/29 dev dsl')
    router.refreshLeg('dsl', { ...DSL, address4: '203.0.113.3' })
    assert.match(read('ip rule'), /8793:\s+from 203\.0\.113\.3 lookup 8801/)
    assert.doesNotMatch(read('ip rule'), /from 203\.0\.113\.2/)
    assert.equal(city.udp('cpe', SERVER4, 53, '203.0.113.3').say(), 'wan-dsl to 203.0.113.3')
    ip('address del 203.0.113.3/29 dev dsl')
  })

  test('sends a family over the other leg, or refuses it, when the active leg lacks it', async () => {
    await using router = await city.open()
    router.refreshLeg('lte', { up: true, address4: LTE4, gateway4: '100.64.0.1' })
    router.setActiveLeg('lte')
    assert.equal(city.udp('home', SERVER4, 53).say(), `wan-lte to ${LTE4}`)
    assert.equal(city.udp('home', SERVER6, 53).say(), `wan-dsl to ${DSL6}`)
    router.refreshLeg('dsl', { ...DSL, up: false })
    assert.equal(city.tcp('home', SERVER6, 443).say(), 'unreachable')
  })

  test('works over a line that has no gateway', async () => {
    await using router = await city.open()
    router.refreshLeg('lte', { up: true, address4: LTE4, address6: LTE6 })
    assert.match(read('ip route show table 8802'), /^default dev lte proto 88 scope link/m)
    assert.match(read('ip -6 route show table 8802'), /^default dev lte proto 88/m)
  })

  test('leaves no trace', async () => {
    const found = city.dump()
    {
      await using router = await city.open({
        bypass: ['10.0.0.0/8', '10.1.0.0/16', '0.0.0.0/0', '::/0'],
      })
      await router.setCapture(true)
      router.setActiveLeg('lte')
      assert.notEqual(city.dump(), found)
      assert.match(city.dump(), /path_manager = userspace/)
      assert.match(city.dump(), /conf\.lte\.rp_filter = 2/)
    }
    assert.equal(city.dump(), found)
    assert.deepEqual(readdirSync(city.state), [])
  })

  test('leaves no trace of a start that failed', async () => {
    const found = city.dump()
    await assert.rejects(
      openRouter({ ...city.config(), lan: { interfaces: ['l"n'] } }, assert.fail),
      /Cannot name the interface l"n in nftables/,
    )
    assert.equal(city.dump(), found)
  })

  test('heals after kill -9: the house is online meanwhile, and nothing stands twice', async () => {
    const found = city.dump()
    const open = async () => {
      const router = await city.open()
      await router.setCapture(true)
      router.setActiveLeg('dsl')
      return router
    }
    let fresh: string
    {
      await using _router = await open()
      fresh = city.dump()
    }
    await city.killed()
    assert.equal(city.dump(), fresh, 'the rules of the dead remain')
    assert.equal(city.tcp('home', SERVER4, 443).say(), `wan-dsl to ${DSL4}`)
    assert.equal(city.udp('home', SERVER6, 53).say(), `wan-dsl to ${DSL6}`)
    {
      await using _router = await open()
      assert.equal(city.dump(), fresh)
    }
    assert.equal(city.dump(), found)
  })

  test('does not put back what was so before the machine started', async () => {
    const found = city.dump()
    const memory = { boot: 'an earlier one', before: { 'net/ipv4/conf/lte/rp_filter': '1' } }
    writeFileSync(join(city.state, 'cpe-sysctls.json'), JSON.stringify(memory))
    await (await city.open())[Symbol.asyncDispose]()
    assert.equal(city.dump(), found)
  })

  test('has its table back after somebody has flushed all of nftables', async () => {
    await using router = await city.open()
    using _worker = city.worker(CAPTURE_PORT)
    nft('flush ruleset')
    await router.setCapture(true)
    assert.equal(city.tcp('home', SERVER4, 443).say(), 'worker for 198.51.100.10 443')
  })
})

const SERVER4 = '198.51.100.10'
const SERVER6 = '2001:db8:5::10'
const DSL4 = '203.0.113.2'
const DSL6 = '2001:db8:d::2'
const LTE4 = '100.64.0.2'
const LTE6 = '2001:db8:e::2'
const CONCENTRATOR4 = '192.0.2.10'
const CONCENTRATOR6 = '2001:db8:c::10'
const CAPTURE_PORT = 15_800
const DSL: LegRouting = {
  up: true,
  address4: DSL4,
  address6: DSL6,
  gateway4: '203.0.113.1',
  gateway6: '2001:db8:d::1',
}
const LTE: LegRouting = {
  up: true,
  address4: LTE4,
  address6: LTE6,
  gateway4: '100.64.0.1',
  gateway6: '2001:db8:e::1',
}

const FACTS = { dsl: DSL, lte: LTE } as const

type Place = 'home' | 'cpe' | 'wan-dsl' | 'wan-lte'
const PLACES: readonly Place[] = ['home', 'cpe', 'wan-dsl', 'wan-lte']
const PREFIX = 'hyb-router'

type City = ReturnType<typeof raiseCity>

function raiseCity() {
  for (const place of PLACES) {
    run('ip', ['netns', 'delete', netnsOf(place)], 'quiet')
    run('ip', ['netns', 'add', netnsOf(place)])
    inside(place, 'link set lo up')
    for (const setting of ['all', 'default']) {
      sysctl(place, `net.ipv6.conf.${setting}.accept_dad=0`)
      sysctl(place, `net.ipv6.conf.${setting}.forwarding=1`)
    }
  }
  wire({ place: 'cpe', name: 'lan' }, { place: 'home', name: 'lan' })
  address('cpe', 'lan', '192.168.1.1/24', '2001:db8:1::1/64')
  address('home', 'lan', '192.168.1.10/24', '2001:db8:1::10/64')
  defaultRoutes('home', 'lan', { gateway4: '192.168.1.1', gateway6: '2001:db8:1::1' })
  for (const leg of ['dsl', 'lte'] as const) {
    const { gateway4, gateway6, address6 } = FACTS[leg]
    wire({ place: 'cpe', name: leg }, { place: `wan-${leg}`, name: 'line' })
    address(`wan-${leg}`, 'line', `${gateway4}/29`, `${gateway6}/64`)
    address(`wan-${leg}`, 'lo', SERVER4, SERVER6)
    address(`wan-${leg}`, 'lo', CONCENTRATOR4, CONCENTRATOR6)
    inside(`wan-${leg}`, `-6 route add 2001:db8:1::/64 via ${address6}`)
    dial(leg)
  }
  // Another network of the house, somewhere behind the router.
  wire({ place: 'cpe', name: 'vpn' }, { place: 'wan-lte', name: 'vpn' })
  address('cpe', 'vpn', '10.8.0.1/24', '2001:db8:8::1/64')
  address('wan-lte', 'vpn', '10.8.0.2/24', '2001:db8:8::2/64')
  inside('wan-lte', 'route add 192.168.1.0/24 via 10.8.0.1')
  for (const place of PLACES) settled(place)
  sysctl('cpe', 'net.ipv4.ip_forward=1')
  // The strictest an OS may be.
  sysctl('cpe', 'net.ipv4.conf.all.rp_filter=1')
  sysctl('cpe', 'net.ipv4.conf.all.src_valid_mark=1')

  const home = openSync('/proc/thread-self/ns/net', 'r')
  const cpe = openSync(`/run/netns/${netnsOf('cpe')}`, 'r')
  must(libc.enterNetworkNamespace(cpe), 'stand in cpe', 'setns')
  libc.close(cpe)
  const state = mkdtempSync(join(tmpdir(), 'hybridge-router-'))
  const hosts = new Set<Host>()
  for (const place of ['wan-dsl', 'wan-lte'] as const) {
    for (const port of [53, 443, CAPTURE_PORT]) serve(place, place, port)
  }

  function serve(place: Place, name: string, port: number): Host {
    const host = new Host(hosts, place, port, (peer) => `${name} to ${peer}`)
    hosts.add(host)
    return host
  }

  return {
    state,
    dial,
    serve,
    /** A relay worker, as far as a router can tell. */
    worker(port: number, name = 'worker'): Host {
      const host = new Host(hosts, 'cpe', port, (_, own) => `${name} for ${own}`, 'transparent')
      hosts.add(host)
      return host
    },
    config({ workers = 1, bypass = [] as string[] } = {}) {
      return {
        bypass: { prefixes: bypass.map((prefix) => parsePrefix(prefix)!) },
        capturePort: CAPTURE_PORT,
        concentrator: { addresses: [CONCENTRATOR4, CONCENTRATOR6], port: 8_803 },
        connect: 'truthful' as const,
        lan: { interfaces: ['lan', 'guests'] },
        legs: { dsl: { interface: 'dsl' }, lte: { interface: 'lte' } },
        stateDirectory: state,
        tunnel: TUNNEL,
        workers,
      }
    },
    async open(options: { workers?: number; bypass?: string[] } = {}): Promise<Router> {
      const router = await openRouter(this.config(options), assert.fail)
      router.refreshLeg('dsl', DSL)
      router.refreshLeg('lte', LTE)
      router.setActiveLeg('dsl')
      return router
    },
    /** The same in a process of its own, which is killed when it has set everything. */
    async killed(): Promise<void> {
      const code = `
        import { openRouter } from '${import.meta.resolve('./router.ts')}'
        const router = await openRouter(${JSON.stringify(this.config())}, console.error)
        router.refreshLeg('dsl', ${JSON.stringify(DSL)})
        router.refreshLeg('lte', ${JSON.stringify(LTE)})
        router.setActiveLeg('dsl')
        await router.setCapture(true)
        console.log('open')
        setInterval(() => {}, 1e6)`
      const agent = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const ended = once(agent, 'exit')
      const [said] = await once(agent.stdout, 'data')
      assert.equal(String(said).trim(), 'open')
      agent.kill('SIGKILL')
      await ended
    },
    tcp: (from: Place, to: string, port: number, own?: string) =>
      new Flow(hosts, 'tcp', from, to, port, own),
    udp: (from: Place, to: string, port: number, own?: string) =>
      new Flow(hosts, 'udp', from, to, port, own),
    /** Everything an agent could have changed on the router. */
    dump(): string {
      return [
        'ip rule',
        'ip -6 rule',
        'ip route show table all',
        'ip -6 route show table all',
        'nft list ruleset',
        'sysctl -a -r net.(mptcp|ipv4.conf.*rp_filter|ipv4.tcp_|ipv4.ip_forward)',
      ]
        .map(read)
        .join('\n')
    },
    /** What one test has opened and connection tracking remembers. */
    forget(): void {
      Flow.closeAll()
      run('conntrack', ['-F'], 'quiet')
      run('nft', ['delete', 'table', 'ip', 'os'], 'quiet')
    },
    raze(): void {
      Flow.closeAll()
      for (const host of hosts) host[Symbol.dispose]()
      must(libc.enterNetworkNamespace(home), 'go home', 'setns')
      libc.close(home)
      for (const place of PLACES) run('ip', ['netns', 'delete', netnsOf(place)], 'quiet')
      rmSync(state, { recursive: true })
    },
  }
}

/** A server: over TCP and UDP it answers who it is and whom it speaks to. */
class Host {
  readonly #all: Set<Host>
  readonly #datagrams: readonly number[]
  readonly #door: number
  readonly #answer: (peer: string, own: string) => string
  readonly #guests: number[] = []

  constructor(
    all: Set<Host>,
    place: Place,
    port: number,
    answer: (peer: string, own: string) => string,
    kind: 'transparent' | 'plain' = 'plain',
  ) {
    this.#all = all
    this.#answer = answer
    const address = encodeSockaddr6(parseAddress('::')!, port)
    const transparent = kind === 'transparent'
    const options = { address, multipath: false, transparent, reusePort: false }
    // An answer must come from the address that was asked, and these hosts have several.
    const addresses = place.startsWith('wan') ? [SERVER4, SERVER6, CONCENTRATOR4] : ['::']
    this.#door = inNetworkNamespace(netnsOf(place), () => openListener(options, 'test'))
    this.#datagrams = inNetworkNamespace(netnsOf(place), () =>
      addresses.map((own) => {
        const fd = libc.socket(libc.AF_INET6, libc.SOCK_DGRAM | libc.SOCK_NONBLOCK, 0)
        must(libc.bind(fd, encodeSockaddr6(parseAddress(own)!, port)), 'serve', 'bind')
        return fd
      }),
    )
  }

  turn(): void {
    for (;;) {
      const guest = libc.accept(this.#door)
      if (guest < 0) break
      this.#guests.push(guest)
    }
    for (const guest of this.#guests) {
      if (libc.recv(guest, BYTES) <= 0) continue
      const peer = named(libc.getpeername, guest).split(' ')[0] ?? ''
      libc.send(guest, Buffer.from(this.#answer(peer, named(libc.getsockname, guest))))
    }
    const from = new Uint8Array(28)
    for (const fd of this.#datagrams) {
      while (libc.recvfrom(fd, BYTES, from) > 0) {
        const { address } = decodeSockaddr(from)!
        libc.sendto(fd, Buffer.from(this.#answer(formatAddress(address), '')), from)
      }
    }
  }

  [Symbol.dispose](): void {
    this.#all.delete(this)
    for (const fd of [this.#door, ...this.#datagrams]) libc.close(fd)
    for (const guest of this.#guests) resetAndClose(guest)
  }
}

/** A client's connection or datagram socket. */
class Flow {
  static readonly #open = new Set<number>()
  readonly #hosts: Set<Host>
  readonly #fd: number
  #refusal: string | undefined

  constructor(
    hosts: Set<Host>,
    kind: 'tcp' | 'udp',
    from: Place,
    to: string,
    port: number,
    own?: string,
  ) {
    this.#hosts = hosts
    this.#fd = inNetworkNamespace(netnsOf(from), () => {
      const type = kind === 'tcp' ? libc.SOCK_STREAM : libc.SOCK_DGRAM
      const fd = must(libc.socket(libc.AF_INET6, type | libc.SOCK_NONBLOCK, 0), 'ask', 'socket')
      if (own !== undefined)
        must(libc.bind(fd, encodeSockaddr6(parseAddress(own)!, 0)), 'ask', 'bind')
      this.#refusal = REFUSALS.get(libc.connect(fd, encodeSockaddr6(parseAddress(to)!, port)))
      return fd
    })
    Flow.#open.add(this.#fd)
  }

  /** Say something and hear the answer, or why there is none. */
  say(): string {
    if (this.#refusal !== undefined) return this.#refusal
    const deadline = performance.now() + ANSWER_MS_MAX
    let said = false
    while (performance.now() < deadline) {
      if (!said) {
        const result = libc.send(this.#fd, Buffer.from('who?'))
        if (REFUSALS.has(result)) return REFUSALS.get(result)!
        said = result > 0
      }
      for (const host of this.#hosts) host.turn()
      const bytes = libc.recv(this.#fd, BYTES)
      if (bytes > 0) return Buffer.from(BYTES.subarray(0, bytes)).toString()
      if (bytes === 0) said = false
      if (REFUSALS.has(bytes)) return REFUSALS.get(bytes)!
    }
    return 'silence'
  }

  static closeAll(): void {
    for (const fd of Flow.#open) libc.close(fd)
    Flow.#open.clear()
  }
}

const REFUSALS = new Map([
  [-111, 'refused'],
  [-104, 'refused'],
  [-32, 'refused'],
  [-113, 'unreachable'],
  [-101, 'unreachable'],
])
const BYTES = new Uint8Array(2_048)
/** The kernel drops an ICMP error that is back before connect() is; it sends its SYN again after 1 s. */
const ANSWER_MS_MAX = 3_000

function named(ask: typeof libc.getsockname, fd: number): string {
  const name = new Uint8Array(28)
  must(ask(fd, name), 'ask for a name', 'getsockname')
  const { address, port } = decodeSockaddr(name)!
  return `${formatAddress(address)} ${port}`
}

function netnsOf(place: Place): string {
  return `${PREFIX}-${place}`
}

/** What the OS does when a line comes up: an address of each family and its default routes. */
function dial(leg: 'dsl' | 'lte'): void {
  const { address4, address6 } = FACTS[leg]
  address('cpe', leg, `${address4}/29`, `${address6}/64`)
  defaultRoutes('cpe', leg, FACTS[leg])
}

interface End {
  readonly place: Place
  readonly name: string
}

function wire(a: End, b: End): void {
  const there = ['peer', 'name', b.name, 'netns', netnsOf(b.place)]
  run('ip', ['link', 'add', a.name, 'netns', netnsOf(a.place), 'type', 'veth', ...there])
}

function address(place: Place, name: string, four: string, six: string): void {
  inside(place, `link set ${name} up`)
  inside(place, `address replace ${four} dev ${name}`)
  inside(place, `address replace ${six} dev ${name}`)
}

function defaultRoutes(
  place: Place,
  name: string,
  { gateway4, gateway6 }: Pick<LegRouting, 'gateway4' | 'gateway6'>,
): void {
  const metric = name === 'lte' ? 200 : 100
  inside(place, `route replace default via ${gateway4} dev ${name} metric ${metric}`)
  inside(place, `-6 route replace default via ${gateway6} dev ${name} metric ${metric}`)
}

/** Until IPv6 has looked around for others with its addresses. */
function settled(place: Place): void {
  while (read(`ip -n ${netnsOf(place)} -6 address show tentative`) !== '');
}

function inside(place: Place, words: string): void {
  run('ip', ['-n', netnsOf(place), ...words.split(' ')])
}

function sysctl(place: Place, setting: string): void {
  run('ip', ['netns', 'exec', netnsOf(place), 'sysctl', '-qw', setting])
}

/** In `cpe`, where the thread stands. */
function ip(words: string): void {
  run('ip', words.split(' '))
}

function nft(command: string): void {
  run('nft', [command])
}

function read(command: string): string {
  const [program, ...words] = command.split(' ')
  return execFileSync(program!, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function run(program: string, words: readonly string[], failure: 'loud' | 'quiet' = 'loud'): void {
  try {
    execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    if (failure === 'loud') throw cause
  }
}
