/**
 * Steering on a real kernel: two lines, real MPTCP connections, and lines that die in silence.
 *
 * Needs root: three namespaces of its own (two-lines.lab.ts). The test thread itself lives in the home.
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { must } from '../../shared/linux/errors.ts'
import * as libc from '../../shared/linux/libc.ts'
import { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { openNetworkNamespace } from '../../shared/linux/netns.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import { dial, resetAndClose } from '../../shared/linux/sockets.ts'
import { dumpSubflows } from '../../shared/linux/subflows.ts'
import { canRaiseHosts, until } from '../../shared/linux/two-hosts.lab.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import { formatAddress, knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { startCloud } from './cloud.lab.ts'
import { PathManager } from './path-manager.ts'
import { startSteering } from './steering.ts'
import { raiseTwoLines, type TwoLines } from './two-lines.lab.ts'

describe('steering on a real kernel', { skip: !canRaiseHosts() }, () => {
  let lines: TwoLines
  let cloud: AsyncDisposable
  let diagnosis: NetlinkSocket
  let outside: number

  before(async () => {
    lines = raiseTwoLines()
    outside = must(libc.open('/proc/thread-self/ns/net', 0), 'open the own namespace', 'open')
    enter(openNetworkNamespace(lines.home))
    diagnosis = new NetlinkSocket(Netlink.diagnosis)
    cloud = await startCloud({ netns: lines.cloud, port: PORT, cookie })
  })

  // A test that failed halfway leaves no cut line to the next.
  afterEach(() => lines.healLines())

  after(async () => {
    diagnosis[Symbol.dispose]()
    await cloud[Symbol.asyncDispose]()
    enter(outside)
    lines[Symbol.dispose]()
  })

  test('a connection lives through the silent death of its leg, and has it again when it is back', async (t) => {
    await using house = startHouse()
    await until('both legs up', () => house.up('dsl') && house.up('lte'))
    using flow = await house.connect()
    await until('the join on LTE', () => subflows(flow.token).includes(`${LTE} 2`))
    assert.ok(subflows(flow.token).includes(`${DSL} 0`))

    await flow.receiveFor(500)
    // So that DSL carries everything, and its death is felt.
    flow.rest(LTE)
    await flow.receiveFor(300)
    lines.cutLine('dsl')
    const cutMs = performance.now()
    const receiving = flow.receiveFor(1_500)
    const deadMs = await until('its death', () => !house.up('dsl') && performance.now() - cutMs)
    assert.match(house.reason('dsl'), /^dsl-down probe 4\/4 unanswered for \d+ ms$/)
    await until('its subflow gone', () => !subflows(flow.token).join().includes(DSL))
    const { longestGapMs, bytes } = await receiving
    t.diagnostic(`dead after ${deadMs.toFixed(0)} ms, gap ${longestGapMs.toFixed(0)} ms`)
    assert.ok(longestGapMs < 500, `${longestGapMs} ms without a byte`)
    assert.ok(bytes > 1_000_000, `${bytes} bytes over the leg that is left`)
    assert.ok(house.up('lte'))

    lines.healLines()
    await until('it is up', () => house.up('dsl'))
    await until('its new subflow', () => subflows(flow.token).includes(`${DSL} 1`))
  })

  test('200 connections lose a dead leg at once', async (t) => {
    await using house = startHouse()
    await until('both legs up', () => house.up('dsl') && house.up('lte'))
    const flows: Array<Awaited<ReturnType<typeof connect>>> = []
    using closing = new DisposableStack()
    for (let i = 0; i < 200; i++) flows.push(closing.use(await house.connect()))
    await until('all joins', () => allHave(flows, 2))
    lines.ip('link set lte down')
    const cutMs = performance.now()
    await until('LTE dead', () => !house.up('lte'))
    await until('all gone', () => allHave(flows, 1))
    t.diagnostic(`${(performance.now() - cutMs).toFixed(0)} ms`)
    assert.equal(house.steering.paths.removed, 200)
    lines.ip('link set lte up')
    lines.ip('route add default via 10.9.2.1 dev lte metric 200')
    await until('all back', () => allHave(flows, 2))
  })

  test('a changed address is joined under a new id', async () => {
    await using house = startHouse()
    await until('both legs up', () => house.up('dsl') && house.up('lte'))
    using flow = await house.connect()
    await until('the join on LTE', () => subflows(flow.token).includes(`${LTE} 2`))
    lines.ip('addr del 10.9.2.2/24 dev lte')
    lines.ip('addr add 10.9.2.77/24 dev lte')
    lines.ip('route replace default via 10.9.2.1 dev lte metric 200')
    await until('the new join', () => subflows(flow.token).includes('10.9.2.77 18'))
    await until('the old one gone', () => subflows(flow.token).length === 2)
    await flow.receiveFor(300)
    lines.ip('addr del 10.9.2.77/24 dev lte')
    lines.ip('addr add 10.9.2.2/24 dev lte')
    lines.ip('route replace default via 10.9.2.1 dev lte metric 200')
    await until('the address that was', () => subflows(flow.token).includes(`${LTE} 2`))
  })

  test('events that are lost are made good by sock_diag', async () => {
    using kernel = new MptcpPathManager()
    const deaf = {
      drain: (): 'lost' => {
        kernel.drain(() => {})
        return 'lost'
      },
      removeAddress: kernel.removeAddress.bind(kernel),
      setBackup: kernel.setBackup.bind(kernel),
      subflowCreate: kernel.subflowCreate.bind(kernel),
      subflowDestroy: kernel.subflowDestroy.bind(kernel),
    }
    const paths = new PathManager(deaf, () => dumpSubflows(diagnosis), [concentrator])
    using flow = await connect()
    const leg = (ifIndex: number, text: string, use: 'up' | 'dead') => {
      return { use, ifIndex, address4: knownAddress(text), address6: undefined }
    }
    const dsl = leg(0, '10.9.1.2', 'up')
    const steer = (use: 'up' | 'dead') => {
      const legs = { dsl, lte: leg(0, '10.9.2.2', use) }
      paths.steer(
        legs,
        { active: true, lteUsed: true, standby: 'hot', natIdleMs: Infinity },
        () => [{ token: flow.token, pooled: false, serviceClass: 'overflow', helped: true }],
        performance.now(),
      )
    }
    await until('the join', () => {
      steer('up')
      return subflows(flow.token).includes(`${LTE} 2`)
    })
    await until('its end', () => {
      steer('dead')
      return subflows(flow.token).join() === '10.9.1.2 0'
    })
    assert.equal(paths.counts.created, 1)
  })

  test('a standby that may be forgotten gets a brother from the same address, and ends without it', async () => {
    using kernel = new MptcpPathManager()
    const paths = new PathManager(kernel, () => dumpSubflows(diagnosis), [concentrator])
    using flow = await connect()
    const legs = (use: 'up' | 'dead') => {
      const leg = { ifIndex: 0, address6: undefined }
      return {
        dsl: { ...leg, use, address4: knownAddress(DSL) },
        lte: { ...leg, use: 'up', address4: knownAddress(LTE) },
      } as const
    }
    const home = { active: true, lteUsed: true, standby: 'hot', natIdleMs: 0 } as const
    const mine = {
      token: flow.token,
      pooled: false,
      serviceClass: 'overflow',
      helped: false,
    } as const
    const steer = (use: 'up' | 'dead') => {
      paths.steer(legs(use), home, () => [mine], performance.now())
    }
    const onLte = () =>
      dumpSubflows(diagnosis)
        .filter(({ token, local }) => token === flow.token && formatAddress(local.address) === LTE)
        .map(({ local }) => local.port)
    await until('the standby', () => {
      steer('up')
      return paths.counts.joins.lte.stood === 1
    })
    steer('up')
    const [standby] = onLte()
    await until('its brother alone', () => {
      steer('dead')
      return subflows(flow.token).join() === `${LTE} 2` && onLte()[0] !== standby
    })
    assert.ok((await flow.receiveFor(500)).bytes > 100_000)
    assert.equal(paths.counts.created, 2)
    assert.deepEqual([...paths.counts.refused], [])
  })

  /** Steering with a router that does nothing, for the test routes by itself. */
  function startHouse() {
    const board = LegBoard.create()
    const tokens = new Set<number>()
    const steering = startSteering(config, {
      board,
      flows: () => [...tokens].map((token) => ({ token, pooled: false, ...DOWNLOAD })),
      lanConnections: () => 0,
      measuring: () => false,
      classesInUse: () => ({ interactive: false, handover: false }),
      transfers: () => ({ dslUnsentMs: 0, gapBytes: 0 }),
      reset: () => undefined,
      roomForFlows: () => true,
      wake: () => undefined,
      shaper: { throttleLte: () => undefined, waitingUp: () => undefined },
      bar: { set: () => undefined },
      counters: { read: () => 0 },
      router: {
        flushLeg: () => undefined,
        refreshLeg: () => undefined,
        setActiveLeg: () => undefined,
        setCapture: () => Promise.resolve(),
        setTunnel: () => undefined,
      },
      tunnel: undefined,
      unixMs: Date.now,
      log: {
        debug: ignore,
        info: ignore,
        warn: ignore,
        error: (text, ...why) => assert.fail(JSON.stringify([text, ...why])),
      },
    })
    return {
      steering,
      up: (leg: 'dsl' | 'lte') => board.leg(leg).up,
      reason: (leg: 'dsl' | 'lte') => steering.status().legs[leg].reason,
      connect: async () => {
        const flow = await connect()
        tokens.add(flow.token)
        return flow
      },
      [Symbol.asyncDispose]: () => steering[Symbol.asyncDispose](),
    }
  }

  async function connect() {
    const fd = dial(encodeSockaddr6(concentrator.address, PORT), {
      multipath: true,
      mark: 0,
      from: undefined,
      congestion: undefined,
    })
    assert.ok(fd > 0)
    await until('room to say hello', () => libc.send(fd, Uint8Array.of(1)) === 1)
    const into = new Uint8Array(262_144)
    await until('the answer', () => libc.recv(fd, into) > 0)
    const token = mptcpToken(fd)
    assert.ok(token !== undefined)
    const receiveFor = async (forMs: number) => {
      let lastMs = performance.now()
      let longestGapMs = 0
      let bytes = 0
      for (const endMs = lastMs + forMs; performance.now() < endMs; await sleep(2)) {
        const got = libc.recv(fd, into)
        const nowMs = performance.now()
        if (got <= 0) continue
        bytes += got
        longestGapMs = Math.max(longestGapMs, nowMs - lastMs)
        lastMs = nowMs
      }
      return { bytes, longestGapMs: Math.max(longestGapMs, performance.now() - lastMs) }
    }
    /** Both ends use the subflow from `address` only when no other works. */
    const rest = (address: string) => {
      using hands = new MptcpPathManager()
      const found = dumpSubflows(diagnosis).find(
        (one) => one.token === token && formatAddress(one.local.address) === address,
      )
      assert.ok(found !== undefined)
      assert.equal(hands.setBackup(token, found.local, found.remote, true), 0)
    }
    return { token, receiveFor, rest, [Symbol.dispose]: () => resetAndClose(fd) }
  }

  /** Whether each has so many subflows; one list of the kernel's for all. */
  function allHave(flows: ReadonlyArray<{ readonly token: number }>, count: number): boolean {
    const standing = dumpSubflows(diagnosis).filter(({ state }) => state === 1)
    const byToken = Map.groupBy(standing, ({ token }) => token)
    return flows.every(({ token }) => byToken.get(token)?.length === count)
  }

  /** `address id` of each subflow that the kernel has. */
  function subflows(token: number): string[] {
    return dumpSubflows(diagnosis)
      .filter((one) => one.token === token && one.state === 1)
      .map(({ local, localId }) => `${formatAddress(local.address)} ${localId}`)
  }
})

function enter(netns: number): void {
  must(libc.enterNetworkNamespace(netns), 'enter a namespace', 'setns')
  libc.close(netns)
}

function ignore(): void {}

const PORT = 8_803
const DSL = '10.9.1.2'
const LTE = '10.9.2.2'
const cookie = Buffer.from('c00c1e42c00c1e42', 'hex')
const concentrator = { address: knownAddress('192.0.2.10'), port: PORT }
const config = {
  subscriber: { id: 'home', cookie },
  concentrator: { addresses: ['192.0.2.10'], port: PORT },
  legs: { dsl: { interface: 'dsl' }, lte: { interface: 'lte' } },
  stateDirectory: '/nowhere',
  standby: 'hot' as const,
  roaming: 'deny' as const,
  budget: { resetDay: 1, atCap: 'standby' as const, throttleMbps: 1 },
  classes: { lteCap: { atCap: 'back' as const } },
  shaping: { dslShare: 0.97 },
  probes: { idleDslS: 30, idleLteS: 300, lteNatIdleS: 120, retries: 3 },
  overflow: {
    engagePercent: 93,
    engageMs: 100,
    releasePercent: 91,
    releaseMs: 1_000,
    trialS: 5,
    burstMegabytes: 15,
  },
}
const DOWNLOAD = { serviceClass: 'overflow', bulk: true, upBytes: 0, downBytes: 1_000_000 } as const
