/**
 * Questions to the concentrator, one UDP socket for each leg, bound to the leg's interface and address.
 *
 * A socket is made anew when its leg's interface or address changes. What comes back is believed only with
 * the right MAC under the subscriber's key, for our session and for the leg it was sent on.
 */
import { timingSafeEqual } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import type { EchoSaid } from '../../shared/core/echo-said.ts'
import { LEG_NUMBER, type LegName } from '../../shared/core/leg.ts'
import { MARK } from '../../shared/core/marks.ts'
import { nextProbeNumber } from '../../shared/core/probe-number.ts'
import * as libc from '../../shared/linux/libc.ts'
import { macOf, type ProbeSecret } from '../../shared/tunnel/keys.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import { decodeProbe, encodeProbe, type Mac } from '../../shared/wire/probe.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'

/** Where a leg's probes leave, and to which address of the concentrator. */
export interface ProbeWay {
  readonly device: string
  readonly ifIndex: number
  /** 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  readonly local: Uint8Array
  readonly remote: Endpoint
}

export type OnEcho = (leg: LegName, number: number, rttMs: number, said: EchoSaid) => void

/** `unsent`: the kernel refused, as it does without a route. The last three are datagrams thrown away. */
export interface ProbeCounts {
  sent: number
  answered: number
  unsent: number
  forged: number
  foreign: number
  alien: number
}

export class Probes {
  readonly counts: ProbeCounts = {
    sent: 0,
    answered: 0,
    unsent: 0,
    forged: 0,
    foreign: 0,
    alien: 0,
  }
  readonly #sessionId: Uint8Array
  readonly #mac: Mac
  readonly #onEcho: OnEcho
  /** Monotonic, in microseconds. */
  readonly #nowUs: () => number
  readonly #unixMs: () => number
  readonly #doors: Record<LegName, Door | undefined> = { dsl: undefined, lte: undefined }
  #number = 0

  constructor(
    secret: ProbeSecret,
    onEcho: OnEcho,
    { nowUs, unixMs }: { readonly nowUs: () => number; readonly unixMs: () => number },
  ) {
    this.#sessionId = secret.sessionId
    this.#mac = macOf(secret.key)
    this.#onEcho = onEcho
    this.#nowUs = nowUs
    this.#unixMs = unixMs
  }

  /** Make the leg's socket stand where the leg is now; `undefined` closes it. 0 or `-errno`. */
  place(leg: LegName, way: ProbeWay | undefined): number {
    const standing = this.#doors[leg]
    const key = way === undefined ? '' : keyOf(way)
    if (standing?.key === key) return 0
    standing?.socket.close()
    this.#doors[leg] = undefined
    if (way === undefined) return 0
    const fd = openProbeSocket(way)
    if (fd < 0) return fd
    const socket = createSocket('udp6')
    socket.on('message', (bytes) => this.#hear(leg, bytes))
    // What an earlier probe met on its way, as an ICMP error. Silence says it all.
    socket.on('error', () => undefined)
    socket.bind({ fd })
    const to = encodeSockaddr6(way.remote.address, way.remote.port)
    this.#doors[leg] = { fd, socket, key, to }
    return 0
  }

  /**
   * Ask on this leg. The number of the probe; undefined without a socket. One that the kernel did not
   * take, for want of a route or of room, counts as asked: it will not be answered.
   */
  ask(leg: LegName): number | undefined {
    const door = this.#doors[leg]
    if (door === undefined) return undefined
    const packetNumber = nextProbeNumber(this.#number, this.#unixMs())
    this.#number = packetNumber
    const probe = encodeProbe(
      {
        type: 'probe',
        sessionId: this.#sessionId,
        legId: LEG_NUMBER[leg],
        packetNumber,
        sentUs: Math.floor(this.#nowUs()),
        shapedKbps: 0,
        unsent: true,
      },
      this.#mac,
    )
    if (libc.sendto(door.fd, probe, door.to) < 0) this.counts.unsent += 1
    else this.counts.sent += 1
    return packetNumber
  }

  [Symbol.dispose](): void {
    this.place('dsl', undefined)
    this.place('lte', undefined)
  }

  #hear(leg: LegName, bytes: Uint8Array): void {
    const decoded = decodeProbe(bytes)
    if (decoded.kind !== 'message' || decoded.frame.type !== 'echo') {
      this.counts.alien += 1
      return
    }
    const { frame, signed, mac } = decoded
    if (!sameBytes(frame.sessionId, this.#sessionId) || frame.legId !== LEG_NUMBER[leg]) {
      this.counts.foreign += 1
    } else if (!sameBytes(this.#mac(signed), mac)) {
      this.counts.forged += 1
    } else {
      this.counts.answered += 1
      const rttMs = (this.#nowUs() - frame.sentUs) / 1_000
      this.#onEcho(leg, frame.packetNumber, rttMs, frame)
    }
  }
}

interface Door {
  /** Belongs to `socket`, which closes it. */
  readonly fd: number
  readonly socket: Socket
  readonly key: string
  readonly to: Uint8Array
}

/** A UDP socket that can only leave by this leg, or `-errno`. */
function openProbeSocket({ device, local }: ProbeWay): number {
  const type = libc.SOCK_DGRAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC
  const fd = libc.socket(libc.AF_INET6, type, libc.IPPROTO_UDP)
  if (fd < 0) return fd
  for (const step of [
    () => libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`)),
    () => libc.setsockopt(fd, SOL_SOCKET, SO_MARK, u32(MARK.own)),
    () => libc.bind(fd, encodeSockaddr6(local, 0)),
  ]) {
    const result = step()
    if (result < 0) {
      libc.close(fd)
      return result
    }
  }
  return fd
}

function keyOf({ device, ifIndex, local, remote }: ProbeWay): string {
  return `${device} ${ifIndex} ${Buffer.from(local).toString('hex')} ${Buffer.from(remote.address).toString('hex')} ${remote.port}`
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

// Linux uapi.
const SOL_SOCKET = 1
const SO_BINDTODEVICE = 25
const SO_MARK = 36
