import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../core/chance.fake.ts'
import { Run } from './coalescing.ts'
import { IpProtocol, readIp, sum16, transportChecksum, writeUint16 } from './ip.ts'
import { Segmentation } from './segmentation.ts'
import { DataFlag, readUint32, writeUint32 } from './tunnel.ts'
import { noVirtioHeader, VIRTIO_BYTES, VirtioFlag, VirtioGso, writeVirtio } from './virtio-net.ts'

const FLOWS = [
  { version: 4, protocol: IpProtocol.tcp, gso: VirtioGso.tcp4 },
  { version: 6, protocol: IpProtocol.tcp, gso: VirtioGso.tcp6 },
  { version: 4, protocol: IpProtocol.udp, gso: VirtioGso.udp },
  { version: 6, protocol: IpProtocol.udp, gso: VirtioGso.udp },
] as const
type Flow = (typeof FLOWS)[number]

const GOOD = DataFlag.goodChecksum
/** Free before the virtio header. */
const AT = 64

for (const flow of FLOWS) {
  const name = `${flow.protocol === IpProtocol.tcp ? 'TCP' : 'UDP'} over IPv${flow.version}`

  test(`a run of ${name} is cut into packets that are right in themselves`, () => {
    const random = mulberry32(1)
    const payload = Uint8Array.from({ length: 40 * 1_300 + 17 }, () => random() * 256)
    const packets = cutAll(superPacket(flow, payload, 1_300))
    assert.equal(packets.length, 41)
    assert.deepEqual(concat(packets.map((packet) => packet.subarray(headerBytes(flow)))), payload)
    for (const [i, packet] of packets.entries()) {
      const ip = readIp(packet)
      assert.equal(ip?.end, packet.length)
      if (flow.version === 4) {
        assert.equal(sum16(packet, 0, 20), 0xffff, 'the sum of the IP header')
        assert.equal((packet[4]! << 8) | packet[5]!, (0xfff0 + i) & 0xffff)
      }
      const transportAt = ip.payloadAt
      if (flow.protocol === IpProtocol.tcp) {
        assert.equal(readUint32(packet, transportAt + 4), (0xffff_f000 + i * 1_300) >>> 0)
        assert.equal(packet[transportAt + 13], i === 40 ? 0x18 : 0x10, 'PSH with the last alone')
      } else
        assert.equal(
          (packet[transportAt + 4]! << 8) | packet[transportAt + 5]!,
          ip.end - transportAt,
        )
      assert.equal(completed(packet, flow), transportChecksumOf(packet, flow))
    }
  })

  test(`packets of ${name} become the run that they were`, () => {
    const payload = Uint8Array.from({ length: 12_345 }, (_, i) => i)
    const whole = superPacket(flow, payload, 1_000)
    const packets = cutAll(whole)
    assert.deepEqual(joined(packets, DataFlag.goodChecksum), [whole])
    // The same of packets that have their checksums.
    const summed = packets.map((packet) => {
      writeUint16(packet, checksumAt(flow), completed(packet, flow))
      return packet
    })
    assert.deepEqual(joined(summed, DataFlag.goodChecksum), [whole])
  })

  test(`packets of ${name} of which nothing is known are left alone`, () => {
    const packets = cutAll(superPacket(flow, new Uint8Array(5_000), 1_000))
    const out = joined(packets, 0)
    assert.equal(out.length, packets.length)
    for (const [i, written] of out.entries()) {
      assert.deepEqual(written.subarray(0, VIRTIO_BYTES), new Uint8Array(VIRTIO_BYTES))
      assert.deepEqual(written.subarray(VIRTIO_BYTES), packets[i])
    }
  })

  test(`what does not follow begins anew: ${name}`, () => {
    const other = headerBytes(flow) - 1
    const changes: ReadonlyArray<readonly [string, (packet: Uint8Array) => void]> = [
      ['another class', (packet) => (packet[1]! ^= 0x10)],
      ['other hops', (packet) => (packet[flow.version === 4 ? 8 : 7]! ^= 1)],
      ['another host', (packet) => (packet[flow.version === 4 ? 19 : 39]! ^= 1)],
      ['another port', (packet) => (packet[flow.version === 4 ? 23 : 43]! ^= 1)],
      ['another length said', (packet) => (packet[flow.version === 4 ? 3 : 5]! ^= 1)],
      ...(flow.protocol === IpProtocol.tcp
        ? ([
            [
              'a hole',
              (packet) => writeUint32(packet, other - 27, readUint32(packet, other - 27) + 1),
            ],
            ['another answer', (packet) => (packet[other - 20]! ^= 1)],
            ['a reset', (packet) => (packet[other - 18]! |= 4)],
            ['another option', (packet) => (packet[other]! ^= 1)],
          ] as ReadonlyArray<readonly [string, (packet: Uint8Array) => void]>)
        : []),
    ]
    for (const [what, change] of changes) {
      const packets = cutAll(superPacket(flow, new Uint8Array(4_000), 1_000))
      change(packets[2]!)
      const out = joined(packets, DataFlag.goodChecksum)
      assert.ok(out.length > 1, what)
      assert.equal(virtioOf(out[0]!).gso, flow.gso, what)
      assert.equal(out[0]!.length, VIRTIO_BYTES + headerBytes(flow) + 2_000, what)
    }
  })
}

test('a checksum that the far end could not find is made before it leaves', () => {
  // UDP behind IPv4 options.
  const packet = new Uint8Array(24 + 8 + 5)
  packet.set([0x46, 0, 0, packet.length, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])
  packet.set([0x12, 0x34, 0, 53, 0, 13, 0, 0, 1, 2, 3, 4, 5], 24)
  const ip = readIp(packet)!
  const right = transportChecksum(packet, ip, 30)
  writeUint16(packet, 30, pseudoSum(packet))
  const [cut] = cutAll(behindVirtio(packet, { checksumStart: 24, checksumOffset: 6 }), 0)
  assert.equal((cut![30]! << 8) | cut![31]!, right)
})

test('where the device takes no runs of UDP, each packet of it stands for itself, and TCP runs on', () => {
  const written = FLOWS.map((flow) => {
    const run = new Run()
    run.joinsUdp = false
    return joined(cutAll(superPacket(flow, new Uint8Array(5_000), 1_000)), GOOD, run).length
  })
  assert.deepEqual(written, [1, 1, 5, 5])
})

test('nonsense from a device is no packet, and is read nowhere else', () => {
  const random = mulberry32(7)
  const segmentation = new Segmentation()
  const run = new Run()
  for (let i = 0; i < 20_000; i++) {
    const bytes = Math.floor(random() * 120)
    const memory = new Uint8Array(AT + bytes).map(() => random() * 256)
    memory[AT] = random() < 0.7 ? 1 : memory[AT]!
    memory[AT + 1] = [0, 1, 4, 5, 0x81][Math.floor(random() * 5)]!
    memory[AT + VIRTIO_BYTES] = random() < 0.5 ? 0x45 : 0x60
    const packets = segmentation.read(memory, AT, bytes)
    for (let n = 0; n < packets; n++) {
      segmentation.cut(memory, n)
      assert.ok(segmentation.at >= AT && segmentation.bytes > 0, `seed 7, case ${i}`)
      assert.ok(segmentation.at + segmentation.bytes <= AT + bytes, `seed 7, case ${i}`)
    }
    for (const checksum of [0, DataFlag.goodChecksum]) {
      run.begin(memory, AT, bytes, checksum)
      run.follows(memory, memory, AT, bytes, checksum)
    }
  }
})

function cutAll(read: Uint8Array, checksum: number = DataFlag.goodChecksum): Uint8Array[] {
  const memory = new Uint8Array(AT + read.length)
  memory.set(read, AT)
  const segmentation = new Segmentation()
  const count = segmentation.read(memory, AT, read.length)
  return Array.from({ length: count }, (_, i) => {
    segmentation.cut(memory, i)
    const { at, bytes } = segmentation
    assert.equal(segmentation.checksum, checksum)
    const packet = memory.slice(at, at + bytes)
    // Whoever takes a packet may write before it.
    memory.fill(0xee, at - 16, at)
    return packet
  })
}

/** What would be written to the device, write by write. */
function joined(
  packets: readonly Uint8Array[],
  checksum: number,
  run: Run = new Run(),
): Uint8Array[] {
  const memory = new Uint8Array(66_000)
  const written: Uint8Array[] = []
  const flush = (): void => {
    const { packets: count, bytes } = run
    if (count === 0) return
    run.finish(memory)
    written.push(memory.slice(0, bytes))
  }
  for (const packet of packets) {
    const left = run.follows(memory, packet, 0, packet.length, checksum)
    if (left > 0) {
      memory.set(packet.subarray(left), run.bytes)
      run.add(packet, 0, packet.length)
      continue
    }
    flush()
    if (run.begin(packet, 0, packet.length, checksum)) memory.set(packet, VIRTIO_BYTES)
    else {
      const single = concat([new Uint8Array(VIRTIO_BYTES), packet])
      run.writeSingle(single, VIRTIO_BYTES, packet.length, checksum)
      written.push(single)
    }
  }
  flush()
  return written
}

function superPacket(flow: Flow, payload: Uint8Array, pieceBytes: number): Uint8Array {
  const isTcp = flow.protocol === IpProtocol.tcp
  const transportAt = flow.version === 4 ? 20 : 40
  const packet = concat([new Uint8Array(headerBytes(flow)), payload])
  if (flow.version === 4) {
    packet.set([0x45, 0x28, 0, 0, 0xff, 0xf0, 0, 0, 64, flow.protocol, 0, 0])
    packet.set([10, 0, 0, 1, 10, 0, 0, 2], 12)
    writeUint16(packet, 2, packet.length)
    writeUint16(packet, 10, ~sum16(packet, 0, 20) & 0xffff)
  } else {
    packet.set([0x60, 0, 0, 1, 0, 0, flow.protocol, 64, 0xfd, 1, 2, 3])
    packet.set([0xfd, 4, 5, 6], 24)
    writeUint16(packet, 4, packet.length - 40)
  }
  packet.set([0x12, 0x34, 0x00, 0x50], transportAt)
  if (isTcp) {
    writeUint32(packet, transportAt + 4, 0xffff_f000)
    writeUint32(packet, transportAt + 8, 77)
    packet.set([0x80, 0x18, 1, 2], transportAt + 12)
    packet.set([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2], transportAt + 20)
  } else writeUint16(packet, transportAt + 4, packet.length - transportAt)
  writeUint16(packet, checksumAt(flow), pseudoSum(packet))
  const checksumOffset = isTcp ? 16 : 6
  return behindVirtio(packet, {
    gso: flow.gso,
    pieceBytes,
    checksumStart: transportAt,
    checksumOffset,
    headerBytes: headerBytes(flow),
  })
}

function behindVirtio(
  packet: Uint8Array,
  {
    headerBytes: repeated = 0,
    ...header
  }: { headerBytes?: number } & Partial<ReturnType<typeof noVirtioHeader>>,
): Uint8Array {
  const read = concat([new Uint8Array(VIRTIO_BYTES), packet])
  writeVirtio(read, 0, { ...noVirtioHeader(), flags: VirtioFlag.partial, ...header }, repeated)
  return read
}

function virtioOf(written: Uint8Array) {
  return { gso: written[1] }
}

function headerBytes({ version, protocol }: Flow): number {
  return (version === 4 ? 20 : 40) + (protocol === IpProtocol.tcp ? 32 : 8)
}

function checksumAt({ version, protocol }: Flow): number {
  return (version === 4 ? 20 : 40) + (protocol === IpProtocol.tcp ? 16 : 6)
}

/** Of addresses, protocol and length: what stands where a checksum is still to be made. */
function pseudoSum(packet: Uint8Array): number {
  const ip = readIp(packet)!
  const pseudo = new Uint8Array(36)
  pseudo.set(packet.subarray(ip.sourceAt, ip.sourceAt + 2 * ip.addressBytes))
  pseudo[33] = ip.protocol
  writeUint16(pseudo, 34, ip.end - ip.payloadAt)
  return sum16(pseudo, 0, pseudo.length)
}

/** As the kernel does it: the sum of all, pseudo header included by what stands there. */
function completed(packet: Uint8Array, { version }: Flow): number {
  return ~sum16(packet, version === 4 ? 20 : 40, packet.length) & 0xffff
}

function transportChecksumOf(packet: Uint8Array, flow: Flow): number {
  return transportChecksum(packet, readIp(packet)!, checksumAt(flow))
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
