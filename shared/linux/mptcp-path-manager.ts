/**
 * Hands on the kernel's MPTCP connections: one object commands all of one network namespace.
 *
 * Needs `net.mptcp.path_manager=userspace` there before the connections are made, and CAP_NET_ADMIN.
 * Commands answer 0 or `-errno` and do not throw, for a connection may end at any moment.
 *
 * What Linux 6.18 does, tried (mptcp-path-manager.lab.test.ts):
 * - `subflowCreate` makes the subflow's socket of the family that the local address is said in,
 *   AF_INET or AF_INET6 with IPv4 mapped; on a connection of an AF_INET6 socket both work, and both
 *   families can be mixed. But `subflowDestroy` finds only subflows of the very family it is said (else
 *   ESRCH, "subflow not found"), and the first subflow of an AF_INET6 socket is an AF_INET6 one, as
 *   are all that a dual-stack listener accepted. So we say AF_INET6 always and have nothing to
 *   remember. `setBackup` takes either. A connection of an AF_INET socket takes no IPv6 join.
 * - Joins are possible only after the first byte from the server, and a server whose namespace uses
 *   the userspace path manager accepts them only while somebody there listens to the events.
 * - `closed` comes when the program closes its socket, before the last data has left: subflows live
 *   on for a while, and commands reach them. A connection that the peer reset ends without any event,
 *   neither `closed` nor `subflowClosed`: whoever keeps a table must compare it with `dumpSubflows`.
 * - Within a connection an id belongs to one address and an address to one id: what does not fit is
 *   EINVAL, "did not match address and id". The pair is forgotten at `subflowDestroy` and at
 *   `removeAddress`; not when the join fails or the peer closes, so then try the same pair again.
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

  /**
   * Answers as soon as the SYN is out; -ENETUNREACH and the like when it could not go. The event
   * `subflowEstablished` says that it stands, and a `subflowClosed` with `errno` that it failed.
   */
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

  /**
   * REMOVE_ADDR to the peer, which ends the subflows of that id on its side; 0 is the first subflow's.
   * 6.18.44 sends it over another subflow if there is one (earlier kernels over the oldest, be it the
   * dead one). On a dead leg our own end stays and would attract data: `subflowDestroy` it next. In
   * this order, for after it the kernel does not know the id any more.
   */
  removeAddress(token: number, localId: number): number {
    return this.#command(encodeRemove(token, localId))
  }

  /** MP_PRIO to the peer. No event comes here, only there; `dumpSubflows` shows it on both ends. */
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

  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
    return Promise.resolve()
  }

  #command(body: Uint8Array): number {
    return this.#commands.ask(this.#family, 0, body)
  }
}

const ENOENT = 2
const ESRCH = 3
