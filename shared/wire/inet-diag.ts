/**
 * sock_diag about TCP: which sockets there are, and what MPTCP makes of each as a subflow.
 *
 *   struct inet_diag_req_v2   family u8, protocol u8, extensions u8, pad u8, states u32, sockid (48)
 *   struct inet_diag_msg      family u8, state u8, timer u8, retransmits u8, sockid (48),
 *                             expires u32, receive queue u32, send queue u32, uid u32, inode u32
 *   struct inet_diag_sockid   source port be16, destination port be16, source 16, destination 16,
 *                             interface u32, cookie u64
 *
 * The subflow's own facts are nested in INET_DIAG_ULP_INFO, and only for CAP_NET_ADMIN.
 * (include/uapi/linux/inet_diag.h, mptcp.h; net/mptcp/diag.c)
 */

import type { Endpoint } from './mptcp-pm.ts'
import { decodeAttributes, nestedAttributes, number, text, viewOf } from './netlink.ts'
import { mapped } from './rtnetlink.ts'
import { decodeTcpInfo, silentMsOf, type TcpInfo } from './tcp-info.ts'

/** A TCP socket that is a subflow of an MPTCP connection. */
export interface DiagnosedSubflow {
  /** The connection, as this end names it. */
  readonly token: number
  /** As the peer names it; known on joins only, else 0. */
  readonly remoteToken: number
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly localId: number
  readonly remoteId: number
  /** `TcpState`, RFC 9293 in the kernel's numbers. */
  readonly state: number
  /** Interface it is bound to; 0 when to none. */
  readonly ifIndex: number
  /** We opened the connection or this join; on the other end it is false. */
  readonly opened: boolean
  /** It came with MP_JOIN; the first subflow of a connection did not. */
  readonly joined: boolean
  /** We asked the peer to use it only as backup (MPTCP_SUBFLOW_FLAG_BKUP_LOC). */
  readonly backup: boolean
  /** The peer asked us to (MPTCP_SUBFLOW_FLAG_BKUP_REM). */
  readonly remoteBackup: boolean
  /** Data may flow on it. */
  readonly fullyEstablished: boolean
  readonly tcpInfo: TcpInfo
  /** Since anything last came in by it. */
  readonly silentMs: number
}

/**
 * The states we ask for. Subflows on their way out (FIN sent) are left out: they take no data and no
 * command, and the kernel told their `subflowClosed` already.
 */
export const TcpState = {
  established: 1,
  synSent: 2,
  synReceived: 3,
  closeWait: 8,
} as const

/** The body of SOCK_DIAG_BY_FAMILY (a dump): the TCP connections of one socket family. */
export function encodeSubflowsQuery(family: number): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES)
  const view = viewOf(bytes)
  view.setUint8(0, family)
  view.setUint8(1, IPPROTO_TCP)
  // Not for tcp_info alone: without this bit the kernel leaves out INET_DIAG_ULP_INFO too.
  view.setUint8(2, 1 << (INET_DIAG_INFO - 1))
  view.setUint32(4, STATES, true)
  return bytes
}

/** A TCP connection, whatever it is in. */
export interface DiagnosedConnection {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** It is a subflow of an MPTCP connection. One that fell back is not, though the kernel still lists it as one. */
  readonly multipath: boolean
  readonly tcpInfo: TcpInfo
}

/** One answer, subflow or ordinary TCP socket; undefined when it is not whole. */
export function decodeConnection(body: Uint8Array): DiagnosedConnection | undefined {
  if (body.length < MESSAGE_BYTES) return undefined
  const attributes = decodeAttributes(body, MESSAGE_BYTES)
  const ulp = nestedAttributes(attributes, INET_DIAG_ULP_INFO)
  const flags = number(nestedAttributes(ulp, ULP_MPTCP).get(FLAGS)) ?? 0
  return {
    ...endsIn(body),
    multipath: text(ulp.get(ULP_NAME)) === 'mptcp' && (flags & FLAGS_MULTIPATH) !== 0,
    get tcpInfo() {
      return decodeTcpInfo(attributes.get(INET_DIAG_INFO) ?? NO_BYTES)
    },
  }
}

/** One answer; undefined when it is an ordinary TCP socket. */
export function decodeSubflow(body: Uint8Array): DiagnosedSubflow | undefined {
  if (body.length < MESSAGE_BYTES) return undefined
  const attributes = decodeAttributes(body, MESSAGE_BYTES)
  const ulp = nestedAttributes(attributes, INET_DIAG_ULP_INFO)
  if (text(ulp.get(ULP_NAME)) !== 'mptcp') return undefined
  const subflow = nestedAttributes(ulp, ULP_MPTCP)
  const token = number(subflow.get(TOKEN_LOCAL))
  if (token === undefined) return undefined

  const view = viewOf(body)
  const flags = number(subflow.get(FLAGS)) ?? 0
  return {
    token,
    remoteToken: number(subflow.get(TOKEN_REMOTE)) ?? 0,
    ...endsIn(body),
    localId: number(subflow.get(ID_LOCAL)) ?? 0,
    remoteId: number(subflow.get(ID_REMOTE)) ?? 0,
    state: view.getUint8(1),
    ifIndex: view.getUint32(40, true),
    opened: (flags & (FLAG_CAPABLE_LOCAL | FLAG_JOIN_LOCAL)) !== 0,
    joined: (flags & (FLAG_JOIN_LOCAL | FLAG_JOIN_REMOTE)) !== 0,
    backup: (flags & FLAG_BACKUP_LOCAL) !== 0,
    remoteBackup: (flags & FLAG_BACKUP_REMOTE) !== 0,
    fullyEstablished: (flags & FLAG_FULLY_ESTABLISHED) !== 0,
    // Who resyncs thousands of subflows does not ask; 25 numbers each would be a heap of garbage.
    get tcpInfo() {
      return decodeTcpInfo(attributes.get(INET_DIAG_INFO) ?? NO_BYTES)
    },
    get silentMs() {
      return silentMsOf(attributes.get(INET_DIAG_INFO) ?? NO_BYTES)
    },
  }
}

function endsIn(body: Uint8Array): { local: Endpoint; remote: Endpoint } {
  const view = viewOf(body)
  return {
    local: { address: address(body, SOURCE_AT), port: view.getUint16(4) },
    remote: { address: address(body, DESTINATION_AT), port: view.getUint16(6) },
  }
}

/** Four or sixteen bytes by the socket's family: an AF_INET6 socket shows IPv4 mapped. */
function address(body: Uint8Array, at: number): Uint8Array {
  const bytes = body.subarray(at, at + (body[0] === AF_INET ? 4 : 16))
  return mapped(bytes) ?? new Uint8Array(16)
}

export const SOCK_DIAG_BY_FAMILY = 20

const IPPROTO_TCP = 6
const AF_INET = 2
const REQUEST_BYTES = 8 + 48
const MESSAGE_BYTES = 4 + 48 + 20
const SOURCE_AT = 8
const DESTINATION_AT = 24
const STATES = Object.values(TcpState).reduce((mask, state) => mask | (1 << state), 0)

const NO_BYTES = new Uint8Array(0)
const INET_DIAG_INFO = 2
const INET_DIAG_ULP_INFO = 19
const ULP_NAME = 1
const ULP_MPTCP = 3
const TOKEN_REMOTE = 1
const TOKEN_LOCAL = 2
const FLAGS = 8
const ID_REMOTE = 9
const ID_LOCAL = 10

const FLAG_CAPABLE_REMOTE = 1 << 0
const FLAG_CAPABLE_LOCAL = 1 << 1
const FLAG_JOIN_REMOTE = 1 << 2
const FLAG_JOIN_LOCAL = 1 << 3
const FLAG_BACKUP_REMOTE = 1 << 4
const FLAG_BACKUP_LOCAL = 1 << 5
const FLAG_FULLY_ESTABLISHED = 1 << 6
/** The peer has answered with MPTCP, or either has joined. */
const FLAGS_MULTIPATH = FLAG_CAPABLE_REMOTE | FLAG_JOIN_REMOTE | FLAG_JOIN_LOCAL
