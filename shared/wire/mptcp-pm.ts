/**
 * The kernel's userspace path manager, generic netlink family `mptcp_pm`: commands that change the
 * subflows of one connection, and events that tell what became of them. A connection is named by its
 * token, which is this end's own.
 *
 * Addresses are 16 bytes here, IPv4 mapped, and commands say them as AF_INET6 also when they are IPv4;
 * why, see mptcp-path-manager.ts. Only `announce` says IPv4 as AF_INET, for that address goes out on
 * the wire. Events carry IPv4 as AF_INET or as mapped AF_INET6, by the family of the subflow's socket;
 * decoded they are the same.
 *
 * (Documentation/netlink/specs/mptcp_pm.yaml, include/uapi/linux/mptcp_pm.h)
 */
import { isIpv4 } from './address.ts'
import { encodeGeneric, GENERIC_BYTES } from './genetlink.ts'
import {
  type Attribute,
  type Attributes,
  decodeAttributes,
  encodeAttributes,
  NESTED,
  number,
  numberBe,
  u8,
  u16,
  u32,
} from './netlink.ts'
import { mapped } from './rtnetlink.ts'

/** One end of a subflow: 16 bytes of address, and the port. */
export interface Endpoint {
  readonly address: Uint8Array
  readonly port: number
}

/** Where a new subflow starts. */
export interface SubflowOrigin {
  readonly address: Uint8Array
  /** 1 to 255. One id belongs to one address for the life of the connection. */
  readonly id: number
  /** Leave by this interface; 0 leaves it to the routing. */
  readonly ifIndex: number
  /** Ask both ends to use it only when no other subflow works. */
  readonly backup: boolean
}

/** Of the socket, not of the address. */
type SocketFamily = 'ipv4' | 'ipv6'

/** What the kernel tells about one connection. */
export type MptcpEvent =
  | ConnectionEvent
  | SubflowEvent
  | AnnouncedEvent
  | { readonly type: 'closed'; readonly token: number }
  /** The peer says that its address is gone. */
  | { readonly type: 'removed'; readonly token: number; readonly remoteId: number }

/** The peer says it can also be reached at `remote`. */
interface AnnouncedEvent {
  readonly type: 'announced'
  readonly token: number
  readonly remoteId: number
  readonly remote: Endpoint
}

/** `created`: the SYN went or came. `established`: subflows may join from now on. */
export interface ConnectionEvent {
  readonly type: 'created' | 'established'
  readonly token: number
  readonly local: Endpoint
  readonly remote: Endpoint
  /** We accepted it. */
  readonly serverSide: boolean
}

export interface SubflowEvent {
  readonly type: 'subflowEstablished' | 'subflowClosed' | 'subflowPriority'
  readonly token: number
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly localId: number
  readonly remoteId: number
  /** What the peer asked for, not what we did: see BKUP_REM in inet-diag.ts. */
  readonly backup: boolean
  /** Interface it was bound to, if any. */
  readonly ifIndex: number | undefined
  /** Why it closed, a positive errno; 0 when nothing was wrong. */
  readonly errno: number
  /** MP_TCPRST reason (RFC 8684 section 3.6), where the peer gave one. */
  readonly resetReason: number | undefined
}

/** The address and the id are remembered for the connection, also after the subflow has gone. */
export function encodeSubflowCreate(
  token: number,
  origin: SubflowOrigin,
  remote: Endpoint,
): Uint8Array {
  const id: Attribute = [ID, u8(origin.id)]
  const flags: Attribute = [FLAGS, u32(origin.backup ? FLAG_BACKUP : 0)]
  const ifIndex: Attribute = [IF_INDEX, u32(origin.ifIndex)]
  return encodeGeneric(Command.subflowCreate, [
    [TOKEN, u32(token)],
    [LOCAL | NESTED, endpoint({ address: origin.address, port: 0 }, 'ipv6', id, flags, ifIndex)],
    [REMOTE | NESTED, endpoint(remote, 'ipv6')],
  ])
}

/** All four of addresses and ports count. `family` is that of the subflow's socket. */
export function encodeSubflowDestroy(
  token: number,
  local: Endpoint,
  remote: Endpoint,
  family: SocketFamily,
): Uint8Array {
  return encodeGeneric(Command.subflowDestroy, [
    [TOKEN, u32(token)],
    [LOCAL | NESTED, endpoint(local, family)],
    [REMOTE | NESTED, endpoint(remote, family)],
  ])
}

/** REMOVE_ADDR to the peer, and the end of the subflows that use the id. */
export function encodeRemove(token: number, localId: number): Uint8Array {
  return encodeGeneric(Command.remove, [
    [TOKEN, u32(token)],
    [LOCAL_ID, u8(localId)],
  ])
}

/** MP_PRIO on the subflows between these two addresses. */
export function encodeSetBackup(
  token: number,
  local: Endpoint,
  remote: Endpoint,
  backup: boolean,
): Uint8Array {
  const flags: Attribute = [FLAGS, u32(backup ? FLAG_BACKUP : 0)]
  return encodeGeneric(Command.setFlags, [
    [TOKEN, u32(token)],
    [LOCAL | NESTED, endpoint(local, 'ipv6', flags)],
    [REMOTE | NESTED, endpoint(remote, 'ipv6')],
  ])
}

/** ADD_ADDR to the peer: we can also be reached there. Port 0 is the connection's own port. */
export function encodeAnnounce(token: number, address: Endpoint, localId: number): Uint8Array {
  const family = isIpv4(address.address) ? 'ipv4' : 'ipv6'
  return encodeGeneric(Command.announce, [
    [TOKEN, u32(token)],
    [LOCAL | NESTED, endpoint(address, family, [ID, u8(localId)], [FLAGS, u32(FLAG_SIGNAL)])],
  ])
}

/** The body of an event; undefined for events about listeners and those of a later kernel. */
export function decodeEvent(body: Uint8Array): MptcpEvent | undefined {
  const attributes = decodeAttributes(body, GENERIC_BYTES)
  const token = number(attributes.get(EVENT_TOKEN))
  if (token === undefined) return undefined
  const remoteId = number(attributes.get(EVENT_REMOTE_ID)) ?? 0

  switch (body[0]) {
    case 1:
      return connectionEvent('created', token, attributes)
    case 2:
      return connectionEvent('established', token, attributes)
    case 3:
      return { type: 'closed', token }
    case 6: {
      const remote = remoteOf(attributes)
      return remote && { type: 'announced', token, remoteId, remote }
    }
    case 7:
      return { type: 'removed', token, remoteId }
    case 10:
      return subflowEvent('subflowEstablished', token, attributes)
    case 11:
      return subflowEvent('subflowClosed', token, attributes)
    case 13:
      return subflowEvent('subflowPriority', token, attributes)
    default:
      return undefined
  }
}

function connectionEvent(
  type: ConnectionEvent['type'],
  token: number,
  attributes: Attributes,
): ConnectionEvent | undefined {
  const ends = endsOf(attributes)
  if (ends === undefined) return undefined
  const flags = number(attributes.get(EVENT_FLAGS)) ?? 0
  // The attribute is older than the flag, and on its way out.
  const told = number(attributes.get(EVENT_SERVER_SIDE)) === 1
  return { type, token, ...ends, serverSide: told || (flags & FLAG_SERVER_SIDE) !== 0 }
}

function subflowEvent(
  type: SubflowEvent['type'],
  token: number,
  attributes: Attributes,
): SubflowEvent | undefined {
  const ends = endsOf(attributes)
  if (ends === undefined) return undefined
  return {
    type,
    token,
    ...ends,
    localId: number(attributes.get(EVENT_LOCAL_ID)) ?? 0,
    remoteId: number(attributes.get(EVENT_REMOTE_ID)) ?? 0,
    backup: (number(attributes.get(EVENT_BACKUP)) ?? 0) !== 0,
    ifIndex: number(attributes.get(EVENT_IF_INDEX)),
    errno: number(attributes.get(EVENT_ERROR)) ?? 0,
    resetReason: number(attributes.get(EVENT_RESET_REASON)),
  }
}

function endsOf(attributes: Attributes): { local: Endpoint; remote: Endpoint } | undefined {
  const local = endpointOf(attributes, EVENT_LOCAL4, EVENT_LOCAL6, EVENT_LOCAL_PORT)
  const remote = remoteOf(attributes)
  return local === undefined || remote === undefined ? undefined : { local, remote }
}

function remoteOf(attributes: Attributes): Endpoint | undefined {
  return endpointOf(attributes, EVENT_REMOTE4, EVENT_REMOTE6, EVENT_REMOTE_PORT)
}

function endpointOf(
  attributes: Attributes,
  type4: number,
  type6: number,
  portType: number,
): Endpoint | undefined {
  const address = mapped(attributes.get(type6) ?? attributes.get(type4))
  if (address === undefined) return undefined
  // Ports of events are in network order, those of commands in the machine's.
  return { address, port: numberBe(attributes.get(portType)) ?? 0 }
}

/** The nest that names one end; a port of 0 is left out. */
function endpoint(
  { address, port }: Endpoint,
  family: SocketFamily,
  ...more: readonly Attribute[]
): Uint8Array {
  return encodeAttributes([
    [FAMILY, u16(family === 'ipv4' ? AF_INET : AF_INET6)],
    family === 'ipv4' ? [ADDRESS4, address.subarray(12)] : [ADDRESS6, address],
    ...(port === 0 ? [] : [[PORT, u16(port)] as const]),
    ...more,
  ])
}

export const MPTCP_PM = 'mptcp_pm'
/** The multicast group of the events. */
export const MPTCP_PM_EVENTS = 'mptcp_pm_events'

const Command = {
  setFlags: 7,
  announce: 8,
  remove: 9,
  subflowCreate: 10,
  subflowDestroy: 11,
} as const

const LOCAL = 1
const TOKEN = 4
const LOCAL_ID = 5
const REMOTE = 6

const FAMILY = 1
const ID = 2
const ADDRESS4 = 3
const ADDRESS6 = 4
const PORT = 5
const FLAGS = 6
const IF_INDEX = 7
const FLAG_SIGNAL = 0x01
const FLAG_BACKUP = 0x04

const EVENT_TOKEN = 1
const EVENT_LOCAL_ID = 3
const EVENT_REMOTE_ID = 4
const EVENT_LOCAL4 = 5
const EVENT_LOCAL6 = 6
const EVENT_REMOTE4 = 7
const EVENT_REMOTE6 = 8
const EVENT_LOCAL_PORT = 9
const EVENT_REMOTE_PORT = 10
const EVENT_BACKUP = 11
const EVENT_ERROR = 12
const EVENT_FLAGS = 13
const EVENT_IF_INDEX = 15
const EVENT_RESET_REASON = 16
const EVENT_SERVER_SIDE = 18
const FLAG_SERVER_SIDE = 1 << 1

const AF_INET = 2
const AF_INET6 = 10
