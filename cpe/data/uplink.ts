/**
 * ② Door out: an MPTCP connection to the concentrator, over the leg that steering prefers.
 *
 * Dialled on one leg, joined by the other later (path-manager.ts). What stands in front of the byte stream
 * is read and written here too: a message of ours, and the concentrator's answer.
 */
import type { Traffic } from '../../shared/core/class-rules.ts'
import { LEG_NUMBER, type LegName } from '../../shared/core/leg.ts'
import { MARK } from '../../shared/core/marks.ts'
import { SERVICE_CLASSES, type ServiceClass } from '../../shared/core/service-class.ts'
import { EAGAIN, ECONNREFUSED, ECONNRESET, EHOSTUNREACH } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import { dial, resetAndClose, socketError } from '../../shared/linux/sockets.ts'
import { FlowState } from '../../shared/relay/flow-table.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import {
  type ConvertMessage,
  type ConvertTlv,
  decodeConvert,
  encodeConvert,
} from '../../shared/wire/convert.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { COUNT, type HouseRoom } from './room.ts'
import { askForLife } from './signs-of-life.ts'

export type ErrorTlv = Extract<ConvertTlv, { type: 'error' }>

/** What proves to the concentrator who we are. */
export interface ShownCookie {
  readonly bytes: Uint8Array
  /** By the concentrator itself; otherwise it is the one from the operator's file. */
  readonly issued: boolean
}

/** One connection to the concentrator. */
export interface Uplink {
  readonly fd: number
  /** Where it began, and from which address. */
  readonly leg: LegName
  readonly from: Uint8Array
  /** What its first message shows. */
  readonly cookie: ShownCookie
  /** It fell back to plain TCP: there it stays. */
  plain: boolean
  /** Its place in the flow table, -1 while it has none. */
  row: number
  /** What it carries; undefined while it waits in the pool. */
  traffic?: Traffic
}

/** Begin an uplink over `leg`: writable when connected. `-errno` where none can be. */
export function dialUplink(
  room: HouseRoom,
  leg: LegName | undefined,
  cookieFor: (origin: Pick<Uplink, 'leg' | 'from'>) => ShownCookie,
): Uplink | number {
  const { board, settings } = room
  if (leg === undefined) return -EHOSTUNREACH
  const own = board.leg(leg)
  for (const address of settings.concentrator.addresses) {
    const from = isIpv4(address) ? own.address4 : own.address6
    if (from === undefined) continue
    room.count[COUNT.uplinksOpened]!++
    const fd = dial(encodeSockaddr6(address, settings.concentrator.port), {
      multipath: true,
      mark: MARK.own,
      from: { device: settings.interfaces[leg], address: encodeSockaddr6(from, 0) },
      congestion: settings.congestion,
    })
    if (fd < 0) return fd
    return { fd, leg, from, cookie: cookieFor({ leg, from }), plain: false, row: -1 }
  }
  return -EHOSTUNREACH
}

/** The leg still has the address that it began from. */
export function standsOnLeg(board: LegBoard, { leg, from }: Uplink): boolean {
  const { up, address4, address6 } = board.leg(leg)
  const own = isIpv4(from) ? address4 : address6
  return up && own?.every((byte, i) => byte === from[i]) === true
}

/**
 * The handshake is over: 0 and a row in the flow table, or the positive errno of what went wrong.
 * A connection that fell back to plain TCP serves too, on one leg, and is counted.
 */
export function uplinkConnected(room: HouseRoom, uplink: Uplink): number {
  const errno = socketError(uplink.fd)
  if (errno === ECONNREFUSED || errno === ECONNRESET) heardFarewell(room)
  if (errno !== 0) return errno
  askForLife(room, uplink, undefined)
  const token = mptcpToken(uplink.fd)
  if (token === undefined) {
    fellBack(room, uplink)
    return 0
  }
  const nowS = Math.floor(room.loop.nowMs / 1_000)
  uplink.row = room.table.claim(FlowState.pooled, token, LEG_NUMBER[uplink.leg], nowS)
  return 0
}

/** A LAN connection has it now, and makes it one of its class. */
export function openUplink(room: HouseRoom, uplink: Uplink, serviceClass: ServiceClass): void {
  if (uplink.row < 0) return
  room.table.open(uplink.row, SERVICE_CLASSES.indexOf(serviceClass))
  if (serviceClass === 'lte-only') askForLife(room, uplink, serviceClass)
}

/**
 * The concentrator's kernel has ended an uplink that nobody relays on: the process behind it may be gone
 * (orphans.ts). Silence is no farewell, nor is a line that cannot be dialled on.
 */
export function heardFarewell(room: HouseRoom): void {
  room.farewellMs = room.loop.nowMs
}

/** The concentrator has answered. Some lines let MPTCP pass in the handshake and never again. */
export function uplinkAnswered(room: HouseRoom, uplink: Uplink): void {
  if (!uplink.plain && mptcpToken(uplink.fd) === undefined) fellBack(room, uplink)
}

function fellBack(room: HouseRoom, uplink: Uplink): void {
  room.count[COUNT[uplink.leg === 'dsl' ? 'fallbacksDsl' : 'fallbacksLte']]!++
  uplink.plain = true
  forgetUplink(room, uplink)
}

/** Write a whole Convert message. A fresh socket has room for it; one that has not is broken. */
export function say(uplink: Uplink, message: ConvertMessage): boolean {
  const bytes = encodeConvert(message)
  return libc.sendHead(uplink.fd, bytes, bytes.length) === bytes.length
}

/** Close an uplink nobody relays on. */
export function dropUplink(room: HouseRoom, uplink: Uplink): void {
  room.loop.unwatch(uplink.fd)
  resetAndClose(uplink.fd)
  forgetUplink(room, uplink)
}

/** Its descriptor is closed: give the row back. */
export function forgetUplink(room: HouseRoom, uplink: Uplink): void {
  if (uplink.row >= 0) room.table.release(uplink.row)
  uplink.row = -1
}

/** What the concentrator has said so far, and whether it has ended or broken the connection. */
export interface Answer {
  readonly bytes: Uint8Array
  readonly over: boolean
  /** Over with an error, which the socket names only once. */
  readonly broken: boolean
}

export const NO_ANSWER: Answer = { bytes: new Uint8Array(0), over: false, broken: false }

/** More of the concentrator's answer. Payload may come with it: the pump takes what is not read here. */
export function readAnswer(room: HouseRoom, fd: number, soFar: Answer): Answer {
  let { bytes } = soFar
  for (;;) {
    const got = libc.recvHead(fd, room.scratch, ANSWER_BYTES_MAX)
    if (got === -EAGAIN) return { ...NO_ANSWER, bytes }
    if (got <= 0) return { bytes, over: true, broken: got < 0 }
    bytes = Buffer.concat([bytes, room.scratch.subarray(0, got)])
    if (bytes.length >= ANSWER_BYTES_MAX) return { ...NO_ANSWER, bytes }
  }
}

/** What an answer says so far. */
export type Heard =
  /** `payload` came behind it: the server's first bytes. */
  | { readonly kind: 'yes'; readonly message: ConvertMessage; readonly payload: Uint8Array }
  | { readonly kind: 'error'; readonly error: ErrorTlv }
  | { readonly kind: 'incomplete' }
  /** Not Convert at all. */
  | { readonly kind: 'alien' }
  /** Convert, but not as a client can take it. */
  | { readonly kind: 'unfit' }

/** What is not a whole and proper message is answered by whoever asked with a reset (`dropUplink`). */
export function hear({ bytes }: Answer): Heard {
  const decoded = decodeConvert(bytes)
  switch (decoded.kind) {
    case 'incomplete':
      return decoded
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.1
    //# A Total Length of
    //# zero is invalid and the connection MUST be reset upon reception of a
    //# header with such a total length.
    case 'alien':
      return decoded
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.1
    //# If a Client
    //# receives two or more instances of the same TLV over a Convert
    //# connection, it MUST reset the associated TCP connection.
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
    //# If a Client receives a TLV of type
    //# 0x0, it MUST reset the associated TCP connection.
    // So is one with a type that we do not know: it may change what the others mean.
    case 'refused':
      return { kind: 'unfit' }
    case 'message': {
      const { message, bytesUsed } = decoded
      const error = message.find((tlv) => tlv.type === 'error')
      if (error !== undefined) return { kind: 'error', error }
      return { kind: 'yes', message, payload: bytes.subarray(bytesUsed) }
    }
  }
}

/** A whole Convert message has at most 1,020 bytes; the rest is payload that came with it. */
const ANSWER_BYTES_MAX = 16_384
