/**
 * nfnetlink_queue: packets that a rule has stopped, each until somebody says what becomes of it.
 *
 *   +---------------+---------------+-------------------------------+
 *   |    Family     |  Version = 0  |      Number of the queue      |  struct nfgenmsg, in front of all
 *   +---------------+---------------+-------------------------------+
 *
 *   kernel to us   NFQA_PACKET_HDR: id, protocol, hook │ NFQA_MARK │ NFQA_HWADDR: who sent it
 *                  NFQA_PAYLOAD: the IP packet
 *   us to kernel   NFQA_VERDICT_HDR: verdict, id       │ NFQA_MARK: the packet's mark from then on
 *
 * All numbers here are in network order.
 * (include/uapi/linux/netfilter/nfnetlink_queue.h)
 */
import { decodeAttributes, encodeBody, encodeMessage, numberBe, u32Be, viewOf } from './netlink.ts'

/** A packet that waits. `payload` is a view into what was read. */
export interface QueuedPacket {
  readonly id: number
  readonly mark: number
  /** Who sent it, where the link has addresses; a view. */
  readonly hardware: Uint8Array | undefined
  /** From the IP header on, as much of it as the queue hands out. */
  readonly payload: Uint8Array
}

export interface QueueLimits {
  /** Packets that wait at a time; a further one passes as if there were no queue. */
  readonly packetsMax: number
  /** Bytes of each that are handed out. */
  readonly bytesMax: number
}

/** The body of `QUEUE_CONFIG` that makes the queue ours: one message, for it serves from then on. */
export function encodeBind(queue: number, { packetsMax, bytesMax }: QueueLimits): Uint8Array {
  return encodeBody(header(queue), [
    [NFQA_CFG_CMD, Uint8Array.of(NFQNL_CFG_CMD_BIND, 0, 0, 0)],
    [NFQA_CFG_PARAMS, Uint8Array.of(...u32Be(bytesMax), NFQNL_COPY_PACKET)],
    [NFQA_CFG_QUEUE_MAXLEN, u32Be(packetsMax)],
    [NFQA_CFG_MASK, u32Be(NFQA_CFG_F_FAIL_OPEN)],
    [NFQA_CFG_FLAGS, u32Be(NFQA_CFG_F_FAIL_OPEN)],
  ])
}

/** `undefined` for what is no packet. */
export function decodePacket(body: Uint8Array): QueuedPacket | undefined {
  const attributes = decodeAttributes(body, HEADER_BYTES)
  const head = attributes.get(NFQA_PACKET_HDR)
  const payload = attributes.get(NFQA_PAYLOAD)
  if (head === undefined || head.length < PACKET_HDR_BYTES || payload === undefined)
    return undefined
  return {
    id: viewOf(head).getUint32(0),
    mark: numberBe(attributes.get(NFQA_MARK)) ?? 0,
    hardware: hardwareIn(attributes.get(NFQA_HWADDR)),
    payload,
  }
}

/** struct nfqnl_msg_packet_hw: length be16, 2 bytes of padding, 8 bytes of address. */
function hardwareIn(value: Uint8Array | undefined): Uint8Array | undefined {
  if (value === undefined || value.length < HWADDR_AT) return undefined
  const bytes = viewOf(value).getUint16(0)
  return bytes > value.length - HWADDR_AT ? undefined : value.subarray(HWADDR_AT, HWADDR_AT + bytes)
}

/** The whole message that lets a packet go on, with this mark. */
export function encodeAccept(queue: number, id: number, mark: number): Uint8Array {
  return encodeVerdict(queue, NF_ACCEPT, id, [[NFQA_MARK, u32Be(mark)]])
}

/** The whole message that ends a packet. */
export function encodeDrop(queue: number, id: number): Uint8Array {
  return encodeVerdict(queue, NF_DROP, id, [])
}

function encodeVerdict(
  queue: number,
  verdict: number,
  id: number,
  more: ReadonlyArray<readonly [type: number, value: Uint8Array]>,
): Uint8Array {
  const head = new Uint8Array(8)
  viewOf(head).setUint32(0, verdict)
  viewOf(head).setUint32(4, id)
  // No sequence: the kernel answers only when the packet is gone, and then nobody minds.
  return encodeMessage(
    QUEUE_VERDICT,
    0,
    0,
    encodeBody(header(queue), [[NFQA_VERDICT_HDR, head], ...more]),
  )
}

function header(queue: number): Uint8Array {
  return Uint8Array.of(AF_UNSPEC, NFNETLINK_V0, queue >> 8, queue)
}

/** NFNL_SUBSYS_QUEUE in the high byte. */
const SUBSYSTEM = 3 << 8
export const QUEUE_PACKET = SUBSYSTEM | 0
const QUEUE_VERDICT = SUBSYSTEM | 1
export const QUEUE_CONFIG = SUBSYSTEM | 2

const AF_UNSPEC = 0
const NFNETLINK_V0 = 0
const HEADER_BYTES = 4
const NF_DROP = 0
const NF_ACCEPT = 1
const NFQA_CFG_CMD = 1
const NFQNL_CFG_CMD_BIND = 1
const NFQA_CFG_PARAMS = 2
const NFQNL_COPY_PACKET = 2
const NFQA_CFG_QUEUE_MAXLEN = 3
const NFQA_CFG_MASK = 4
const NFQA_CFG_FLAGS = 5
const NFQA_CFG_F_FAIL_OPEN = 1
const NFQA_PACKET_HDR = 1
const PACKET_HDR_BYTES = 7
const NFQA_VERDICT_HDR = 2
const NFQA_MARK = 3
const NFQA_HWADDR = 9
const HWADDR_AT = 4
const NFQA_PAYLOAD = 10
