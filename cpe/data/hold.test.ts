/**
 * SYNs that are held, between a painted queue and real sockets on the loopback.
 *
 *    host ──── lan  HeldSyn  uplink ──── concentrator        (both ends are the test's own)
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'
import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { type ConvertFailure, errorReply } from '../../shared/wire/convert-failure.ts'
import type { QueuedPacket } from '../../shared/wire/nfqueue.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import { Concentrator } from './concentrator.ts'
import { Hold, type SynQueue } from './hold.ts'
import { HostPace } from './host-pace.ts'
import type { Pool } from './pool.ts'
import { paintedRoom } from './room.fake.ts'
import { COUNT, type HouseNews } from './room.ts'

/** What the OS has in the mark must come out as it went in. */
const OS_BITS = 0x7f0a_bcde
const unjudged = OS_BITS | 0x0050_0000
const judged = (verdict: number) => `accept ${(OS_BITS | verdict).toString(16)}`

test('a server that accepts lets the SYN go on, and its connection finds the uplink', () => {
  const { house, concentrators, knock, said, room } = heldHouse()
  knock('2001:db8:5::10')
  const [concentrator = -1] = concentrators
  const destination = { address: knownAddress('2001:db8:5::10'), port: 81 }
  assert.deepEqual(asked(concentrator), [{ type: 'connect', ...destination }])
  assert.deepEqual(said(), [], 'the host hears nothing yet')
  libc.send(concentrator, encodeConvert([]))
  settle(room.loop)
  assert.deepEqual(said(), [judged(0x0060_0000)])

  const [host, lan] = connectedPair()
  assert.equal(house.claim({ fd: lan, destination }), false, 'it comes from another port')
  assert.equal(room.count[COUNT.held], 1)
  for (const fd of [host, lan]) libc.close(fd)
})

test('what the server says before its client was accepted arrives, in order', () => {
  const { house, concentrators, knock, said, room } = heldHouse()
  const [host, lan] = connectedPair()
  const port = portOf(lan)
  knock('::1', { from: portOf(host), to: port })
  const [concentrator = -1] = concentrators
  libc.send(concentrator, Buffer.concat([encodeConvert([]), Buffer.from('220 ')]))
  settle(room.loop)
  assert.equal(said().length, 1)
  libc.send(concentrator, Buffer.from('hello'))
  libc.shutdownWrite(concentrator)
  settle(room.loop)
  room.loop.watch(lan, { onReady() {}, onTurn() {} })
  assert.equal(house.claim({ fd: lan, destination: { address: knownAddress('::1'), port } }), true)
  settle(room.loop)
  assert.equal(read(host), '220 hello')
  assert.equal(room.count[COUNT.held], 0)
  assert.equal(room.flows.size, 1)
  libc.close(host)
})

const refusals: ReadonlyArray<readonly [said: ConvertFailure, to: string, verdict: number]> = [
  [{ code: ConvertError.connectionReset }, '::1', 0x0080_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 1 }, '192.0.2.1', 0x00a0_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 3 }, '192.0.2.1', 0x00b0_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 9 }, '192.0.2.1', 0x00c0_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 11 }, '192.0.2.1', 0x0090_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 13 }, '192.0.2.1', 0x00c0_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 200 }, '192.0.2.1', 0x00a0_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 1 }, '2001:db8::1', 0x00c0_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 3 }, '2001:db8::1', 0x00a0_0000],
  [{ code: ConvertError.destinationUnreachable, icmpCode: 4 }, '2001:db8::1', 0x00b0_0000],
  // What says more about the concentrator than about the server: the home asks by itself.
  [{ code: ConvertError.destinationUnreachable, icmpCode: 0 }, '2001:db8::1', 0x0070_0000],
  [{ code: ConvertError.notAuthorized }, '192.0.2.1', 0x0070_0000],
  [{ code: ConvertError.resourceExceeded, waitS: 1 }, '192.0.2.1', 0x0070_0000],
]
for (const [failure, to, verdict] of refusals) {
  const what = 'icmpCode' in failure ? `${failure.code}/${failure.icmpCode}` : failure.code
  test(`error ${what} about ${to} becomes verdict ${verdict.toString(16)}`, () => {
    const { concentrators, knock, said, room } = heldHouse()
    knock(to)
    libc.send(concentrators[0] ?? -1, errorReply(failure))
    settle(room.loop)
    assert.deepEqual(said(), [judged(verdict)])
    assert.equal(room.count[COUNT.held], 0)
    assert.equal(room.loop.descriptors, 1, 'only the queue is watched')
  })
}

test('a server that accepts and breaks the connection at once is heard as it is', () => {
  const { concentrators, knock, said, room } = heldHouse()
  knock('192.0.2.1')
  libc.send(concentrators[0] ?? -1, encodeConvert([]))
  resetAndClose(concentrators[0] ?? -1)
  settle(room.loop)
  assert.deepEqual(said(), [judged(0x0080_0000)])
  assert.equal(room.loop.descriptors, 1)
})

test('a SYN that is sent again is asked for once, and the last copy counts', () => {
  const { concentrators, knock, said, room } = heldHouse()
  for (let i = 0; i < 3; i++) knock('192.0.2.1')
  assert.equal(concentrators.length, 1)
  assert.deepEqual(said(), ['drop 1', 'drop 2'])
  libc.send(concentrators[0] ?? -1, encodeConvert([]))
  settle(room.loop)
  assert.deepEqual(said(), [judged(0x0060_0000)])
})

test('beyond 64 a LAN host is accepted before its servers are asked, and others are not', () => {
  const { concentrators, knock, said, room } = heldHouse()
  for (let i = 0; i < 70; i++) knock('192.0.2.1', { to: 1_000 + i })
  assert.equal(concentrators.length, 64)
  assert.deepEqual(said(), Array(6).fill(judged(0x0060_0000)))
  assert.equal(room.count[COUNT.heldNot], 6)
  knock('192.0.2.1', { host: 11 })
  assert.equal(concentrators.length, 65)
  for (const fd of concentrators) libc.send(fd, errorReply({ code: ConvertError.connectionReset }))
  settle(room.loop)
  assert.deepEqual(said(), Array(65).fill(judged(0x0080_0000)))
  knock('192.0.2.1')
  assert.equal(concentrators.length, 66, 'and then again')
})

test('beyond 400 at once a LAN host goes on unbonded, others and its repeated SYNs do not', () => {
  const { concentrators, knock, said, room, told } = heldHouse()
  for (let i = 0; i < 1_000; i++) knock('192.0.2.1', { to: 1_000 + i })
  assert.equal(concentrators.length, 64)
  const verdicts = said()
  const times = (verdict: number) => verdicts.filter((said) => said === judged(verdict)).length
  const unbonded = times(0x0070_0000)
  // A test that took its time has given it some more.
  assert.ok(unbonded > 500 && unbonded <= 600, `${unbonded} of 1,000 went on unbonded`)
  assert.equal(times(0x0060_0000), 1_000 - 64 - unbonded)
  assert.equal(room.count[COUNT.hostsOver], unbonded)
  assert.equal(told.length, 1)
  assert.match(
    told[0]?.event === 'refused' ? told[0].why : '',
    /^192\.168\.1\.10 opens more than 200 /,
  )
  knock('192.0.2.1', { to: 1_000 })
  assert.deepEqual(said(), ['drop 1'])
  knock('192.0.2.1', { host: 11 })
  assert.equal(concentrators.length, 65)
})

test('what was paced as a SYN and not held is not paced again when it is accepted, and what was not is', () => {
  const { house, knock, said } = heldHouse()
  for (let i = 0; i < 66; i++) knock('192.0.2.1', { to: 1_000 + i })
  said()
  assert.deepEqual([house.wasPaced(), house.wasPaced(), house.wasPaced()], [true, true, false])
})

test('what never asks the concentrator, or may use one line only, is not paced', () => {
  const { concentrators, knock, said, room } = heldHouse()
  const rule = { to: [], dscp: [], from: [] } as const
  const rules = [
    { ...rule, ports: [{ from: 1_000, to: 1_999 }], class: 'bypass' },
    { ...rule, ports: [{ from: 2_000, to: 2_999 }], class: 'dsl-only' },
  ] as const
  room.classifier.adopt({ default: 'overflow', rules })
  for (let i = 0; i < 1_000; i++) knock('192.0.2.1', { to: 1_000 + i })
  knock('192.0.2.1', { to: 443 })
  assert.equal(concentrators.length, 1)
  for (let i = 0; i < 500; i++) knock('192.0.2.1', { to: 3_000 + i })
  said()
  knock('192.0.2.1', { to: 2_000 })
  assert.deepEqual(said(), [judged(0x0060_0000)], 'beyond 64: accepted first')
  assert.equal(room.count[COUNT.hostsOver], room.count[COUNT.flowsDirect]! - 1_000)
})

test('a LAN device is known by who sent its SYN', () => {
  const { concentrators, knock, said, room } = heldHouse()
  const rule = { to: [], ports: [], dscp: [], class: 'bypass' } as const
  const rules = [{ ...rule, from: ['02:00:00:00:00:0b'] }]
  room.classifier.adopt({ default: 'overflow', rules })
  knock('192.0.2.1', { host: 11 })
  assert.deepEqual([concentrators.length, ...said()], [0, judged(0x0070_0000)])
  knock('192.0.2.1', { host: 12 })
  assert.deepEqual([concentrators.length, ...said()], [1])
})

test('while the concentrator does not answer, the kernel forwards', () => {
  const { concentrators, knock, said, room } = heldHouse({ open: false })
  knock('192.0.2.1')
  assert.equal(concentrators.length, 0)
  assert.deepEqual(said(), [judged(0x0070_0000)])
  assert.equal(room.count[COUNT.flowsDirect], 1)
})

test('what is no TCP packet, or is cut short, is accepted first', () => {
  const { queue, said, room } = heldHouse()
  const payload = Uint8Array.of(0x45, 0, 0, 20)
  queue.packets.push({ id: 1, mark: unjudged, hardware: undefined, payload })
  queue.knock(room)
  assert.deepEqual(said(), [judged(0x0060_0000)])
})

/** A house with a queue, and the concentrator's end of each uplink that it takes. */
function heldHouse({ open } = { open: true }) {
  const told: HouseNews[] = []
  const room = paintedRoom({}, (news) => told.push(news))
  const concentrators: number[] = []
  room.board.writeHouse(open, true)
  const pool: Pick<Pool, 'concentrator' | 'spare' | 'take'> = {
    concentrator: new Concentrator(room),
    spare: () => undefined,
    take: () => {
      const [concentrator, fd] = connectedPair()
      concentrators.push(concentrator)
      room.loop.watch(fd, { onReady() {}, onTurn() {} })
      const cookie = { bytes: new Uint8Array(8), issued: false }
      return { fd, leg: 'dsl', from: knownAddress('::'), cookie, plain: false, row: -1 }
    },
  }
  const queue = new PaintedQueue()
  const house = new Hold(room, pool as Pool, queue, new HostPace(room, 1), 1)
  let id = 0
  const knock = (address: string, { from = 5_000, to = 81, host = 10 } = {}) => {
    const hardware = Uint8Array.of(2, 0, 0, 0, 0, host)
    queue.packets.push({
      id: ++id,
      mark: unjudged,
      hardware,
      payload: synTo(address, from, to, host),
    })
    queue.knock(room)
  }
  return { house, room, queue, concentrators, told, knock, said: () => queue.verdicts.splice(0) }
}

/** Gives out what the test puts in, and notes what becomes of it. */
class PaintedQueue implements SynQueue {
  readonly fd = libc.eventfd()
  readonly packets: QueuedPacket[] = []
  readonly verdicts: string[] = []

  knock(room: ReturnType<typeof paintedRoom>): void {
    libc.write(this.fd, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 8)
    room.loop.round(0)
  }

  drain(_packetsMax: number, onPacket: (packet: QueuedPacket) => void): boolean {
    for (const packet of this.packets.splice(0)) onPacket(packet)
    return false
  }

  accept(_id: number, mark: number): void {
    this.verdicts.push(`accept ${mark.toString(16)}`)
  }

  drop(id: number): void {
    this.verdicts.push(`drop ${id}`)
  }
}

/** From `host` of the LAN, or from the loopback to itself. */
function synTo(text: string, from: number, to: number, host: number): Uint8Array {
  const address = knownAddress(text)
  const ipv4 = !text.includes(':')
  const source =
    text === '::1' ? address : knownAddress(ipv4 ? `192.168.1.${host}` : '2001:db8:1::a')
  const tcp = Buffer.alloc(20)
  tcp.writeUInt16BE(from, 0)
  tcp.writeUInt16BE(to, 2)
  tcp[12] = 0x50
  tcp[13] = 0x02
  const ip = Buffer.alloc(ipv4 ? 20 : 40)
  if (ipv4) {
    ip[0] = 0x45
    ip.writeUInt16BE(40, 2)
    ip[9] = 6
    ip.set(source.subarray(12), 12)
    ip.set(address.subarray(12), 16)
  } else {
    ip[0] = 0x60
    ip.writeUInt16BE(20, 4)
    ip[6] = 6
    ip.set(source, 8)
    ip.set(address, 24)
  }
  return Buffer.concat([ip, tcp])
}

/** The Convert message on this uplink. */
function asked(concentrator: number): unknown {
  const bytes = new Uint8Array(64)
  const decoded = decodeConvert(bytes.subarray(0, libc.recv(concentrator, bytes)))
  return decoded.kind === 'message' && decoded.message
}

function portOf(fd: number): number {
  const name = new Uint8Array(28)
  libc.getsockname(fd, name)
  return decodeSockaddr(name)?.port ?? 0
}

function read(fd: number): string {
  const bytes = new Uint8Array(64)
  const got = libc.recv(fd, bytes)
  return got === -EAGAIN ? '' : Buffer.from(bytes.subarray(0, Math.max(got, 0))).toString()
}
