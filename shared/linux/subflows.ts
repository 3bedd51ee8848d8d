/**
 * The truth about MPTCP subflows: every one there is in this namespace, from sock_diag.
 *
 * It is what events are checked against: when some were lost, at start, and every now and then, for
 * Linux 6.18 tells nothing about a connection that its peer reset (see mptcp-path-manager.ts).
 * Without CAP_NET_ADMIN the list is empty.
 */
import {
  type DiagnosedSubflow,
  decodeSubflow,
  encodeSubflowsQuery,
  SOCK_DIAG_BY_FAMILY,
} from '../wire/inet-diag.ts'
import { FLAG_DUMP } from '../wire/netlink.ts'
import { AF_INET, AF_INET6 } from './libc.ts'
import type { NetlinkSocket } from './netlink.ts'

/** All subflows of both socket families. `diagnosis` is a `Netlink.diagnosis` socket. */
export function dumpSubflows(diagnosis: NetlinkSocket): DiagnosedSubflow[] {
  const subflows: DiagnosedSubflow[] = []
  for (const family of [AF_INET, AF_INET6]) {
    diagnosis.ask(SOCK_DIAG_BY_FAMILY, FLAG_DUMP, encodeSubflowsQuery(family), (body) => {
      const subflow = decodeSubflow(body)
      if (subflow !== undefined) subflows.push(subflow)
    })
  }
  return subflows
}
