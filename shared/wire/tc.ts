/**
 * rtnetlink about traffic control: queueing disciplines, and the classes of HTB.
 *
 *   struct tcmsg         family u8, pad u8, pad u16, interface s32, handle u32, parent u32, info u32
 *   struct tc_htb_glob   version u32, rate to quantum u32, default class u32, debug u32, direct u32
 *   struct tc_htb_opt    rate (12), ceil (12), buffer u32, cbuffer u32, quantum u32, level u32, priority u32
 *   struct tc_ratespec   cell log u8, link layer u8, overhead u16, cell align s16, mpu u16, rate u32
 *
 * A handle is `major:minor`, 16 bits each: a discipline has minor 0, its classes have its major. Buffers
 * are times, in ticks of 64 ns: how long the burst takes at the rate. With a link layer named in tc_ratespec
 * the kernel needs no rate tables. A rate of 32 bits ends at 34 Gbit/s, far above what configurations take,
 * so TCA_HTB_RATE64 is not written. (include/uapi/linux/rtnetlink.h, pkt_sched.h; net/sched/sch_htb.c)
 */
import {
  type Attribute,
  cString,
  decodeAttributes,
  encodeAttributes,
  encodeBody,
  number,
  text,
  u32,
  viewOf,
} from './netlink.ts'

/** A queueing discipline of an interface. */
export interface Qdisc {
  readonly ifIndex: number
  /** `major:0`; 0 for one that the kernel chose itself. */
  readonly handle: number
  /** `TC_ROOT`, or the class whose packets it holds. */
  readonly parent: number
  readonly kind: string
  /** Its own structure, as the kernel says it; a copy. */
  readonly options: Uint8Array
}

/** A class of HTB: up to `rate` it may always send, up to `ceil` when its parent has some to spare. */
export interface HtbClass {
  readonly handle: number
  /** `TC_ROOT`, also where it was said as the discipline's own handle; else a class. */
  readonly parent: number
  readonly rateBytesPerS: number
  readonly ceilBytesPerS: number
  /** What may leave at once after a pause. */
  readonly burstBytes: number
  /** 0 to 7; the lower goes first. It counts for classes without children only. */
  readonly priority: number
}

/** A class with the queue in it. */
export interface QueuedClass extends HtbClass {
  /** How many bytes wait at most; undefined for a class that has classes below it. */
  readonly queueBytes: number | undefined
}

/** The body of RTM_NEWQDISC: HTB at the root. What belongs to no class goes to `defaultClass`, if there is one. */
export function encodeHtb(ifIndex: number, handle: number, defaultClass: number): Uint8Array {
  const glob = new Uint8Array(HTB_GLOB_BYTES)
  const view = viewOf(glob)
  view.setUint32(0, HTB_VERSION, true)
  view.setUint32(4, RATE_TO_QUANTUM, true)
  view.setUint32(8, defaultClass & 0xffff, true)
  return encodeQdisc({
    ifIndex,
    handle,
    parent: TC_ROOT,
    kind: 'htb',
    options: encodeAttributes([[TCA_HTB_INIT, glob]]),
  })
}

/** The body of RTM_NEWQDISC. An empty `options` leaves all to the kernel. */
export function encodeQdisc({ ifIndex, handle, parent, kind, options }: Qdisc): Uint8Array {
  const attributes: Attribute[] = [[TCA_KIND, cString(kind)]]
  if (options.length > 0) attributes.push([TCA_OPTIONS, options])
  return encodeBody(message(ifIndex, handle, parent), attributes)
}

/** The options of `bfifo`: struct tc_fifo_qopt. */
export function bfifoOptions(limitBytes: number): Uint8Array {
  return u32(limitBytes)
}

/** The body of RTM_DELQDISC for what stands at the root. */
export function encodeRootDelete(ifIndex: number): Uint8Array {
  return message(ifIndex, 0, TC_ROOT)
}

/** The body of RTM_NEWTCLASS: makes the class, or changes it in its place. */
export function encodeHtbClass(ifIndex: number, one: HtbClass): Uint8Array {
  const parms = new Uint8Array(HTB_PARMS_BYTES)
  const view = viewOf(parms)
  for (const [at, bytesPerS] of [
    [0, one.rateBytesPerS],
    [RATESPEC_BYTES, one.ceilBytesPerS],
  ] as const) {
    view.setUint8(at + 1, LINKLAYER_ETHERNET)
    view.setUint32(at + 8, bytesPerS, true)
  }
  view.setUint32(24, ticks(one.burstBytes, one.rateBytesPerS), true)
  view.setUint32(28, ticks(one.burstBytes, one.ceilBytesPerS), true)
  view.setUint32(32, QUANTUM_BYTES, true)
  view.setUint32(40, one.priority, true)
  return encodeBody(message(ifIndex, one.handle, one.parent), [
    [TCA_KIND, cString('htb')],
    [TCA_OPTIONS, encodeAttributes([[TCA_HTB_PARMS, parms]])],
  ])
}

/** The body of RTM_DELTCLASS. */
export function encodeClassDelete(ifIndex: number, handle: number): Uint8Array {
  return message(ifIndex, handle, 0)
}

/** RTM_GETQDISC (a dump) of the namespace: the kernel has no filter for one interface. */
export function encodeQdiscsQuery(): Uint8Array {
  return message(0, 0, 0)
}

/** RTM_GETQDISC (no dump) of what stands at the root of one interface. */
export function encodeRootQuery(ifIndex: number): Uint8Array {
  return message(ifIndex, 0, TC_ROOT)
}

/** RTM_GETTCLASS (no dump) of one class. */
export function encodeClassQuery(ifIndex: number, handle: number): Uint8Array {
  return message(ifIndex, handle, 0)
}

/** RTM_GETTCLASS (a dump) of one interface. */
export function encodeClassesQuery(ifIndex: number): Uint8Array {
  return message(ifIndex, 0, 0)
}

/** The body of RTM_NEWQDISC; undefined when it is too short or has no kind. */
export function decodeQdisc(body: Uint8Array): Qdisc | undefined {
  if (body.length < MESSAGE_BYTES) return undefined
  const attributes = decodeAttributes(body, MESSAGE_BYTES)
  const kind = text(attributes.get(TCA_KIND))
  if (kind === undefined) return undefined
  const view = viewOf(body)
  return {
    ifIndex: view.getInt32(4, true),
    handle: view.getUint32(8, true),
    parent: view.getUint32(12, true),
    kind,
    options: attributes.get(TCA_OPTIONS)?.slice() ?? NO_OPTIONS,
  }
}

/** The body of RTM_NEWTCLASS; undefined for a class that is not HTB's. */
export function decodeHtbClass(body: Uint8Array): HtbClass | undefined {
  if (body.length < MESSAGE_BYTES) return undefined
  const attributes = decodeAttributes(body, MESSAGE_BYTES)
  if (text(attributes.get(TCA_KIND)) !== 'htb') return undefined
  const parms = decodeAttributes(attributes.get(TCA_OPTIONS) ?? NO_OPTIONS).get(TCA_HTB_PARMS)
  if (parms === undefined || parms.length < HTB_PARMS_BYTES) return undefined
  const head = viewOf(body)
  const view = viewOf(parms)
  const rateBytesPerS = view.getUint32(8, true)
  return {
    handle: head.getUint32(8, true),
    parent: head.getUint32(12, true),
    rateBytesPerS,
    ceilBytesPerS: view.getUint32(RATESPEC_BYTES + 8, true),
    burstBytes: Math.round((view.getUint32(24, true) * TICK_NS * rateBytesPerS) / 1e9),
    priority: view.getUint32(40, true),
  }
}

/** From the body of RTM_NEWTCLASS: how many bytes wait in the class; undefined where it does not say. */
export function decodeClassBacklog(body: Uint8Array): number | undefined {
  if (body.length < MESSAGE_BYTES) return undefined
  const statistics = decodeAttributes(body, MESSAGE_BYTES).get(TCA_STATS2) ?? NO_OPTIONS
  const queue = decodeAttributes(statistics).get(TCA_STATS_QUEUE)
  return queue === undefined || queue.length < 8 ? undefined : viewOf(queue).getUint32(4, true)
}

/** What the options of a `bfifo` say it holds; undefined where they are not those of one. */
export function bfifoLimit(options: Uint8Array): number | undefined {
  return number(options)
}

/** `major:minor` as one number, as `skb->priority` and nftables' `meta priority` carry it too. */
export function handleOf(major: number, minor: number): number {
  return ((major << 16) | minor) >>> 0
}

/** As `tc` and `nft` write it: hexadecimal, without what comes before. */
export function formatHandle(handle: number): string {
  return `${(handle >>> 16).toString(16)}:${(handle & 0xffff).toString(16)}`
}

function message(ifIndex: number, handle: number, parent: number): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_BYTES)
  const view = viewOf(bytes)
  view.setInt32(4, ifIndex, true)
  view.setUint32(8, handle, true)
  view.setUint32(12, parent, true)
  return bytes
}

function ticks(burstBytes: number, bytesPerS: number): number {
  return Math.min(Math.ceil((burstBytes * 1e9) / bytesPerS / TICK_NS), 0xffff_ffff)
}

export const RTM_NEWQDISC = 36
export const RTM_DELQDISC = 37
export const RTM_GETQDISC = 38
export const RTM_NEWTCLASS = 40
export const RTM_DELTCLASS = 41
export const RTM_GETTCLASS = 42

/** TC_H_ROOT: the discipline through which all leaves. */
export const TC_ROOT = 0xffff_ffff

const MESSAGE_BYTES = 20
const NO_OPTIONS = new Uint8Array(0)
const TCA_KIND = 1
const TCA_OPTIONS = 2
const TCA_STATS2 = 7
/** struct gnet_stats_queue: packets u32, bytes u32, and what came to grief. */
const TCA_STATS_QUEUE = 3
const TCA_HTB_PARMS = 1
const TCA_HTB_INIT = 2
const HTB_GLOB_BYTES = 20
const HTB_VERSION = 3
/** What the kernel would take; ours carry a quantum of their own. */
const RATE_TO_QUANTUM = 10
const HTB_PARMS_BYTES = 44
const RATESPEC_BYTES = 12
const LINKLAYER_ETHERNET = 1
/** Two full packets: what a class sends before another of the same priority has its turn. */
const QUANTUM_BYTES = 3_028
/** PSCHED_SHIFT 6. */
const TICK_NS = 64
