/**
 * ⑤ Door out: to the server, from the subscriber's own address. When it has accepted, the home hears so at
 * once: the answer is also the first data that lets a second subflow join.
 *
 *              ┌──── a soft error: again, later and later ────┐
 *              ▼                                              │
 *    goOut ─▶ connecting ── writable ──▶ yes, and a flow      │
 *              │    └────── an error ─▶ hard: no, and why ────┤
 *              └ connectMs is over ───▶ no, and the last why ─┘
 */
import { countLasting } from '../../shared/core/flow-lasting.ts'
import { retryMs } from '../../shared/core/soft-error.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { EADDRNOTAVAIL, ENETUNREACH } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import {
  dialServer,
  hasAddressTowards,
  ignoreIcmpErrors,
  isCutOff,
  takeIcmpError,
} from '../../shared/linux/server-socket.ts'
import { keepAlive, resetAndClose, socketError } from '../../shared/linux/sockets.ts'
import { Flow } from '../../shared/relay/flow.ts'
import { FAILED, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import { type ConvertMessage, encodeConvert } from '../../shared/wire/convert.ts'
import type { ConvertFailure } from '../../shared/wire/convert-failure.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { isSpeedTest } from '../../shared/wire/speed-test.ts'
import { TcpOptionKind } from '../../shared/wire/tcp-option.ts'
import {
  hostUnreachable,
  judgeFailure,
  localFailure,
  MEMORY_EXHAUSTED,
  NETWORK_FAILURE,
  NETWORK_UNREACHABLE,
  PORTS_EXHAUSTED,
} from './connect-failure.ts'
import { NOT_AUTHORIZED } from './judge.ts'
import { refuse } from './refuse.ts'
import { COUNT, type StreetRoom } from './room.ts'
import type { Seat } from './seat.ts'
import { serverOptions } from './server-options.ts'
import { shapePlain } from './shape-plain.ts'
import { testSpeed } from './speed-test.ts'

/** A home's connection that was admitted. `address` has 16 bytes, IPv4 as ::ffff:a.b.c.d. */
export interface Admitted {
  readonly fd: number
  readonly seat: Seat
  readonly address: Uint8Array
  readonly port: number
  /** What came behind the Connect message. */
  readonly earlyData: Uint8Array
  readonly subscriber: number
  /** Where its first subflow is; 0 where nothing tells it. */
  readonly leg: number
  /** Kinds of TCP options that an Extended Connect asks for, all of them honoured; else undefined. */
  readonly askedKinds: readonly number[] | undefined
  /** What the message that says yes shall hold besides the server's TCP options. */
  readonly answer: ConvertMessage
}

export function goOut(room: StreetRoom, home: Admitted): void {
  if (isSpeedTest(home)) return testSpeed(room, home)
  const choice = room.roll.get(home.subscriber)?.egress
  const exit = isIpv4(home.address) ? choice?.ipv4 : choice?.ipv6
  if (exit !== undefined && !room.egressPorts.take(exit)) {
    room.count[COUNT.portsExhausted]!++
    return refuse(room, home, PORTS_EXHAUSTED)
  }
  new Egress(room, home, exit).begin()
}

class Egress implements Watcher {
  readonly #room: StreetRoom
  readonly #home: Admitted
  /** The address it leaves from, of which it holds a port; undefined leaves that to the kernel. */
  readonly #exit: number | undefined
  readonly #server: Uint8Array
  readonly #multipath: boolean
  /** Negative between two tries. */
  #fd = -1
  #retries = 0
  /** What is said when the time is up. */
  #failure: ConvertFailure
  readonly #deadline = new Deadline(() => this.#refuse(this.#failure))
  readonly #retry = new Deadline(() => this.#dial())

  constructor(room: StreetRoom, home: Admitted, exit: number | undefined) {
    const { multipath } = room.settings.egress
    this.#room = room
    this.#home = home
    this.#exit = exit
    this.#failure = hostUnreachable(home.address)
    this.#server = encodeSockaddr6(home.address, home.port)
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
    //# The Transport Converter MUST use by default the TCP options that
    //# correspond to its local policy to establish this connection.
    this.#multipath =
      multipath === 'always' ||
      (multipath === 'asked' && home.askedKinds?.includes(TcpOptionKind.multipathTcp) === true)
  }

  begin(): void {
    const { loop, settings } = this.#room
    loop.handOver(this.#home.fd, this)
    loop.arm(this.#deadline, settings.connectMs)
    this.#dial()
  }

  onReady(fd: number, events: number): void {
    if (fd === this.#home.fd) {
      // What the home says meanwhile waits in its socket; only its end matters now.
      if ((events & FAILED) !== 0) this.#abandon()
      return
    }
    if ((events & WRITABLE) === 0) return
    // Only then: SO_ERROR also tells of soft errors that a standing connection has outlived.
    if ((events & FAILED) === 0) return this.#connected()
    // The queue first: an error that hits connect(2) itself stands there, and the socket still hopes.
    const icmp = takeIcmpError(fd)
    const errno = socketError(fd)
    if (icmp === undefined && errno === 0) return
    const { failure, soft } = judgeFailure({ errno, icmp, server: this.#home.address })
    if (soft) this.#again(failure)
    else this.#refuse(failure)
  }

  onTurn(): void {}

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
  //# If the above check succeeded, and absent any rate-limit policy or
  //# resource exhaustion conditions, a Transport Converter MUST attempt
  //# to establish a connection to the address and port that it
  //# contains.
  #dial(): void {
    const { loop, settings } = this.#room
    const from = this.#exit === undefined ? undefined : settings.egress.addresses[this.#exit]
    const fd = dialServer(this.#server, { multipath: this.#multipath, from })
    if (fd < 0) return this.#refuse(this.#localFailure(-fd))
    this.#fd = fd
    // Unwatched, nobody would hear whether the server accepts.
    if (loop.watch(fd, this) < 0) this.#refuse(MEMORY_EXHAUSTED)
  }

  /** Our own kernel said no: whether the network would, nobody asked. */
  #localFailure(errno: number): ConvertFailure {
    if (errno === ENETUNREACH && isCutOff()) return NETWORK_FAILURE
    if (errno !== EADDRNOTAVAIL) return localFailure(errno, this.#home.address)
    // A host without IPv6 has no address to begin from: that says nothing about other servers.
    if (this.#exit === undefined && !hasAddressTowards(this.#server)) return NETWORK_UNREACHABLE
    this.#room.count[COUNT.portsExhausted]!++
    return PORTS_EXHAUSTED
  }

  /** The kernel gives a connect up where TCP should go on asking: it is begun anew. */
  #again(failure: ConvertFailure): void {
    this.#room.count[COUNT.connectsRetried]!++
    this.#failure = failure
    this.#dropServer()
    this.#room.loop.arm(this.#retry, retryMs(this.#retries++))
  }

  #connected(): void {
    const { loop, settings, count, flows, closedBytes, sendQueues, lifetimes } = this.#room
    const { fd: homeFd, seat, earlyData, subscriber, leg } = this.#home
    // Removed while its server was asked.
    if (this.#room.roll.get(subscriber) === undefined) return this.#refuse(NOT_AUTHORIZED)
    loop.disarm(this.#deadline)
    seat.settled()
    ignoreIcmpErrors(this.#fd)
    shapePlain(this.#room, this.#home)
    const { idleS, intervalS, probes } = settings.keepalive
    keepAlive(this.#fd, idleS, intervalS, probes)
    const answer = encodeConvert(this.#yes())
    libc.sendHead(homeFd, answer, answer.length)
    const up = new HalfFlow(homeFd, this.#fd)
    holdFirst(up, earlyData)
    const down = new HalfFlow(this.#fd, homeFd)
    const { egressPorts, unsentLegs, sharedMs } = this.#room
    const exit = this.#exit
    const beganMs = loop.nowMs
    // It lives as long as the flow, and must not keep `this` and with it the early data.
    const untranslated = this.#room.translations?.begin(this.#fd, subscriber, this.#home)
    const flow = new Flow(this.#room, up, down, (ended, reset) => {
      untranslated?.()
      flows.delete(ended)
      seat.leave()
      sendQueues.forget(down)
      lifetimes.forget(ended)
      if (exit !== undefined) egressPorts.give(exit)
      closedBytes.up += ended.a2b.bytes
      closedBytes.down += ended.b2a.bytes
      countLasting(count, COUNT, loop.nowMs - beganMs)
      count[COUNT.flowsOpen]!--
      count[reset ? COUNT.flowsReset : COUNT.flowsClosed]!++
    })
    flows.set(flow, subscriber)
    sendQueues.keep(down, () => unsentLegs.note(subscriber, leg, sharedMs()))
    lifetimes.keep(flow)
    count[COUNT.flowsOpened]!++
    count[COUNT.flowsOpen]!++
    flow.begin()
  }

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.6
  //# A Transport Converter MUST
  //# return this TLV if the Client sent an Extended Connect TLV and the
  //# connection was accepted by the Server.
  #yes(): ConvertMessage {
    const { askedKinds, answer } = this.#home
    if (askedKinds === undefined) return answer
    return [...answer, { type: 'extendedTcpHeader', options: serverOptions(this.#fd) }]
  }

  #refuse(failure: ConvertFailure): void {
    this.#end()
    refuse(this.#room, this.#home, failure)
  }

  /** The home has gone: nobody waits for this server any more. */
  #abandon(): void {
    this.#end()
    this.#room.loop.unwatch(this.#home.fd)
    this.#home.seat.leave()
    libc.close(this.#home.fd)
  }

  #end(): void {
    this.#room.loop.disarm(this.#deadline)
    this.#room.loop.disarm(this.#retry)
    this.#dropServer()
    this.#givePort()
  }

  #dropServer(): void {
    if (this.#fd < 0) return
    this.#room.loop.unwatch(this.#fd)
    resetAndClose(this.#fd)
    this.#fd = -1
  }

  #givePort(): void {
    if (this.#exit !== undefined) this.#room.egressPorts.give(this.#exit)
  }
}
