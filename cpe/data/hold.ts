/**
 * ① Before the door: the SYN of a LAN connection waits in a queue of the kernel while its server is asked, so
 * that the LAN host hears what is true (ADR 0017).
 *
 *    SYN ─▶ queue ─▶ Connect ─┬─ yes ──▶ goes on to the worker's port, is accepted, finds its uplink here
 *     copy: the older is gone ├─ no ───▶ a reset or an ICMP error, as the server's own
 *                             ├─ bypass ▶ goes on unbonded: the kernel forwards it
 *                             └─ tunnel ▶ goes on into the tunnel, where a rule says so
 *
 * Beyond a limit a connection is accepted first and asked for then, as if the kernel had no queue; that of a host
 * beyond its pace (host-pace.ts) goes on unbonded.
 */
import type { Traffic } from '../../shared/core/class-rules.ts'
import { MARK_MASK, VERDICT, type Verdict } from '../../shared/core/marks.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import * as libc from '../../shared/linux/libc.ts'
import type { PacketQueue } from '../../shared/linux/nfqueue.ts'
import type { Watcher } from '../../shared/relay/loop.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import type { QueuedPacket, QueueLimits } from '../../shared/wire/nfqueue.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import type { Asker, Refused } from './asker.ts'
import { EarlyData } from './early-data.ts'
import type { HostPace } from './host-pace.ts'
import type { Intercepted } from './intercept.ts'
import { openFlow } from './open-flow.ts'
import type { Pool } from './pool.ts'
import { verdictOf } from './refusal.ts'
import { COUNT, type HouseRoom } from './room.ts'
import { flowKey, readSyn, type Syn } from './syn.ts'
import { heldTraffic } from './traffic.ts'
import { dropUplink, type Uplink } from './uplink.ts'
import { findWay } from './way-out.ts'

/** Where SYNs come from and their verdicts go; a test paints it. */
export type SynQueue = Pick<PacketQueue, 'accept' | 'drain' | 'drop' | 'fd'>

/** All connections of one data thread whose SYN is held, or that were judged and not yet accepted. */
export class Hold implements Watcher {
  readonly #room: HouseRoom
  readonly #pool: Pool
  readonly #queue: SynQueue
  readonly #pace: HostPace
  readonly #held = new Map<string, HeldSyn>()
  readonly #byHost = new Map<string, number>()
  readonly #perHostMax: number
  #turnAsked = false
  /** SYNs that were paced and not held, and whose connections have not come yet. */
  #letGo = { connections: 0, atMs: -Infinity }

  /** `workers`: with how many threads the limits are shared. */
  constructor(room: HouseRoom, pool: Pool, queue: SynQueue, pace: HostPace, workers: number) {
    this.#room = room
    this.#pool = pool
    this.#queue = queue
    this.#pace = pace
    this.#perHostMax = Math.ceil(HELD_PER_HOST_MAX / workers)
    room.loop.watch(queue.fd, this)
  }

  onReady(): void {
    const more = this.#queue.drain(PACKETS_PER_TURN_MAX, (packet) => this.#onPacket(packet))
    if (more && !this.#turnAsked) this.#room.loop.soon(this)
    this.#turnAsked ||= more
  }

  onTurn(): void {
    this.#turnAsked = false
    this.onReady()
  }

  /** True when a server has accepted this connection already: then it is relayed from now on. */
  claim(lan: Intercepted): boolean {
    if (this.#held.size === 0) return false
    const peer = libc.getpeername(lan.fd, NAME) < 0 ? undefined : decodeSockaddr(NAME)
    if (peer === undefined) return false
    return this.#held.get(flowKey(peer, lan.destination))?.claim(lan) ?? false
  }

  /** One that is accepted before its server was asked: true when it had been paced as a SYN already. */
  wasPaced(): boolean {
    const connections = this.#letGoLately()
    if (connections > 0) this.#letGo = { ...this.#letGo, connections: connections - 1 }
    return connections > 0
  }

  #letGoLately(): number {
    const { connections, atMs } = this.#letGo
    return this.#room.loop.nowMs - atMs <= ACCEPT_MS_MAX ? connections : 0
  }

  /** Nothing waits for this connection any more. */
  forget({ key, host }: Syn): void {
    this.#held.delete(key)
    const left = (this.#byHost.get(host) ?? 1) - 1
    if (left === 0) this.#byHost.delete(host)
    else this.#byHost.set(host, left)
    this.#room.count[COUNT.held] = this.#held.size
  }

  #onPacket({ id, mark, hardware, payload }: QueuedPacket): void {
    const { count, loop, settings, classifier } = this.#room
    const take = () => this.#queue.accept(id, marked(mark, VERDICT.take))
    const syn = readSyn(payload)
    if (syn === undefined) return take()
    const held = this.#held.get(syn.key)
    if (held !== undefined) return held.again(id, mark)
    const traffic = heldTraffic(syn, hardware, classifier.hardwareOf)
    const judged = classifier.judge(traffic)
    const asks = this.#pool.concentrator.open
    if (asks && !this.#pace.begins(traffic, judged)) return this.#bypass(id, mark)
    const byHost = this.#byHost.get(syn.host) ?? 0
    if (byHost >= this.#perHostMax || this.#held.size >= HELD_MAX) {
      count[COUNT.heldNot]!++
      this.#letGo = { connections: this.#letGoLately() + 1, atMs: loop.nowMs }
      return take()
    }
    if (loop.descriptors >= settings.descriptorsMax) return this.#bypass(id, mark)
    const one = new HeldSyn(this.#room, this, this.#queue, { syn, traffic }, id, mark)
    this.#held.set(syn.key, one)
    this.#byHost.set(syn.host, byHost + 1)
    count[COUNT.heldOpened]!++
    count[COUNT.held] = this.#held.size
    findWay(this.#room, this.#pool, one, judged)
  }

  #bypass(id: number, mark: number): void {
    this.#room.count[COUNT.flowsDirect]!++
    this.#queue.accept(id, marked(mark, VERDICT.bypass))
  }
}

/** One connection whose SYN is held, and then until it is accepted. */
class HeldSyn implements Asker, Watcher {
  readonly #room: HouseRoom
  readonly #hold: Hold
  readonly #queue: SynQueue
  readonly #syn: Syn
  readonly traffic: Traffic
  /** The host waits for its SYN to be answered. */
  readonly early: EarlyData
  readonly #deadline = new Deadline(() => this.#neverAccepted())
  #id: number
  #mark: number
  #answer: { readonly uplink: Uplink; readonly payload: Uint8Array } | undefined

  constructor(
    room: HouseRoom,
    hold: Hold,
    queue: SynQueue,
    { syn, traffic }: { readonly syn: Syn; readonly traffic: Traffic },
    id: number,
    mark: number,
  ) {
    this.#room = room
    this.#hold = hold
    this.#queue = queue
    this.#syn = syn
    this.traffic = traffic
    this.early = new EarlyData(undefined, room.scratch)
    this.#id = id
    this.#mark = mark
  }

  get destination(): Syn['destination'] {
    return this.#syn.destination
  }

  begin(): void {}

  /** The host sends its SYN again. The last copy is the one that counts: the kernel may have lost others. */
  again(id: number, mark: number): void {
    if (this.#answer !== undefined) return this.#queue.accept(id, marked(mark, VERDICT.take))
    this.#queue.drop(this.#id)
    this.#id = id
    this.#mark = mark
  }

  answered(uplink: Uplink, payload: Uint8Array): void {
    const { loop } = this.#room
    this.#answer = { uplink, payload: payload.slice() }
    // What the server says meanwhile waits in the uplink; the flow will look for itself.
    loop.handOver(uplink.fd, this)
    loop.arm(this.#deadline, ACCEPT_MS_MAX)
    this.#judge(VERDICT.take)
  }

  onReady(): void {}

  onTurn(): void {}

  refused(why: Refused): void {
    this.#hold.forget(this.#syn)
    this.#room.count[COUNT.heldRefused]!++
    if (why === 'silence') this.#queue.drop(this.#id)
    else if (why === 'reset') this.#judge(VERDICT.reset)
    else if (why === 'unreachable') this.#judge(VERDICT.hostUnreachable)
    else this.#judge(verdictOf(why, this.#syn.destination.address))
  }

  direct(): void {
    this.#hold.forget(this.#syn)
    this.#room.count[COUNT.flowsDirect]!++
    this.#judge(VERDICT.bypass)
  }

  tunnelled(): boolean {
    const { count, settings } = this.#room
    if (!settings.tunnel) return false
    this.#hold.forget(this.#syn)
    count[COUNT.flowsTunnelled]!++
    this.#judge(VERDICT.tunnel)
    return true
  }

  claim(lan: Intercepted): boolean {
    if (this.#answer === undefined) return false
    const { uplink, payload } = this.#answer
    this.#room.loop.disarm(this.#deadline)
    this.#hold.forget(this.#syn)
    const down = new HalfFlow(uplink.fd, lan.fd)
    holdFirst(down, payload)
    openFlow(this.#room, new HalfFlow(lan.fd, uplink.fd), down, uplink)
    return true
  }

  /** The host has given up meanwhile: so does its server. */
  #neverAccepted(): void {
    this.#hold.forget(this.#syn)
    if (this.#answer !== undefined) dropUplink(this.#room, this.#answer.uplink)
  }

  #judge(verdict: Verdict): void {
    this.#queue.accept(this.#id, marked(this.#mark, verdict))
  }
}

/** The OS's bits of the mark stay as they are. */
function marked(mark: number, verdict: Verdict): number {
  return ((mark & ~MARK_MASK) | verdict) >>> 0
}

/** SYNs of one LAN host that are held at a time; a scan of ports drains nothing. */
const HELD_PER_HOST_MAX = 64
/** In one data thread. Below what its queue in the kernel takes. */
const HELD_MAX = 1_024
/** Of the queue in the kernel. A whole SYN: one with data in it (RFC 7413) has no more than a packet. */
export const HOLD_LIMITS: QueueLimits = { packetsMax: 2_048, bytesMax: 2_048 }
/** A burst of SYNs does not hold up the flows that run. */
const PACKETS_PER_TURN_MAX = 64
/** How long an uplink waits for the LAN host's answer to the SYN+ACK: longer than one lost twice takes. */
const ACCEPT_MS_MAX = 5_000

const NAME = new Uint8Array(28)
