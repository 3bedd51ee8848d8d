/**
 * Network namespaces by name (/run/netns, as `ip netns add` makes them), for the calling thread.
 *
 * A descriptor stays in the namespace it was opened in, so a thread goes in, opens what it needs and
 * comes back; it need not live there.
 */
import { closeSync, openSync } from 'node:fs'
import { must } from './errors.ts'
import { close, enterNetworkNamespace } from './libc.ts'

/**
 * What `doing` answers inside the namespace `name`. Only the calling thread goes there, and only until
 * `doing` returns: what it leaves to a promise or a callback runs outside. Throws `SyscallError` when
 * the kernel refuses, `Error` when there is no such namespace, and what `doing` throws.
 */
export function inNetworkNamespace<Answer>(name: string, doing: () => Answer): Answer {
  // Not /proc/self: that is the first thread, which may stand elsewhere.
  const home = openSync('/proc/thread-self/ns/net', 'r')
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
    closeSync(home)
  }
}

/** A descriptor of the namespace `name`, which keeps it alive until closed. */
export function openNetworkNamespace(name: string): number {
  try {
    return openSync(`${NETNS_DIRECTORY}/${name}`, 'r')
  } catch (cause) {
    throw new Error(`Cannot open network namespace ${name}: ${(cause as Error).message}`, { cause })
  }
}

const NETNS_DIRECTORY = '/run/netns'
