/**
 * A packet queue of a real kernel, behind the rule that nft cannot write.
 *
 * Needs root: a namespace of its own (two-hosts.lab.ts).
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { knownAddress } from '../wire/address.ts'
import { encodeSockaddr6 } from '../wire/sockaddr.ts'
import { ECONNREFUSED, ETIMEDOUT } from './kernel.ts'
import * as libc from './libc.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'
import { PacketQueue } from './nfqueue.ts'
import { appendQueueRules } from './nftables.ts'
import { dial, socketError } from './sockets.ts'
import { canRaiseHosts, raiseTwoHosts, type TwoHosts, until } from './two-hosts.lab.ts'

describe('a packet queue of a real kernel', { skip: !canRaiseHosts() }, () => {
  let hosts: TwoHosts
  let netfilter: NetlinkSocket
  const opened: number[] = []

  before(() => {
    hosts = raiseTwoHosts()
    netfilter = hosts.home.within(() => new NetlinkSocket(Netlink.netfilter))
    hosts.home.nft('add table inet t')
    hosts.home.nft('add chain inet t hold')
    hosts.home.nft('add chain inet t in { type filter hook input priority 0; }')
    hosts.home.nft('add chain inet t judged { type filter hook input priority 1; }')
    hosts.home.nft('add rule inet t in tcp dport 81 meta mark set 0xab0000cd jump hold')
    hosts.home.nft('add rule inet t judged meta mark 0xab1000cd reject with icmpx port-unreachable')
  })

  afterEach(() => {
    for (const fd of opened.splice(0)) libc.close(fd)
  })

  after(() => {
    netfilter[Symbol.dispose]()
    hosts[Symbol.dispose]()
  })

  test('rules are judged without a change, and refused together', () => {
    const rule = (chain: string) => ({ table: 't', chain, queue: QUEUE })
    assert.equal(appendQueueRules(netfilter, [rule('hold'), rule('hold')], 'check'), 0)
    assert.equal(appendQueueRules(netfilter, [rule('hold'), rule('nowhere')], 'do'), -ENOENT)
    assert.equal(appendQueueRules(netfilter, [rule('nowhere'), rule('hold')], 'do'), -ENOENT)
    knock('127.0.0.1')
    assert.equal(socketError(opened[0]!), ECONNREFUSED, 'no rule holds it')
    assert.equal(appendQueueRules(netfilter, [rule('hold')], 'do'), 0)
  })

  test('while nobody owns the queue, packets pass', () => {
    knock('127.0.0.1')
    assert.equal(socketError(opened[0]!), ECONNREFUSED)
  })

  test('a queue has one owner', () => {
    using _first = open()
    assert.throws(open, /^SyscallError: Cannot own packet queue 900: netlink answered EPERM$/)
  })

  for (const address of ['127.0.0.1', '::1']) {
    test(`a packet waits for its verdict, and carries the mark it is given: ${address}`, async () => {
      using held = open()
      knock(address)
      assert.equal(socketError(opened[0]!), 0)
      const seen: Array<{ id: number; mark: number; bytes: number }> = []
      held.queue.drain(8, ({ id, mark, payload }) => {
        seen.push({ id, mark, bytes: payload.length })
      })
      assert.deepEqual(seen, [{ id: 1, mark: 0xab00_00cd, bytes: BYTES_MAX }])
      held.queue.accept(1, 0xab10_00cd)
      await until('the refusal', () => socketError(opened[0]!) === ECONNREFUSED)
      // Long gone: nothing to complain about.
      held.queue.drop(1)
      assert.equal(
        held.queue.drain(8, () => assert.fail('an answer is no packet')),
        false,
      )
    })
  }

  test('a full queue lets packets through', () => {
    using held = open()
    for (let i = 0; i < PACKETS_MAX; i++) knock('127.0.0.1')
    knock('127.0.0.1')
    const errors = opened.map(socketError)
    assert.deepEqual(errors, [...Array<number>(PACKETS_MAX).fill(0), ECONNREFUSED])
    let waiting = 0
    held.queue.drain(2 * PACKETS_MAX, ({ id }) => {
      waiting++
      held.queue.drop(id)
    })
    assert.equal(waiting, PACKETS_MAX)
    assert.ok(!opened.some((fd) => socketError(fd) === ETIMEDOUT))
  })

  function open() {
    const limits = { packetsMax: PACKETS_MAX, bytesMax: BYTES_MAX }
    const queue = hosts.home.within(() => new PacketQueue(QUEUE, limits))
    return { queue, [Symbol.dispose]: () => void libc.close(queue.fd) }
  }

  /** Begin a connection to a port where nobody listens. */
  function knock(address: string): void {
    const fd = hosts.home.within(() =>
      dial(encodeSockaddr6(knownAddress(address), 81), {
        multipath: false,
        mark: 0,
        from: undefined,
        congestion: undefined,
      }),
    )
    assert.ok(fd >= 0, `connect answered ${fd}`)
    opened.push(fd)
  }
})

const QUEUE = 900
const PACKETS_MAX = 4
/** Shorter than a SYN is. */
const BYTES_MAX = 40
const ENOENT = 2
