/**
 * Batches of datagrams through a real kernel, over the loopback.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { knownAddress } from '../wire/address.ts'
import { decodeSockaddr, encodeSockaddr6 } from '../wire/sockaddr.ts'
import { ARRIVAL_BYTES, Arrivals, Departures } from './datagrams.ts'
import { must } from './errors.ts'
import * as libc from './libc.ts'
import { inNetworkNamespace } from './netns.ts'
import { pinned } from './pinned.ts'
import { openLegSocket, openUdpDoor } from './udp-socket.ts'

const skip = process.getuid?.() !== 0 && 'binding to a device needs root'
const EF_CE = 0xbb
const SLOT_BYTES = 2_048

for (const [name, text] of [
  ['IPv4', '127.0.0.1'],
  ['IPv6', '::1'],
] as const) {
  const local = knownAddress(text)

  test(`a run of equal datagrams arrives whole, in order, with its traffic class: ${name}`, {
    skip,
  }, () => {
    using pair = openPair(local)
    const sizes = [1_400, 1_400, 1_400, 700, 20, 20, 1_400]
    for (const [i, bytes] of sizes.entries()) {
      pair.memory.bytes.fill(i, i * SLOT_BYTES, i * SLOT_BYTES + bytes)
      pair.departures.commit(pair.slot(i), bytes, i < 4 ? EF_CE : 0)
    }
    pair.departures.flush(pair.leg)
    assert.equal(pair.departures.unsent, 0)
    assert.deepEqual(
      pair.heard().map(({ first, bytes, trafficClass }) => [first, bytes, trafficClass]),
      sizes.map((bytes, i) => [i, bytes, i < 4 ? EF_CE : 0]),
    )
  })

  test(`an answer goes to whom it is for, also in a batch for several: ${name}`, { skip }, () => {
    using pair = openPair(local)
    using other = openPair(local, pair.port)
    for (const { departures, leg } of [pair, other]) {
      departures.commit(pair.slot(0), 8, 0)
      departures.flush(leg)
    }
    const [first, second] = pair.heard()
    assert.ok(first && second)
    const back = new Departures()
    for (let i = 0; i < 10; i++)
      back.commit(pair.slot(0), 100 + i, 0, i % 2 === 0 ? first.from : second.from)
    back.flush(pair.door)
    const lengths = (leg: number) => listen(leg).map(({ bytes }) => bytes)
    assert.deepEqual(lengths(pair.leg), [100, 102, 104, 106, 108])
    assert.deepEqual(lengths(other.leg), [101, 103, 105, 107, 109])
  })

  test(`a batch that is full has no room, and a sent one has it again: ${name}`, { skip }, () => {
    using pair = openPair(local)
    const all = pair.departures.room
    for (let i = 0; i < all; i++) pair.departures.commit(pair.slot(0), 1_000, 0)
    assert.equal(pair.departures.room, 0)
    pair.departures.flush(pair.leg)
    assert.equal(pair.departures.room, all)
    assert.equal(pair.heard().length, all)
  })

  test(`what the kernel refuses is counted, and what follows leaves: ${name}`, { skip }, () => {
    using pair = openPair(local)
    pair.departures.commit(pair.slot(0), 100, 0)
    pair.departures.commit(pair.slot(0), 2_000, 0, encodeSockaddr6(local, 0))
    pair.departures.commit(pair.slot(0), 50, 0)
    pair.departures.flush(pair.leg)
    assert.equal(pair.departures.unsent, 1)
    assert.deepEqual(
      pair.heard().map(({ bytes }) => bytes),
      [100, 50],
    )
  })
}

test('what is too long for the line does not keep back what is not', { skip }, () => {
  const netns = `hyb-datagrams-${process.pid}`
  ip(`netns add ${netns}`)
  try {
    ip(`-n ${netns} link set lo mtu 1400 up`)
    inNetworkNamespace(netns, () => {
      using pair = openPair(knownAddress('127.0.0.1'))
      for (const bytes of [1_400, 1_300, 1_200, 1_200, 1_400]) {
        pair.departures.commit(pair.slot(0), bytes, 0)
      }
      pair.departures.flush(pair.leg)
      assert.equal(pair.departures.unsent, 2)
      const lengths = pair.heard().map(({ bytes }) => bytes)
      assert.deepEqual(lengths, [1_300, 1_200, 1_200])
    })
  } finally {
    ip(`netns delete ${netns}`)
  }
})

function ip(words: string): void {
  const [command = '', ...rest] = `ip ${words}`.split(' ')
  execFileSync(command, rest)
}

interface Heard {
  readonly first: number
  readonly bytes: number
  readonly trafficClass: number
  readonly from: Uint8Array
}

for (const [name, texts] of [
  ['IPv4', ['127.0.0.1', '127.0.0.2']],
  ['IPv6', ['::1', '2001:db8::7']],
] as const) {
  test(`who hears on all addresses says which one was meant, and answers from it: ${name}`, {
    skip,
  }, () => {
    using space = spaceWith(texts[1])
    const [door, port] = space.within(() => {
      const fd = openUdpDoor(encodeSockaddr6(new Uint8Array(16), 0), 'all addresses')
      return [fd, portOf(fd)] as const
    })
    const memory = pinned(2 * SLOT_BYTES)
    const arrivals = new Arrivals()
    for (const text of texts) {
      const local = knownAddress(text)
      const remote = { address: local, port }
      // It hears nobody but the address that it speaks to.
      const leg = space.within(() => openLegSocket({ device: 'lo', local, remote, mark: 0 }))
      const out = new Departures()
      out.commit(memory.address, 30, 0)
      out.flush(leg)
      assert.equal(arrivals.receive(door), 1)
      assert.deepEqual(arrivals.locals[0], local)
      const back = new Departures(arrivals.locals[0])
      for (const bytes of [40, 40, 40, 20]) {
        back.commit(memory.address, bytes, EF_CE, arrivals.sources[0])
      }
      back.flush(door)
      assert.equal(back.unsent, 0)
      assert.deepEqual(
        listen(leg).map(({ bytes, trafficClass }) => [bytes, trafficClass]),
        [40, 40, 40, 20].map((bytes) => [bytes, EF_CE]),
      )
      libc.close(leg)
    }
    libc.close(door)
  })
}

/** A network namespace with one more address on its loopback. */
function spaceWith(address: string) {
  const netns = `hyb-datagrams-${process.pid}`
  execFileSync('ip', ['netns', 'add', netns])
  const ip = (command: string) => execFileSync('ip', ['-n', netns, ...command.split(' ')])
  ip('link set lo up')
  ip(`address add ${address}/${address.includes(':') ? 128 : 32} dev lo`)
  return {
    within: <T>(work: () => T) => inNetworkNamespace(netns, work),
    [Symbol.dispose]: () => {
      execFileSync('ip', ['netns', 'del', netns])
    },
  }
}

function openPair(local: Uint8Array, at = 0) {
  const door = at === 0 ? openUdpDoor(encodeSockaddr6(local, 0), 'the loopback') : -1
  const port = at === 0 ? portOf(door) : at
  const ends = { device: 'lo', local, remote: { address: local, port }, mark: 0 }
  const memory = pinned(8 * SLOT_BYTES)
  const leg = must(openLegSocket(ends), 'open a leg', 'socket')
  return {
    door,
    leg,
    port,
    memory,
    departures: new Departures(),
    slot: (i: number) => memory.address + i * SLOT_BYTES,
    heard: () => listen(door),
    [Symbol.dispose]: () => {
      libc.close(leg)
      if (door >= 0) libc.close(door)
    },
  }
}

function portOf(fd: number): number {
  const name = new Uint8Array(28)
  must(libc.getsockname(fd, name), 'ask for a port', 'getsockname')
  return decodeSockaddr(name)!.port
}

function listen(fd: number): Heard[] {
  const arrivals = new Arrivals()
  const heard: Heard[] = []
  for (;;) {
    const messages = arrivals.receive(fd)
    if (messages === 0) return heard
    for (let i = 0; i < must(messages, 'listen', 'recvmmsg'); i++) {
      const length = arrivals.lengths[i]!
      for (let at = 0; at < length; at += arrivals.pieces[i]!) {
        heard.push({
          first: arrivals.memory.bytes[i * ARRIVAL_BYTES + at]!,
          bytes: Math.min(arrivals.pieces[i]!, length - at),
          trafficClass: arrivals.classes[i]!,
          from: arrivals.sources[i]!.slice(),
        })
      }
    }
  }
}
