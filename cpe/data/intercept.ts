/**
 * ① Door in, LAN side: a TCP connection that nftables redirected to us is accepted, and the kernel is
 * asked where it was really going.
 */
import * as libc from '../../shared/linux/libc.ts'
import {
  keepAlive,
  noDelay,
  openListener,
  resetAndClose,
  setCongestion,
} from '../../shared/linux/sockets.ts'
import { openDoor } from '../../shared/relay/door.ts'
import type { Watcher } from '../../shared/relay/loop.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import { decodeSockaddr, encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { COUNT, type HouseRoom } from './room.ts'

/** A LAN connection that waits for its server. `address` is 16 bytes, IPv4 as ::ffff:a.b.c.d. */
export interface Intercepted {
  readonly fd: number
  readonly destination: { readonly address: Uint8Array; readonly port: number }
}

/** Listen for what the LAN opens; each connection is handed to `onConnection`, watched already. */
export function intercept(
  room: HouseRoom,
  port: number,
  onConnection: (lan: Intercepted) => void,
): void {
  const fd = openListener(
    {
      address: encodeSockaddr6(ANY, port),
      multipath: false,
      transparent: true,
      reusePort: false,
    },
    `port ${port} for captured connections`,
  )
  openDoor(room.loop, fd, (lan) => {
    const destination = originalDestination(lan)
    // Somebody spoke to this port itself: there is no server behind it, and we would call ourselves.
    if (destination === undefined || destination.port === port) resetAndClose(lan)
    else welcome(room, { fd: lan, destination }, onConnection)
  })
}

function welcome(
  room: HouseRoom,
  lan: Intercepted,
  onConnection: (lan: Intercepted) => void,
): void {
  const { count, loop, settings } = room
  const { idleS, intervalS, probes } = settings.keepalive
  keepAlive(lan.fd, idleS, intervalS, probes)
  noDelay(lan.fd)
  if (settings.lanCongestion !== undefined) setCongestion(lan.fd, settings.lanCongestion)
  if (loop.watch(lan.fd, UNCLAIMED) < 0) return resetAndClose(lan.fd)
  count[COUNT.flowsOpened]!++
  count[COUNT.flowsOpen]!++
  count[COUNT.descriptors] = loop.descriptors
  onConnection(lan)
}

/** Watches a connection until whoever asks for its server has taken it over, in the same turn. */
const UNCLAIMED: Watcher = { onReady() {}, onTurn() {} }

/** TPROXY leaves the destination that the LAN host named as the socket's own name. */
function originalDestination(fd: number): Intercepted['destination'] | undefined {
  return libc.getsockname(fd, NAME) < 0 ? undefined : decodeSockaddr(NAME)
}

const NAME = new Uint8Array(28)
const ANY = parseAddress('::')!
