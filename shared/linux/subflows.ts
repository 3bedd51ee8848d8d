/**
 * The truth about MPTCP subflows: every one there is in this namespace, from sock_diag.
 *
 * It is what events are checked against: when some were lost, at start, and every now and then, for
 * Linux 6.18 tells nothing about a connection that its peer reset (see mptcp-path-manager.ts).
 * Without CAP_NET_ADMIN the list is empty.
 */
import {
  type DiagnosedConnection,
  type DiagnosedSubflow,
  decodeConnection,
  decodeSubflow,
  encodeSubflowsQuery,
  SOCK_DIAG_BY_FAMILY,
} from '../wire/inet-diag.ts'
import { AF_INET, AF_INET6 } from './libc.ts'
import type { NetlinkSocket } from './netlink.ts'

/** All subflows of both socket families. `diagnosis` is a `Netlink.diagnosis` socket. */
export function dumpSubflows(diagnosis: NetlinkSocket): DiagnosedSubflow[] {
  return dump(diagnosis, decodeSubflow)
}

/** The same of all TCP connections, in MPTCP or not. */
export function dumpConnections(diagnosis: NetlinkSocket): DiagnosedConnection[] {
  return dump(diagnosis, decodeConnection)
}

function dump<T>(diagnosis: NetlinkSocket, decode: (body: Uint8Array) => T | undefined): T[] {
  return [AF_INET, AF_INET6].flatMap((family) =>
    diagnosis.list(SOCK_DIAG_BY_FAMILY, encodeSubflowsQuery(family), decode),
  )
}
