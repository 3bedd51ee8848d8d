/**
 * What the kernel says of a stream socket that is open. Nothing here changes it.
 */
import { decodeTcpInfo, type TcpInfo, tcpInfoListBuffer } from '../wire/tcp-info.ts'
import * as libc from './libc.ts'

/**
 * The connection's MPTCP token, or undefined when it is plain TCP: also after a silent fallback,
 * which SO_PROTOCOL does not show. MPTCP_INFO is the only true test.
 */
export function mptcpToken(fd: number): number | undefined {
  if (libc.getsockopt(fd, SOL_MPTCP, MPTCP_INFO, INFO) < MPTCP_INFO_TOKEN_END) return undefined
  return new DataView(INFO.buffer).getUint32(MPTCP_INFO_TOKEN, true)
}

/** True when the peer's MPTCP has acknowledged every byte sent on `fd`; false also on plain TCP. */
export function allAcknowledged(fd: number): boolean {
  if (libc.getsockopt(fd, SOL_MPTCP, MPTCP_INFO, INFO) < MPTCP_INFO_ACKED_END) return false
  const view = new DataView(INFO.buffer)
  return view.getBigUint64(MPTCP_INFO_SENT, true) === view.getBigUint64(MPTCP_INFO_ACKED, true)
}

/**
 * Bytes of kernel memory that hold what has arrived for `fd` and was not read (SO_MEMINFO), what waits out of order
 * included; 0 where the kernel does not say.
 */
export function receiveMemory(fd: number): number {
  const bytes = libc.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, MEMORY)
  return bytes < SK_MEMINFO_RMEM_ALLOC_END ? 0 : new DataView(MEMORY.buffer).getUint32(0, true)
}

/** MPTCP_TCPINFO as the kernel answers it (wire/tcp-info.ts); undefined on plain TCP. */
export function readSubflowInfos(fd: number): Uint8Array | undefined {
  const list = tcpInfoListBuffer(SUBFLOWS_MAX)
  return libc.getsockopt(fd, SOL_MPTCP, MPTCP_TCPINFO, list) < 0 ? undefined : list
}

/** TCP_INFO of plain TCP, or of the first subflow; undefined when the kernel has none. */
export function readTcpInfo(fd: number): TcpInfo | undefined {
  const bytes = libc.getsockopt(fd, SOL_TCP, TCP_INFO, TCP_INFO_SPACE)
  return bytes < 0 ? undefined : decodeTcpInfo(TCP_INFO_SPACE.subarray(0, bytes))
}

// One a thread; no call keeps it.
const INFO = new Uint8Array(96)
const MEMORY = new Uint8Array(36)
const TCP_INFO_SPACE = new Uint8Array(280)

// Linux uapi.
const SOL_SOCKET = 1
/** Nine numbers of 32 bits; the first is SK_MEMINFO_RMEM_ALLOC. (include/uapi/linux/sock_diag.h) */
const SO_MEMINFO = 55
const SK_MEMINFO_RMEM_ALLOC_END = 4
const SOL_TCP = 6
const TCP_INFO = 11
const SOL_MPTCP = 284
const MPTCP_INFO = 1
const MPTCP_TCPINFO = 2
/** The kernel's limit for one connection. */
const SUBFLOWS_MAX = 8
const MPTCP_INFO_TOKEN = 12
const MPTCP_INFO_TOKEN_END = 16
const MPTCP_INFO_SENT = 56
const MPTCP_INFO_ACKED = 72
const MPTCP_INFO_ACKED_END = 80
