/**
 * What a LAN host hears when its server refuses, is not there, is slow, or speaks first, on a real street: the
 * same as without us, and at the same time.
 *
 * A `Gate` in the internet stops the SYNs that reach a port, by the same queue that the agent holds them
 * with, until the test opens it.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  EACCES,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EHOSTUNREACH,
  ENETUNREACH,
} from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { PacketQueue } from '../../shared/linux/nfqueue.ts'
import { appendQueueRules } from '../../shared/linux/nftables.ts'
import { dial, openListener, resetAndClose, socketError } from '../../shared/linux/sockets.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { CONCENTRATOR, INTERNET, LAN } from './addresses.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { configWith, startAlone } from './lone-daemon.ts'
import { descriptorsOf, eventually, logOf, pidOf, untilWay, wayOf } from './onlooker.ts'
import { netnsOf, type Place } from './places.ts'

describe('a LAN host hears the truth', { skip: streetImpossible() }, () => {
  let street: Street
  const doors = new DisposableStack()

  before(async () => {
    street = await raiseStreet({ name: 'hyb-truth', cpe: { pool: { sizeMax: 4 } } })
    // Servers, not the kernel's own mercy, decide how often they say no.
    await street.exec('internet', ['sysctl', '-qw', 'net.ipv4.icmp_ratemask=0'])
    await street.exec('internet', ['sysctl', '-qw', 'net.ipv6.icmp.ratemask=0'])
    await nft(
      'internet',
      `table inet no {
      chain in { type filter hook input priority 0;
        tcp dport ${NO.host} reject with icmpx type host-unreachable
        tcp dport ${NO.port} reject with icmpx type port-unreachable
        tcp dport ${NO.network} reject with icmpx type no-route
        tcp dport ${NO.prohibited} reject with icmpx type admin-prohibited
      }
    }`,
    )
    doors.use(greeter())
  })

  afterEach(() => untilWay(street, 'bonded', 4_000))

  after(async () => {
    doors.dispose()
    await street?.down()
  })

  for (const family of ['ipv4', 'ipv6'] as const) {
    test(`refused looks refused, unreachable looks unreachable: ${family}`, async () => {
      const hears = async (port: number) => {
        const { errno, ms } = await connectFrom('home', INTERNET.own[family], port)
        // A kernel whose connect(2) is still busy takes an ICMP error for a hint, and asks again in a second.
        assert.ok(ms <= 1_400, `port ${port} answered after ${ms} ms`)
        return errno
      }
      assert.equal(await hears(CLOSED), ECONNREFUSED)
      assert.equal(await hears(NO.port), ECONNREFUSED)
      assert.equal(await hears(NO.network), ENETUNREACH)
      // What a prohibition is for a socket differs by family, and so does what a concentrator makes of it.
      for (const port of [NO.host, NO.prohibited]) {
        assert.ok([EHOSTUNREACH, EACCES].includes(await hears(port)), `port ${port}`)
      }
    })
  }

  test('fifty refusals in a row are heard, each of them', async () => {
    for (const [port, expected] of [
      [NO.prohibited, EHOSTUNREACH],
      [CLOSED, ECONNREFUSED],
    ] as const) {
      const beganMs = performance.now()
      for (let i = 0; i < 50; i++) {
        assert.equal((await connectFrom('home', INTERNET.own.ipv4, port)).errno, expected, `${i}`)
      }
      const ms = performance.now() - beganMs
      assert.ok(ms <= 50 * 150, `50 times port ${port} took ${ms} ms`)
    }
  })

  test('a slow server looks slow: the host is answered when the server has answered', async () => {
    await using gate = await Gate.at(street, GREETS)
    using lan = await watchSynAcks('cpe', 'lan')
    using core = await watchSynAcks('internet', 'core')
    const connecting = connectFrom('home', INTERNET.own.ipv4, GREETS)
    await pause(SLOW_MS)
    assert.equal(lan.seen.length, 0, 'answered before the server was asked')
    gate.open()
    const { errno, ms } = await connecting
    assert.equal(errno, 0)
    assert.ok(ms >= SLOW_MS, `connected after ${ms} ms`)
    await eventually(() => assert.equal(lan.seen.length, 1), 1_000)
    await eventually(() => assert.ok(core.seen.length >= 1), 1_000)
    const laterMs = 1_000 * (lan.seen[0]! - core.seen[0]!)
    assert.ok(laterMs > 0 && laterMs <= 100, `${laterMs} ms after the server`)
  })

  test('a SYN that is sent twice asks once', async () => {
    await nft(
      'home',
      `table ip twice {
      chain out { type filter hook output priority 0;
        tcp dport ${GREETS} tcp flags & (syn | ack) == syn dup to ${LAN.router.ipv4} device "lan"
      }
    }`,
    )
    await using gate = await Gate.at(street, GREETS)
    using syns = await watch('cpe', 'lan', 'tcp[tcpflags] == tcp-syn')
    const connecting = connectFrom('home', INTERNET.own.ipv4, GREETS)
    // Soon enough that nobody doubts the concentrator.
    await pause(150)
    gate.open()
    assert.equal((await connecting).errno, 0)
    await nft('home', 'delete table ip twice')
    await eventually(() => assert.equal(syns.seen.length, 2), 1_000)
    assert.equal(gate.stopped, 1, 'the server was asked more than once')
  })

  test('a server that speaks first is heard, also when it has finished at once', async () => {
    for (const address of Object.values(INTERNET.own)) {
      const { fd, errno } = await connectFrom('home', address, GREETS, 'keep')
      assert.equal(errno, 0)
      await eventually(() => assert.equal(hear(fd), GREETING), 1_000)
      libc.close(fd)
    }
  })

  test('a browser takes the family that works', async () => {
    await nft(
      'internet',
      'table ip6 broken { chain in { type filter hook input priority 0; tcp dport 80 drop; }; }',
    )
    const argv = ['curl', '-s', '-m', '3', '-w', '%{remote_ip} %{time_connect}', '-o', '/dev/null']
    const { stdout } = await street.exec('home', [...argv, 'http://any.hyb.example/bytes/1'])
    await nft('internet', 'delete table ip6 broken')
    const [address, seconds] = stdout.split(' ')
    assert.equal(address, INTERNET.own.ipv4)
    assert.ok(Number(seconds) <= 0.5, `${seconds} s`)
  })

  test('a host that never takes what it asked for keeps nobody waiting', async () => {
    const before = descriptorsOf(await pidOf(street, 'cpe'))
    await nft(
      'home',
      `table inet deaf { chain in { type filter hook input priority 0; tcp sport ${ECHO} drop; }; }`,
    )
    const fd = begin('home', INTERNET.own.ipv4, ECHO)
    await eventually(async () => assert.equal(await serverHas(ECHO), 1), 1_000)
    resetAndClose(fd)
    await eventually(async () => assert.equal(await serverHas(ECHO), 0), 8_000)
    await nft('home', 'delete table inet deaf')
    await eventually(async () => {
      assert.ok(descriptorsOf(await pidOf(street, 'cpe')) <= before + 4)
    }, 2_000)
  })

  test('a scan of a thousand ports drains nothing, and others go on', async () => {
    await street.exec('home', ['ip', 'address', 'add', `${OTHER}/24`, 'dev', 'lan'])
    const pid = await pidOf(street, 'cpe')
    const before = descriptorsOf(pid)
    const scan = Array.from({ length: 1_000 }, (_, i) =>
      connectFrom('home', INTERNET.own.ipv4, 20_000 + i),
    )
    const argv = ['curl', '-s', '-m', '4', '--interface', OTHER, '-w', ' %{time_total}']
    const other = await street.exec('home', [...argv, `http://${INTERNET.own.ipv4}/whoami`])
    const [page = '', seconds] = other.stdout.split(/\n? (?=[\d.]+$)/)
    assert.equal((JSON.parse(page) as { address: string }).address, CONCENTRATOR.own.ipv4)
    assert.ok(Number(seconds) <= 1, `the other host waited ${seconds} s`)
    const heard = await Promise.all(scan)
    // 64 at a time hear what is true; who asks for more is accepted first, and then reset. Beyond 400 the server
    // answers, where the SYN still waits with us.
    const refused = heard.filter(({ errno }) => errno === ECONNREFUSED).length
    const accepted = heard.filter(({ errno }) => errno === 0 || errno === ECONNRESET).length
    assert.ok(refused >= 64 && refused + accepted === 1_000, `${refused} refused, ${accepted} not`)
    await eventually(() => assert.ok(descriptorsOf(pid) <= before + 4), 4_000)
    // Such a host does not make the concentrator say that the home asks too much.
    assert.match(logOf(street, 'cpe'), /opens more than 200 connections a second/)
    assert.doesNotMatch(logOf(street, 'cpe'), /has no room/)
  })

  test('an agent that is killed while it holds a SYN lets it through', async () => {
    await using gate = await Gate.at(street, GREETS)
    const connecting = connectFrom('home', INTERNET.own.ipv4, GREETS)
    await eventually(() => assert.equal(gate.stopped, 1), 1_000)
    process.kill(await pidOf(street, 'cpe'), 'SIGKILL')
    gate.open()
    const { errno, ms } = await connecting
    assert.equal(errno, 0)
    // The host's kernel sends it again after one second.
    assert.ok(ms <= 1_500, `connected after ${ms} ms`)
    assert.equal(await wayOf(street, INTERNET.own.ipv4), 'direct')
    await street.restart('cpe')
  })

  test('with `connect: eager` a host is connected before its server was asked', async () => {
    process.kill(await pidOf(street, 'cpe'), 'SIGTERM')
    await eventually(async () => {
      assert.equal((await street.status()).daemons.cpe.pid, null)
    }, 5_000)
    const config = configWith(street, 'cpe', { connect: 'eager' })
    await using cpe = startAlone(street, 'cpe', { config })
    await cpe.says(/"msg":"ready"/)
    await untilWay(street, 'bonded', 4_000)
    const { fd, errno } = await connectFrom('home', INTERNET.own.ipv4, CLOSED, 'keep')
    assert.equal(errno, 0)
    await eventually(() => assert.equal(libc.recv(fd, new Uint8Array(1)), -ECONNRESET), 1_000)
    libc.close(fd)
    await cpe[Symbol.asyncDispose]()
    await street.restart('cpe')
  })

  /** One connection of a place: 0 or the errno it ended with, and after how long. */
  async function connectFrom(
    place: Place,
    address: string,
    port: number,
    then: 'close' | 'keep' = 'close',
  ) {
    const beganMs = performance.now()
    const fd = begin(place, address, port)
    const poll = new Uint8Array(8)
    const view = new DataView(poll.buffer)
    view.setInt32(0, fd, true)
    view.setInt16(4, POLLOUT, true)
    while (libc.poll(poll, 0) === 0) await pause(1)
    const ms = performance.now() - beganMs
    const errno = socketError(fd)
    if (then === 'close') resetAndClose(fd)
    return { fd, errno, ms }
  }

  function begin(place: Place, address: string, port: number): number {
    return inNetworkNamespace(netnsOf(street.name, place), () =>
      dial(encodeSockaddr6(knownAddress(address), port), {
        multipath: false,
        mark: 0,
        from: undefined,
        congestion: undefined,
      }),
    )
  }

  /** A server that says one line and hangs up when its client does. */
  function greeter(): Disposable {
    using opened = new DisposableStack()
    for (const own of Object.values(INTERNET.own)) {
      const fd = inNetworkNamespace(netnsOf(street.name, 'internet'), () =>
        openListener(
          {
            address: encodeSockaddr6(knownAddress(own), GREETS),
            multipath: false,
            transparent: false,
            reusePort: false,
          },
          own,
        ),
      )
      const server = createServer((guest) => {
        guest.on('error', () => guest.destroy())
        guest.end(GREETING)
      }).listen({ fd })
      opened.defer(() => void server.close())
    }
    return opened.move()
  }

  /** Connections that the server's kernel knows at this port. */
  async function serverHas(port: number): Promise<number> {
    const argv = ['ss', '-Htn', 'state', 'established', `( sport = :${port} )`]
    const { stdout } = await street.exec('internet', argv)
    return stdout.split('\n').filter((line) => line !== '').length
  }

  function watchSynAcks(place: Place, device: string) {
    return watch(place, device, 'tcp[tcpflags] == tcp-syn|tcp-ack')
  }

  /** The times, in seconds, of packets that tcpdump's `filter` names. */
  async function watch(place: Place, device: string, filter: string) {
    const expression = `tcp port ${GREETS} and ${filter}`
    const argv = ['tcpdump', '-ltt', '-ni', device, '--immediate-mode', expression]
    const child = street.spawn(place, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const seen: number[] = []
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') seen.push(Number(line.split(' ')[0]))
    })
    await new Promise<void>((resolve) => {
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('listening on')) resolve()
      })
    })
    return { seen, [Symbol.dispose]: () => void child.kill() }
  }

  async function nft(place: Place, text: string): Promise<void> {
    const { status, stderr } = await street.exec(place, ['nft', '-f', '-'], { input: text })
    assert.equal(status, 0, stderr)
  }
})

/** Stops the SYNs for a port of the internet until it is opened. */
class Gate implements AsyncDisposable {
  /** SYNs that have come so far. */
  stopped = 0
  readonly #street: Street
  readonly #queue: PacketQueue
  readonly #timer: NodeJS.Timeout
  readonly #waiting: number[] = []
  #open = false

  static async at(street: Street, port: number): Promise<Gate> {
    const table = `table inet gate {
      chain in { type filter hook input priority 0; tcp dport ${port} tcp flags & (syn | ack) == syn jump held; }
      chain held { }
    }`
    await street.exec('internet', ['nft', '-f', '-'], { input: table })
    const queue = inNetworkNamespace(netnsOf(street.name, 'internet'), () => {
      using netfilter = new NetlinkSocket(Netlink.netfilter)
      const rule = { table: 'gate', chain: 'held', queue: GATE }
      assert.equal(appendQueueRules(netfilter, [rule], 'do'), 0)
      return new PacketQueue(GATE, { packetsMax: 64, bytesMax: 64 })
    })
    return new Gate(street, queue)
  }

  constructor(street: Street, queue: PacketQueue) {
    this.#street = street
    this.#queue = queue
    this.#timer = setInterval(() => this.#look(), 5)
  }

  open(): void {
    this.#open = true
    this.#look()
  }

  #look(): void {
    this.#queue.drain(64, ({ id }) => {
      this.stopped++
      this.#waiting.push(id)
    })
    if (this.#open) for (const id of this.#waiting.splice(0)) this.#queue.accept(id, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    libc.close(this.#queue.fd)
    await this.#street.exec('internet', ['nft', 'delete table inet gate'])
  }
}

function hear(fd: number): string {
  const bytes = new Uint8Array(64)
  const got = libc.recv(fd, bytes)
  assert.notEqual(got, -EAGAIN)
  return Buffer.from(bytes.subarray(0, Math.max(got, 0))).toString()
}

const CLOSED = 81
const ECHO = 7
const GREETS = 9_000
const GREETING = '220 hello\r\n'
const NO = { host: 9_001, port: 9_002, network: 9_003, prohibited: 9_004 } as const
const GATE = 9
const SLOW_MS = 600
/** A second host of the LAN. */
const OTHER = '192.168.1.11'
const POLLOUT = 4
