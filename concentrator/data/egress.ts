/**
 * ⑤ Door out: plain TCP to the server. When it has accepted, the home hears so at once: the answer is
 * also the first data that lets a second subflow join.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import {
  EACCES,
  EADDRNOTAVAIL,
  ECONNREFUSED,
  ECONNRESET,
  EMFILE,
  ENETUNREACH,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  EPERM,
} from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { dial, keepAlive, resetAndClose, socketError } from '../../shared/linux/sockets.ts'
import { Flow } from '../../shared/relay/flow.ts'
import { FAILED, READABLE, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import type { ConvertFailure } from '../../shared/wire/convert-failure.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { refuse } from './refuse.ts'
import { COUNT, type StreetRoom } from './room.ts'
import type { Seat } from './seat.ts'

/** A home's connection that was admitted. `address` has 16 bytes, IPv4 as ::ffff:a.b.c.d. */
export interface Admitted {
  readonly fd: number
  readonly seat: Seat
  readonly address: Uint8Array
  readonly port: number
  /** What came behind the Connect message. */
  readonly earlyData: Uint8Array
  /** The Convert message that says yes. */
  readonly answer: Uint8Array
}

export function goOut(room: StreetRoom, home: Admitted): void {
  const fd = dial(encodeSockaddr6(home.address, home.port), {
    multipath: false,
    mark: 0,
    from: undefined,
    congestion: undefined,
  })
  if (fd < 0) refuse(room, home, failureOf(-fd))
  else new Egress(room, home, fd).begin()
}

class Egress implements Watcher {
  readonly #room: StreetRoom
  readonly #home: Admitted
  readonly #fd: number
  readonly #deadline: Deadline

  constructor(room: StreetRoom, home: Admitted, fd: number) {
    this.#room = room
    this.#home = home
    this.#fd = fd
    this.#deadline = new Deadline(() => this.#refuse(HOST_UNREACHABLE))
  }

  begin(): void {
    const { loop, settings } = this.#room
    loop.handOver(this.#home.fd, this)
    loop.watch(this.#fd, this)
    loop.arm(this.#deadline, settings.connectMs)
  }

  onReady(fd: number, events: number): void {
    if (fd === this.#home.fd) {
      // What the home says meanwhile waits in its socket; only its end matters now.
      if ((events & FAILED) !== 0) this.#abandon()
      return
    }
    if ((events & (READABLE | WRITABLE)) === 0) return
    const errno = socketError(fd)
    if (errno !== 0) return this.#refuse(failureOf(errno))
    this.#connected()
  }

  onTurn(): void {}

  #connected(): void {
    const { loop, settings, count, flows, closedBytes, sendQueues } = this.#room
    const { fd: homeFd, seat, answer, earlyData } = this.#home
    loop.disarm(this.#deadline)
    seat.settled()
    const { idleS, intervalS, probes } = settings.keepalive
    keepAlive(this.#fd, idleS, intervalS, probes)
    libc.sendHead(homeFd, answer, answer.length)
    const up = new HalfFlow(homeFd, this.#fd)
    holdFirst(up, earlyData)
    const down = new HalfFlow(this.#fd, homeFd)
    const flow = new Flow(this.#room, up, down, (ended, reset) => {
      flows.delete(ended)
      seat.leave()
      sendQueues.forget(down)
      closedBytes.up += ended.a2b.bytes
      closedBytes.down += ended.b2a.bytes
      count[COUNT.flowsOpen]!--
      count[reset ? COUNT.flowsReset : COUNT.flowsClosed]!++
    })
    flows.add(flow)
    sendQueues.keep(down)
    count[COUNT.flowsOpened]!++
    count[COUNT.flowsOpen]!++
    flow.begin()
  }

  #refuse(failure: ConvertFailure): void {
    this.#dropServer()
    refuse(this.#room, this.#home, failure)
  }

  /** The home has gone: nobody waits for this server any more. */
  #abandon(): void {
    this.#dropServer()
    this.#room.loop.unwatch(this.#home.fd)
    this.#home.seat.leave()
    libc.close(this.#home.fd)
  }

  #dropServer(): void {
    this.#room.loop.disarm(this.#deadline)
    this.#room.loop.unwatch(this.#fd)
    resetAndClose(this.#fd)
  }
}

/** What a failed connect means in Convert's words. (RFC 8803 section 6.2.8; digest A11, A12) */
function failureOf(errno: number): ConvertFailure {
  switch (errno) {
    case ECONNREFUSED:
    case ECONNRESET:
      return { code: ConvertError.connectionReset }
    case ENETUNREACH:
    // A host without IPv6 has no address to begin from: that says nothing about other servers.
    case EADDRNOTAVAIL:
      return { code: ConvertError.destinationUnreachable, icmpCode: ICMP_NET_UNREACHABLE }
    case EACCES:
    case EPERM:
      return { code: ConvertError.notAuthorized }
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
      return { code: ConvertError.resourceExceeded, waitS: 30 }
    default:
      return HOST_UNREACHABLE
  }
}

const ICMP_NET_UNREACHABLE = 0
const ICMP_HOST_UNREACHABLE = 1
const HOST_UNREACHABLE: ConvertFailure = {
  code: ConvertError.destinationUnreachable,
  icmpCode: ICMP_HOST_UNREACHABLE,
}
