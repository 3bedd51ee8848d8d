/**
 * Network namespaces by name (/run/netns, as `ip netns add` makes them), for the calling thread.
 *
 * A descriptor stays in the namespace it was opened in, so a thread goes in, opens what it needs and
 * comes back; it need not live there.
 */
import { constants } from 'node:fs'
import { must } from './errors.ts'
import { close, enterNetworkNamespace, open } from './libc.ts'

/**
 * What `doing` answers inside the namespace `name`. Only the calling thread goes there, and only until
 * `doing` returns: what it leaves to a promise or a callback runs outside. Throws `SyscallError` when
 * the kernel refuses (ENOENT when there is no such namespace), and what `doing` throws.
 */
export function inNetworkNamespace<Answer>(name: string, doing: () => Answer): Answer {
  // Not /proc/self: that is the first thread, which may stand elsewhere.
  const here = '/proc/thread-self/ns/net'
  const home = must(open(here, constants.O_RDONLY), 'open the own network namespace', 'open')
  try {
    const there = openNetworkNamespace(name)
    try {
      must(enterNetworkNamespace(there), `enter network namespace ${name}`, 'setns')
    } finally {
      close(there)
    }
    try {
      return doing()
    } finally {
      must(enterNetworkNamespace(home), `leave network namespace ${name}`, 'setns')
    }
  } finally {
    close(home)
  }
}

/** A descriptor of the namespace `name`, which keeps it alive until closed. */
export function openNetworkNamespace(name: string): number {
  const fd = open(`${NETNS_DIRECTORY}/${name}`, constants.O_RDONLY)
  return must(fd, `open network namespace ${name}`, 'open')
}

const NETNS_DIRECTORY = '/run/netns'
