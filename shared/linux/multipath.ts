/**
 * What this kernel offers to Multipath TCP.
 */
import { errnoName, must } from './errors.ts'
import { ENOPROTOOPT } from './kernel.ts'
import * as libc from './libc.ts'
import { setCongestion } from './sockets.ts'

/** Whether this kernel lets us use the congestion control `name` on an MPTCP socket. */
export function hasCongestionControl(name: string): boolean {
  const fd = must(
    libc.socket(libc.AF_INET6, libc.SOCK_STREAM, libc.IPPROTO_MPTCP),
    'ask for congestion controls',
    'socket',
  )
  const result = setCongestion(fd, name)
  libc.close(fd)
  return result >= 0
}

/** undefined when this kernel makes MPTCP sockets, else what is missing and what to do. */
export function multipathProblem(): string | undefined {
  const fd = libc.socket(libc.AF_INET6, libc.SOCK_STREAM, libc.IPPROTO_MPTCP)
  if (fd >= 0) {
    libc.close(fd)
    return undefined
  }
  if (fd === -ENOPROTOOPT) {
    return 'Cannot use Multipath TCP: it is switched off, run `sysctl -w net.mptcp.enabled=1`'
  }
  if (fd === -EPROTONOSUPPORT) {
    return 'Cannot use Multipath TCP: this kernel has none, boot one built with CONFIG_MPTCP=y and CONFIG_MPTCP_IPV6=y'
  }
  return `Cannot use Multipath TCP: socket answered ${errnoName(fd)}`
}

/** Linux, include/uapi/asm-generic/errno.h. */
const EPROTONOSUPPORT = 93
