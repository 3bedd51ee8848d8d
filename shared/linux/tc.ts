/**
 * Shaping of an interface: the HTB at its root that is ours by its number, and nothing else.
 *
 * There is what should be and there is what is; the difference is applied. Rates change in their place,
 * without a packet lost; only what has another shape is built anew. A discipline that somebody else has
 * set is handed out to be remembered, and put back at the end; one with classes of its own is left alone.
 * What the kernel chose itself comes back by itself.
 *
 * Where the kernel has fq_codel it stands inside each class. Where it has not (`bfifo`), the queue
 * is first in, first out, of so many bytes.
 */
import { FLAG_CREATE, FLAG_ECHO, FLAG_EXCLUSIVE, FLAG_REPLACE } from '../wire/netlink.ts'
import {
  bfifoLimit,
  bfifoOptions,
  decodeClassBacklog,
  decodeHtbClass,
  decodeQdisc,
  encodeClassDelete,
  encodeClassesQuery,
  encodeClassQuery,
  encodeHtb,
  encodeHtbClass,
  encodeQdisc,
  encodeQdiscsQuery,
  encodeRootDelete,
  encodeRootQuery,
  type HtbClass,
  handleOf,
  type Qdisc,
  type QueuedClass,
  RTM_DELQDISC,
  RTM_DELTCLASS,
  RTM_GETQDISC,
  RTM_GETTCLASS,
  RTM_NEWQDISC,
  RTM_NEWTCLASS,
  TC_ROOT,
} from '../wire/tc.ts'
import { errnoName } from './errors.ts'
import type { NetlinkSocket } from './netlink.ts'

/** The kernel as this file asks it; a test paints it. */
export type Asked = Pick<NetlinkSocket, 'ask' | 'complaint' | 'list'>

/** What an interface should be shaped as. */
export interface Shaping {
  /** The number of our HTB. */
  readonly major: number
  /** Where packets go that belong to no class; undefined lets them pass unshaped. */
  readonly defaultClass: number | undefined
  /** Parents first. */
  readonly classes: readonly QueuedClass[]
}

/** What somebody else had set at the root: enough to set it again. */
export type ForeignQdisc = Pick<Qdisc, 'handle' | 'kind' | 'options'>

export type Shaped =
  /** Everything is as it should be. */
  | { readonly kind: 'shaped' }
  /** A sentence. */
  | { readonly kind: 'refused'; readonly why: string }

/**
 * From what is to what should be. `remember` is told what ours takes the place of, before it does: undefined
 * for the kernel's own. With a sentence it says that it cannot; then nothing is changed.
 */
export function shape(
  route: Asked,
  ifIndex: number,
  name: string,
  wanted: Shaping,
  remember: (replaced: ForeignQdisc | undefined) => string | undefined,
): Shaped {
  const before = qdiscsOf(route, ifIndex)
  const root = before.find(({ parent }) => parent === TC_ROOT)
  const handle = handleOf(wanted.major, 0)
  const isOurs = root?.kind === 'htb' && root.handle === handle
  const foreign = root !== undefined && root.handle !== 0 && !isOurs ? root : undefined
  if (foreign !== undefined && !CAN_COME_BACK.has(foreign.kind)) {
    const why = `Cannot shape ${name}: somebody has set the queueing discipline ${foreign.kind} there`
    return { kind: 'refused', why }
  }

  const forgetful = isOurs ? undefined : remember(foreign)
  if (forgetful !== undefined) return { kind: 'refused', why: `Cannot shape ${name}: ${forgetful}` }

  const found = isOurs ? queuedClasses(route, ifIndex, before) : []
  const plan = planClasses(wanted.classes, found)
  const begins = !isOurs || plan.anew
  try {
    if (isOurs && plan.anew) unshape(route, ifIndex, wanted.major, undefined)
    if (begins) {
      const flags = FLAG_CREATE | (foreign === undefined ? FLAG_EXCLUSIVE : FLAG_REPLACE)
      const htb = encodeHtb(ifIndex, handle, wanted.defaultClass ?? 0)
      must(route.ask(RTM_NEWQDISC, flags, htb), route, 'set HTB')
    }
    writeClasses(route, ifIndex, plan.write)
    writeQueues(route, ifIndex, plan.queues)
    for (const gone of plan.remove) {
      must(route.ask(RTM_DELTCLASS, 0, encodeClassDelete(ifIndex, gone)), route, 'remove a class')
    }
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    // Half a shaper would let some through and hold others: none is better.
    if (begins) unshape(route, ifIndex, wanted.major, foreign)
    return { kind: 'refused', why: `Cannot shape ${name}: ${refusal.message}` }
  }
  return { kind: 'shaped' }
}

/** Whether our HTB stands there: one question, for every second. */
export function isShaped(route: Asked, ifIndex: number, major: number): boolean {
  let handle: number | undefined
  // Without the echo the kernel tells the listeners and not us.
  route.ask(RTM_GETQDISC, FLAG_ECHO, encodeRootQuery(ifIndex), (body) => {
    handle = decodeQdisc(body)?.handle
  })
  return handle === handleOf(major, 0)
}

/** One class more, in an interface that is shaped; a sentence when the kernel refuses. */
export function addClass(
  route: Asked,
  ifIndex: number,
  name: string,
  one: QueuedClass,
): string | undefined {
  try {
    writeClasses(route, ifIndex, [one])
    writeQueues(route, ifIndex, [one])
    return undefined
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    return `Cannot shape ${name}: ${refusal.message}`
  }
}

/** How many bytes wait in a class; undefined where there is none of that handle. */
export function classBacklog(route: Asked, ifIndex: number, handle: number): number | undefined {
  let bytes: number | undefined
  route.ask(RTM_GETTCLASS, FLAG_ECHO, encodeClassQuery(ifIndex, handle), (body) => {
    bytes = decodeClassBacklog(body)
  })
  return bytes
}

/** Take away what is ours, if it is there, and put back what stood there before it. */
export function unshape(
  route: Asked,
  ifIndex: number,
  major: number,
  before: ForeignQdisc | undefined,
): void {
  if (!isShaped(route, ifIndex, major)) return
  if (before !== undefined) {
    const body = encodeQdisc({ ifIndex, parent: TC_ROOT, ...before })
    if (route.ask(RTM_NEWQDISC, FLAG_CREATE | FLAG_REPLACE, body) === 0) return
  }
  route.ask(RTM_DELQDISC, 0, encodeRootDelete(ifIndex))
}

/** Where our HTB stands, whoever of us set it. */
export function shapedInterfaces(route: Asked, major: number): number[] {
  return qdiscs(route)
    .filter(({ parent, handle }) => parent === TC_ROOT && handle === handleOf(major, 0))
    .map(({ ifIndex }) => ifIndex)
}

interface ClassPlan {
  readonly write: readonly QueuedClass[]
  /** Those whose queue is missing or has another size. */
  readonly queues: readonly QueuedClass[]
  /** Handles. */
  readonly remove: readonly number[]
  /** A class stands where it cannot be moved from: the whole must be taken away first. */
  readonly anew: boolean
}

/** The steps from the classes there are to those there should be. */
export function planClasses(
  wanted: readonly QueuedClass[],
  found: ReadonlyArray<QueuedClass & { readonly fair?: boolean }>,
): ClassPlan {
  const holds = ({ queueBytes }: QueuedClass) => queueBytes !== undefined
  const all = { write: wanted, queues: wanted.filter(holds), remove: [], anew: true }
  const there = new Map(found.map((one) => [one.handle, one]))
  const write: QueuedClass[] = []
  const queues: QueuedClass[] = []
  for (const one of wanted) {
    const before = there.get(one.handle)
    if (before !== undefined && before.parent !== one.parent) return all
    if (before === undefined || !sameClass(one, before)) write.push(one)
    const fits = before?.fair === true || before?.queueBytes === one.queueBytes
    if (holds(one) && !fits) queues.push(one)
  }
  const handles = new Set(wanted.map(({ handle }) => handle))
  const remove = found.map(({ handle }) => handle).filter((handle) => !handles.has(handle))
  // A class cannot go before those below it: rather begin again than order them.
  const parents = new Set(found.map(({ parent }) => parent))
  return remove.some((handle) => parents.has(handle)) ? all : { write, queues, remove, anew: false }
}

function sameClass(one: HtbClass, before: HtbClass): boolean {
  return (
    one.rateBytesPerS === before.rateBytesPerS &&
    one.ceilBytesPerS === before.ceilBytesPerS &&
    one.priority === before.priority
  )
}

/** Our classes as they are, each with what its queue holds. */
function queuedClasses(route: Asked, ifIndex: number, qdiscs: readonly Qdisc[]) {
  const queueOf = new Map(qdiscs.map((queue) => [queue.parent, queue]))
  return route.list(RTM_GETTCLASS, encodeClassesQuery(ifIndex), decodeHtbClass).map((one) => {
    const queue = queueOf.get(one.handle)
    return {
      ...one,
      queueBytes: queue?.kind === 'bfifo' ? bfifoLimit(queue.options) : undefined,
      fair: queue?.kind === 'fq_codel',
    }
  })
}

function writeClasses(route: Asked, ifIndex: number, all: readonly QueuedClass[]): void {
  for (const one of all) {
    const body = encodeHtbClass(ifIndex, one)
    must(route.ask(RTM_NEWTCLASS, FLAG_CREATE | FLAG_REPLACE, body), route, 'set a class')
  }
}

function writeQueues(route: Asked, ifIndex: number, all: readonly QueuedClass[]): void {
  const flags = FLAG_CREATE | FLAG_REPLACE
  // Asking for what is not there makes the kernel look for a module: once is enough.
  let fair = true
  for (const { handle: parent, queueBytes = 0 } of all) {
    // Numbered after its class: the kernel would search long for a number that is free.
    const queue = { ifIndex, handle: (parent << 16) >>> 0, parent }
    const fairQueue = encodeQdisc({ ...queue, kind: 'fq_codel', options: NO_OPTIONS })
    fair = fair && route.ask(RTM_NEWQDISC, flags, fairQueue) === 0
    if (fair) continue
    const fifo = encodeQdisc({ ...queue, kind: 'bfifo', options: bfifoOptions(queueBytes) })
    must(route.ask(RTM_NEWQDISC, flags, fifo), route, 'set a queue')
  }
}

function qdiscsOf(route: Asked, ifIndex: number): Qdisc[] {
  return qdiscs(route).filter((qdisc) => qdisc.ifIndex === ifIndex)
}

function qdiscs(route: Asked): Qdisc[] {
  return route.list(RTM_GETQDISC, encodeQdiscsQuery(), decodeQdisc)
}

class Refusal extends Error {}

function must(result: number, { complaint }: Asked, doing: string): void {
  if (result >= 0) return
  const words = complaint === '' ? '' : ` (${complaint})`
  throw new Refusal(`cannot ${doing}: ${errnoName(result)}${words}`)
}

const NO_OPTIONS = new Uint8Array(0)
/** What tells all of itself when it is asked, and has no classes that somebody else made. */
const CAN_COME_BACK = new Set([
  'bfifo',
  'cake',
  'codel',
  'fq',
  'fq_codel',
  'fq_pie',
  'noqueue',
  'pfifo',
  'pie',
  'sfq',
  'tbf',
])
