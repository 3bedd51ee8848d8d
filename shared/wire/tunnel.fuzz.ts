/**
 * Chance against the readers of the tunnel: frames good, bent and invented, and IP packets too.
 *
 *   node shared/wire/tunnel.fuzz.ts --frames 1000000 --seed 1
 *
 * Whatever comes, reading must end, throw nothing, and give the same answer when the memory behind the frame
 * is another one. The failure says which seed and frame to come back to.
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { mulberry32 } from '../core/chance.fake.ts'
import {
  ControlKind,
  type ControlLead,
  type LegCounts,
  readControlLead,
  readCounts,
  readOrder,
  type WireOrder,
} from './control.ts'
import { type FlowFacts, readFlow } from './flow-facts.ts'
import { decodeHandshake } from './handshake.ts'
import { hex } from './hex.fake.ts'
import { icmpTooBig } from './icmp-too-big.ts'
import { readIp } from './ip.ts'
import {
  type DataLead,
  FrameType,
  frameType,
  HEAD_BYTES,
  readDataLead,
  TAG_BYTES,
} from './tunnel.ts'

/** How many came to which end. Throws an `AssertionError` on the first broken promise. */
export function fuzzTunnel(frames: number, seed: number): Record<string, number> {
  const random = mulberry32(seed)
  const dice = (sides: number) => Math.floor(random() * sides)
  const ends = { alien: 0, handshake: 0, data: 0, control: 0, refused: 0, packet: 0, noPacket: 0 }
  for (let i = 0; i < frames; i++) {
    const bytes = invent(dice)
    try {
      ends[judgeFrame(bytes, dice)]++
      const packet = bend(Uint8Array.from(PACKETS[dice(PACKETS.length)]!), dice)
      ends[judgePacket(packet, dice)]++
    } catch (cause) {
      const wire = Buffer.from(bytes).toString('hex')
      throw new assert.AssertionError({
        message: `frame ${i} of seed ${seed}, ${wire}: ${String(cause)}`,
      })
    }
  }
  return ends
}

/** The frame stands somewhere in a larger memory, with noise around it. */
function judgeFrame(bytes: Uint8Array, dice: (sides: number) => number) {
  const [one, other] = [amid(bytes, dice), amid(bytes, dice)]
  const read = readFrame(one, bytes.length)
  assert.deepEqual(readFrame(other, bytes.length), read, 'it depends on what stands around it')
  return read.end
}

function readFrame(memory: Uint8Array, bytes: number) {
  const type = frameType(memory, AMID, bytes)
  if (type === 0) return { end: 'alien' as const }
  if (type === FrameType.offer || type === FrameType.answer) {
    const decoded = decodeHandshake(memory.subarray(AMID, AMID + bytes))
    return decoded === undefined
      ? { end: 'refused' as const }
      : { end: 'handshake' as const, handshake: decoded.handshake }
  }
  if (type === FrameType.data) {
    const lead: DataLead = { sentUs: 0, flow: 0, legs: 0, flags: 0, sequence: 0 }
    readDataLead(memory, AMID + HEAD_BYTES, lead)
    return { end: 'data' as const, lead }
  }
  const lead: ControlLead = { sentUs: 0, kind: ControlKind.question, count: 0, bytes: 0 }
  const inside = bytes - HEAD_BYTES - TAG_BYTES
  if (!readControlLead(memory, AMID + HEAD_BYTES, inside, lead)) return { end: 'refused' as const }
  const records: unknown[] = []
  for (let i = 0; i < lead.count && lead.kind >= ControlKind.report; i++) {
    const counts: LegCounts = {
      leg: 0,
      received: 0,
      lost: 0,
      bytes: 0,
      marked: 0,
      latestUs: 0,
      delayUs: 0,
    }
    const order: WireOrder = { leg: 0, priority: 0, spared: false, kbps: 0, besideKbps: 0 }
    if (lead.kind === ControlKind.report) readCounts(memory, AMID + HEAD_BYTES, i, counts)
    else readOrder(memory, AMID + HEAD_BYTES, i, order)
    assert.ok(order.priority <= 15)
    records.push(counts, order)
  }
  return { end: 'control' as const, lead, records }
}

function judgePacket(packet: Uint8Array, dice: (sides: number) => number) {
  const facts: FlowFacts = { hash: 0, version: 4, trafficClass: 0 }
  const again: FlowFacts = { hash: 0, version: 4, trafficClass: 0 }
  const isPacket = readFlow(amid(packet, dice), AMID, packet.length, facts)
  assert.equal(readFlow(amid(packet, dice), AMID, packet.length, again), isPacket)
  assert.deepEqual(again, facts)
  // What the patient reader takes for a packet is one.
  if (readIp(packet) !== undefined) assert.ok(isPacket)
  const answer = icmpTooBig(packet, 1_280, new Uint8Array(packet[0]! >> 4 === 6 ? 16 : 4))
  if (answer !== undefined) assert.equal(readIp(answer)?.end, answer.length)
  return isPacket ? ('packet' as const) : ('noPacket' as const)
}

function amid(bytes: Uint8Array, dice: (sides: number) => number): Uint8Array {
  const memory = new Uint8Array(AMID + bytes.length + AMID).fill(dice(256))
  memory.set(bytes, AMID)
  return memory
}

function invent(dice: (sides: number) => number): Uint8Array {
  const bytes = new Uint8Array(dice(8) === 0 ? dice(60) : 48 + dice(120))
  for (let i = 0; i < bytes.length; i++) bytes[i] = dice(256)
  if (dice(10) === 0) return bytes
  const type = 3 + dice(4)
  const whole = type < 5 && dice(4) > 0 ? Uint8Array.from({ length: 80 }, () => dice(256)) : bytes
  whole.set([0x10 | type, dice(256), 0, 0].slice(0, whole.length))
  if (type === 6 && whole.length > 30) {
    whole[28] = dice(6)
    whole[29] = dice(4)
  }
  return dice(4) === 0 ? bend(whole, dice) : whole
}

function bend(bytes: Uint8Array, dice: (sides: number) => number): Uint8Array {
  for (let bends = dice(4); bends > 0 && bytes.length > 0; bends--) {
    bytes[dice(bytes.length)] = dice(3) === 0 ? dice(256) : [0, 1, 2, 0x7f, 0x80, 0xff][dice(6)]!
  }
  return dice(3) === 0 ? bytes.subarray(0, dice(bytes.length + 1)) : bytes
}

const AMID = 40
const PACKETS = [
  '4500 0024 0000 4000 4011 0000 0a000002 c0000263 1388 01bb 0010 0000 0011223344556677',
  '6000 0000 0010 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002 1388 01bb 0010 0000 0011223344556677',
  '4500 002c 0000 4000 4006 0000 0a000002 c0000263 1388 01bb 00000000 00000000 6002 ffff 0000 0000 020405b4',
  '6000 0000 0018 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002 1388 01bb 00000000 00000000 6002 ffff 0000 0000 020405a0',
  '4500 001c 0001 2000 4001 0000 0a000002 c0000263 0800 0000 0001 0001',
].map(hex)

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
    },
  })
  console.log(JSON.stringify(fuzzTunnel(Number(values.frames), Number(values.seed))))
}
