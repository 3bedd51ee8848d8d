/**
 * What the kernel's userspace path manager does with our commands, and which family it wants.
 *
 * Needs root: two namespaces of its own (two-hosts.lab.ts).
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parseAddress } from '../wire/address.ts'
import type { DiagnosedSubflow } from '../wire/inet-diag.ts'
import type { Endpoint, MptcpEvent, SubflowEvent } from '../wire/mptcp-pm.ts'
import { encodeSockaddr4, encodeSockaddr6 } from '../wire/sockaddr.ts'
import * as libc from './libc.ts'
import { readLink } from './links.ts'
import { MptcpPathManager } from './mptcp-path-manager.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'
import { mptcpToken } from './socket-facts.ts'
import { dial, openListener, resetAndClose } from './sockets.ts'
import { dumpSubflows } from './subflows.ts'
import { canRaiseHosts, type Host, raiseTwoHosts, type TwoHosts, until } from './two-hosts.lab.ts'

describe('the path manager of a real kernel', { skip: !canRaiseHosts() }, () => {
  let hosts: TwoHosts
  let home: Steering
  let cloud: Steering
  let listener: number
  let lte: number

  before(() => {
    hosts = raiseTwoHosts()
    home = new Steering(hosts.home)
    cloud = new Steering(hosts.cloud)
    listener = hosts.cloud.within(() =>
      openListener(
        {
          address: encodeSockaddr6(address('::'), PORT),
          multipath: true,
          transparent: false,
          reusePort: false,
        },
        'the cloud',
      ),
    )
    lte = hosts.home.within(() => {
      using route = new NetlinkSocket(Netlink.route)
      return readLink(route, 'lte')?.index ?? 0
    })
  })

  after(() => {
    libc.close(listener)
    home[Symbol.dispose]()
    cloud[Symbol.dispose]()
    hosts[Symbol.dispose]()
  })

  const rows = [
    { name: 'IPv4', to: '192.0.2.10', from: '10.9.2.2', at: '192.0.2.10' },
    { name: 'IPv6', to: '2001:db8:c::10', from: '2001:db8:92::2', at: '2001:db8:c::10' },
    { name: 'IPv4, then IPv6', to: '192.0.2.10', from: '2001:db8:92::2', at: '2001:db8:c::10' },
    { name: 'IPv6, then IPv4', to: '2001:db8:c::10', from: '10.9.2.2', at: '192.0.2.10' },
  ]
  for (const { name, to, from, at } of rows) {
    test(`a second leg joins, is flagged and unflagged, and is destroyed: ${name}`, async () => {
      using flow = await connect(to)
      const origin = { address: address(from), id: 2, ifIndex: lte, backup: true }
      const remote = { address: address(at), port: PORT }
      assert.equal(home.paths.subflowCreate(flow.token, origin, remote), 0, home.paths.complaint)

      const joined = await until('the join', () => home.established(flow.token, 2))
      assert.deepEqual(joined.local.address, origin.address)
      assert.deepEqual(joined.remote, remote)
      assert.equal(joined.ifIndex, lte)
      assert.equal(joined.joined && joined.opened && joined.backup, true)

      const seen = await until('the join in the cloud', () => cloud.joinFrom(joined.local))
      assert.equal(seen.remoteId, 2)
      assert.equal(seen.joined && !seen.opened && seen.remoteBackup, true)

      for (const backup of [false, true]) {
        assert.equal(home.paths.setBackup(flow.token, joined.local, joined.remote, backup), 0)
        assert.equal(home.subflow(flow.token, 2)?.backup, backup)
        await until('MP_PRIO', () => cloud.joinFrom(joined.local)?.remoteBackup === backup)
      }

      assert.equal(home.paths.subflowDestroy(flow.token, joined.local, joined.remote), 0)
      await until('the end in the cloud', () => cloud.joinFrom(joined.local) === undefined)
      assert.equal(home.subflow(flow.token, 2), undefined)
      assert.equal(home.paths.subflowDestroy(flow.token, joined.local, joined.remote), -ESRCH)
      assert.deepEqual(home.story(flow.token), [
        'created',
        'established',
        'subflowEstablished 2',
        'subflowClosed 2',
      ])
      await flow.carries()
    })
  }

  test('a first subflow of an AF_INET socket is destroyed too', async () => {
    using flow = await connect('192.0.2.10', libc.AF_INET)
    await join(flow, 2)
    const first = home.subflow(flow.token, 0)
    assert.ok(first !== undefined)
    assert.equal(home.paths.subflowDestroy(flow.token, first.local, first.remote), 0)
    await flow.carries()
  })

  test('REMOVE tells the peer, who closes its end and so ours', async () => {
    using flow = await connect('192.0.2.10')
    const joined = await join(flow, 2)
    assert.equal(home.paths.removeAddress(flow.token, 2), 0, home.paths.complaint)
    const token = await until('the connection in the cloud', () => cloud.tokenOf(flow.local))
    await until('REMOVED in the cloud', () => cloud.story(token).includes('removed'))
    await until('the end at home', () => home.subflow(flow.token, 2) === undefined)
    assert.equal(cloud.joinFrom(joined.local), undefined)
    await flow.carries()
  })

  test('on a silently dead leg our end stays after REMOVE, until DESTROY', async () => {
    using flow = await connect('192.0.2.10')
    const joined = await join(flow, 2)
    try {
      for (const host of [hosts.home, hosts.cloud]) host.deafen('lte', true)
      assert.equal(home.paths.removeAddress(flow.token, 2), 0, home.paths.complaint)
      await until('the end in the cloud', () => cloud.joinFrom(joined.local) === undefined)
      assert.ok(home.subflow(flow.token, 2) !== undefined)
      assert.equal(home.paths.subflowDestroy(flow.token, joined.local, joined.remote), 0)
      assert.equal(home.subflow(flow.token, 2), undefined)
      await flow.carries()
    } finally {
      for (const host of [hosts.home, hosts.cloud]) host.deafen('lte', false)
    }
  })

  test('id 0 can be removed and destroyed, and its address comes back with an id of its own', async () => {
    using flow = await connect('192.0.2.10')
    await join(flow, 2)
    const first = home.subflow(flow.token, 0)
    assert.ok(first !== undefined)
    try {
      for (const host of [hosts.home, hosts.cloud]) host.deafen('dsl', true)
      assert.equal(home.paths.removeAddress(flow.token, 0), 0, home.paths.complaint)
      await until('the end in the cloud', () => cloud.joinFrom(first.local) === undefined)
      assert.equal(home.paths.subflowDestroy(flow.token, first.local, first.remote), 0)
      assert.equal(home.subflow(flow.token, 0), undefined)
      await flow.carries()
    } finally {
      for (const host of [hosts.home, hosts.cloud]) host.deafen('dsl', false)
    }

    const back = { address: first.local.address, id: 17, ifIndex: 0, backup: false }
    assert.equal(home.paths.subflowCreate(flow.token, back, first.remote), 0, home.paths.complaint)
    await until('the first leg again', () => home.established(flow.token, 17))
    await flow.carries()
  })

  test('an id belongs to one address until we destroy its subflow', async () => {
    using flow = await connect('192.0.2.10')
    const joined = await join(flow, 2)
    const other = { address: flow.local.address, id: 2, ifIndex: 0, backup: false }
    assert.equal(home.paths.subflowCreate(flow.token, other, joined.remote), -EINVAL)
    assert.equal(home.paths.complaint, 'did not match address and id')
    assert.equal(home.paths.subflowDestroy(flow.token, joined.local, joined.remote), 0)
    assert.equal(home.paths.subflowCreate(flow.token, other, joined.remote), 0)
  })

  test('a join that is refused is told with its errno, and its address keeps the id', async () => {
    using flow = await connect('192.0.2.10')
    const origin = { address: address('10.9.2.2'), id: 2, ifIndex: lte, backup: false }
    const somebody = { address: address('192.0.2.10'), port: PORT }
    assert.equal(home.paths.subflowCreate(flow.token, origin, { ...somebody, port: 9 }), 0)
    const told = await until('the refusal', () =>
      home.heard().find((event) => event.token === flow.token && event.type === 'subflowClosed'),
    )
    assert.ok(told.type === 'subflowClosed')
    assert.equal(told.errno, ECONNREFUSED)
    assert.equal(home.paths.subflowCreate(flow.token, { ...origin, id: 18 }, somebody), -EINVAL)
    assert.equal(home.paths.subflowCreate(flow.token, origin, somebody), 0)
  })

  test('when the peer closes a leg, its address keeps the id until REMOVE', async () => {
    using flow = await connect('192.0.2.10')
    const joined = await join(flow, 2)
    const there = await until('the join there', () => cloud.joinFrom(joined.local))
    assert.equal(cloud.paths.subflowDestroy(there.token, there.local, there.remote), 0)
    await until('the end at home', () => home.story(flow.token).includes('subflowClosed 2'))

    const again = { address: joined.local.address, id: 18, ifIndex: lte, backup: false }
    assert.equal(home.paths.subflowCreate(flow.token, again, joined.remote), -EINVAL)
    assert.equal(home.paths.removeAddress(flow.token, 2), 0)
    assert.equal(home.paths.subflowCreate(flow.token, again, joined.remote), 0)
    await until('the new join', () => home.established(flow.token, 18))
  })

  test('what the events tell is what sock_diag shows, in both namespaces', async () => {
    using first = await connect('192.0.2.10')
    using second = await connect('2001:db8:c::10')
    using third = await connect('192.0.2.10')
    const flows = [first, second, third]
    const cloudTokens = flows.map((flow) => cloud.tokenOf(flow.local))
    await join(first, 2)
    await join(second, 2)
    const lost = await join(third, 2)
    home.paths.subflowDestroy(third.token, lost.local, lost.remote)
    await until('its end in the cloud', () => cloud.joinFrom(lost.local) === undefined)
    home.paths.removeAddress(second.token, 0)
    await until('its end in the cloud', () => cloud.joinFrom(second.local) === undefined)
    await until('its end at home', () => home.subflow(second.token, 0) === undefined)

    for (const [steering, tokens] of [
      [home, flows.map((flow) => flow.token)],
      [cloud, cloudTokens],
    ] as const) {
      const ours = ({ token }: { token: number }) => tokens.includes(token)
      await until('the last event', () => steering.heard().filter(ours).length >= 10)
      const told = subflowsByEvents(steering.heard().filter(ours))
      assert.deepEqual(told, subflowsByDump(steering.dump().filter(ours)))
      assert.equal(told.length, 4)
    }
  })

  test('a connection that its peer resets is gone from sock_diag, whatever events say', async () => {
    using flow = await connect('192.0.2.10')
    await join(flow, 2)
    const token = await until('the connection in the cloud', () => cloud.tokenOf(flow.local))
    flow[Symbol.dispose]()
    await until('the end in the cloud', () => cloud.dump().every((found) => found.token !== token))
  })

  test('a peer hears an announced address, IPv4 and IPv6', async () => {
    using flow = await connect('192.0.2.10')
    const token = await until('the connection in the cloud', () => cloud.tokenOf(flow.local))
    for (const [id, text] of [
      [7, '203.0.113.7'],
      [8, '2001:db8:c::8'],
    ] as const) {
      const announced = { address: address(text), port: 0 }
      assert.equal(cloud.paths.announce(token, announced, id), 0, cloud.paths.complaint)
      const event = await until('ADD_ADDR', () =>
        home.heard().find((e) => e.type === 'announced' && e.remoteId === id),
      )
      assert.ok(event.type === 'announced')
      assert.deepEqual(event.remote.address, announced.address)
    }
  })

  test('a command for a connection that has gone answers an errno and says why', () => {
    const nowhere = { address: address('192.0.2.1'), port: 1 }
    const origin = { address: address('10.9.2.2'), id: 2, ifIndex: lte, backup: false }
    assert.ok(home.paths.subflowCreate(1, origin, nowhere) < 0)
    assert.equal(home.paths.complaint, 'invalid token')
    assert.ok(home.paths.subflowDestroy(1, nowhere, nowhere) < 0)
    assert.ok(home.paths.setBackup(1, nowhere, nowhere, true) < 0)
    assert.ok(home.paths.removeAddress(1, 2) < 0)
    assert.ok(home.paths.announce(1, nowhere, 2) < 0)
  })

  interface Flow extends Disposable {
    readonly token: number
    readonly local: Endpoint
    /** A byte goes each way. */
    carries(): Promise<void>
  }

  /** An MPTCP connection that is ready for joins: the first byte has come back. */
  async function connect(to: string, family = libc.AF_INET6): Promise<Flow> {
    const fd = hosts.home.within(() =>
      family === libc.AF_INET6
        ? dial(encodeSockaddr6(address(to), PORT), {
            multipath: true,
            mark: 0,
            from: undefined,
            congestion: undefined,
          })
        : dial4(encodeSockaddr4(address(to), PORT)),
    )
    assert.ok(fd > 0)
    const peer = await until('the connection', () => {
      const accepted = libc.accept(listener)
      return accepted < 0 ? undefined : accepted
    })
    const carries = async () => {
      for (const [from, into] of [
        [fd, peer],
        [peer, fd],
      ] as const) {
        await until('room to send', () => libc.send(from, Uint8Array.of(42)) === 1)
        await until('the byte', () => libc.recv(into, new Uint8Array(1)) === 1)
      }
    }
    await carries()
    const ends = [fd, peer]
    const token = mptcpToken(fd)
    assert.ok(token !== undefined)
    const first = await until('the first subflow', () => home.established(token, 0))
    return {
      token,
      local: first.local,
      carries,
      [Symbol.dispose]: () => {
        for (const open of ends.splice(0)) resetAndClose(open)
      },
    }
  }

  /** The second leg of a connection, of the family of its first. */
  async function join(flow: Flow, id: number): Promise<DiagnosedSubflow> {
    const first = home.subflow(flow.token, 0)
    assert.ok(first !== undefined)
    const from = flow.local.address[0] === 0 ? '10.9.2.2' : '2001:db8:92::2'
    const origin = { address: address(from), id, ifIndex: lte, backup: false }
    const result = home.paths.subflowCreate(flow.token, origin, first.remote)
    assert.equal(result, 0, home.paths.complaint)
    const joined = await until('the join', () => home.established(flow.token, id))
    await until('the join in the cloud', () => cloud.joinFrom(joined.local)?.fullyEstablished)
    return joined
  }
})

/** Hands and eyes in one namespace. */
class Steering {
  readonly paths: MptcpPathManager
  readonly #diagnosis: NetlinkSocket
  readonly #events: MptcpEvent[] = []

  constructor(host: Host) {
    this.paths = host.within(() => new MptcpPathManager())
    this.#diagnosis = host.within(() => new NetlinkSocket(Netlink.diagnosis))
  }

  /** All events so far. */
  heard(): readonly MptcpEvent[] {
    assert.equal(
      this.paths.drain((event) => this.#events.push(event)),
      'ok',
    )
    return this.#events
  }

  story(token: number): string[] {
    return this.heard()
      .filter((event) => event.token === token)
      .map((event) => ('localId' in event ? `${event.type} ${event.localId}` : event.type))
  }

  dump(): DiagnosedSubflow[] {
    return dumpSubflows(this.#diagnosis)
  }

  subflow(token: number, localId: number): DiagnosedSubflow | undefined {
    return this.dump().find((found) => found.token === token && found.localId === localId)
  }

  established(token: number, localId: number): DiagnosedSubflow | undefined {
    const subflow = this.subflow(token, localId)
    return subflow?.fullyEstablished === true ? subflow : undefined
  }

  /** The subflow whose far end is that one. */
  joinFrom(remote: Endpoint): DiagnosedSubflow | undefined {
    return this.dump().find((found) => name(found.remote) === name(remote))
  }

  tokenOf(remote: Endpoint): number | undefined {
    return this.joinFrom(remote)?.token
  }

  [Symbol.dispose](): void {
    this.paths[Symbol.dispose]()
    this.#diagnosis[Symbol.dispose]()
  }
}

/** A table kept by events alone. */
function subflowsByEvents(events: readonly MptcpEvent[]): string[] {
  const subflows = new Map<string, string>()
  for (const event of events) {
    switch (event.type) {
      case 'established':
        subflows.set(ends(event), `${event.token} 0 0 ${ends(event)}`)
        break
      case 'subflowEstablished':
        subflows.set(ends(event), `${event.token} ${ids(event)} ${ends(event)}`)
        break
      case 'subflowClosed':
        subflows.delete(ends(event))
        break
      case 'closed':
        for (const [key, text] of subflows) {
          if (text.startsWith(`${event.token} `)) subflows.delete(key)
        }
        break
      default:
    }
  }
  return [...subflows.values()].sort()
}

function subflowsByDump(subflows: readonly DiagnosedSubflow[]): string[] {
  return subflows
    .filter((subflow) => subflow.fullyEstablished)
    .map((subflow) => `${subflow.token} ${ids(subflow)} ${ends(subflow)}`)
    .sort()
}

function ids({ localId, remoteId }: SubflowEvent | DiagnosedSubflow): string {
  return `${localId} ${remoteId}`
}

function ends({ local, remote }: { local: Endpoint; remote: Endpoint }): string {
  return `${name(local)} ${name(remote)}`
}

function name({ address: bytes, port }: Endpoint): string {
  return `${Buffer.from(bytes).toString('hex')}:${port}`
}

function dial4(remote: Uint8Array): number {
  const type = libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC
  const fd = libc.socket(libc.AF_INET, type, libc.IPPROTO_MPTCP)
  libc.connect(fd, remote)
  return fd
}

function address(text: string): Uint8Array {
  const bytes = parseAddress(text)
  assert.ok(bytes !== undefined)
  return bytes
}

const PORT = 8_803
const ESRCH = 3
const EINVAL = 22
const ECONNREFUSED = 111
