/**
 * Hands on the kernel's MPTCP connections: one object commands all of one network namespace.
 *
 * Needs `net.mptcp.path_manager=userspace` there before the connections are made, and CAP_NET_ADMIN.
 * Commands answer 0 or `-errno` and do not throw, for a connection may end at any moment.
 */
import { isIpv4 } from '../wire/address.ts'
import {
  decodeEvent,
  type Endpoint,
  encodeAnnounce,
  encodeRemove,
  encodeSetBackup,
  encodeSubflowCreate,
  encodeSubflowDestroy,
  MPTCP_PM,
  MPTCP_PM_EVENTS,
  type MptcpEvent,
  type SubflowOrigin,
} from '../wire/mptcp-pm.ts'
import { SyscallError } from './errors.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'

export class MptcpPathManager {
  readonly #commands = new NetlinkSocket(Netlink.generic)
  readonly #events = new NetlinkSocket(Netlink.generic)
  readonly #family: number

  /** From here on the namespace's events are ours, and its peers' joins are accepted. */
  constructor() {
    const family = this.#commands.family(MPTCP_PM)
    const group = family.groups.get(MPTCP_PM_EVENTS)
    if (group === undefined) throw new SyscallError(`hear ${MPTCP_PM_EVENTS}`, 'netlink', ENOENT)
    this.#family = family.id
    this.#events.subscribe([group])
  }

  subflowCreate(token: number, origin: SubflowOrigin, remote: Endpoint): number {
    return this.#command(encodeSubflowCreate(token, origin, remote))
  }

  /** -ESRCH when there is no such subflow (any more). */
  subflowDestroy(token: number, local: Endpoint, remote: Endpoint): number {
    const result = this.#command(encodeSubflowDestroy(token, local, remote, 'ipv6'))
    // Our sockets are all AF_INET6. This is for those that other programs made here as AF_INET.
    if (result !== -ESRCH || !isIpv4(local.address)) return result
    return this.#command(encodeSubflowDestroy(token, local, remote, 'ipv4'))
  }

  removeAddress(token: number, localId: number): number {
    return this.#command(encodeRemove(token, localId))
  }

  setBackup(token: number, local: Endpoint, remote: Endpoint, backup: boolean): number {
    return this.#command(encodeSetBackup(token, local, remote, backup))
  }

  announce(token: number, address: Endpoint, localId: number): number {
    return this.#command(encodeAnnounce(token, address, localId))
  }

  /** What the kernel said beside the last errno. */
  get complaint(): string {
    return this.#commands.complaint
  }

  /**
   * All events since the last call, without waiting. `lost`: some are missing, so take the truth from
   * `dumpSubflows`.
   */
  drain(onEvent: (event: MptcpEvent) => void): 'ok' | 'lost' {
    return this.#events.drain((message) => {
      if (message.type !== this.#family) return
      const event = decodeEvent(message.body)
      if (event !== undefined) onEvent(event)
    })
  }

  [Symbol.dispose](): void {
    this.#commands[Symbol.dispose]()
    this.#events[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
  }

  #command(body: Uint8Array): number {
    return this.#commands.ask(this.#family, 0, body)
  }
}

const ENOENT = 2
const ESRCH = 3
