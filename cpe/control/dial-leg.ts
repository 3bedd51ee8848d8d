/**
 * A connection of the agent's own to the concentrator: MPTCP that begins on a leg, as Node's socket.
 */
import { Socket } from 'node:net'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { LegName } from '../../shared/core/leg.ts'
import { MARK } from '../../shared/core/marks.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { dialSocket } from '../../shared/linux/sockets.ts'
import type { BoardLeg } from '../../shared/relay/leg-board.ts'
import { isIpv4, knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'

export interface DialledLeg {
  readonly fd: number
  /** Connecting. */
  readonly raw: Socket
}

/** Throws a sentence where there is no way. */
export function dialLeg(
  { concentrator, legs }: Pick<CpeConfig, 'concentrator' | 'legs'>,
  leg: LegName,
  own: Pick<BoardLeg, 'address4' | 'address6'>,
  port: number,
  congestion: string | undefined,
): DialledLeg {
  const way = concentrator.addresses
    .map((text) => ({ text, address: knownAddress(text) }))
    .map(({ text, address }) => ({ text, from: isIpv4(address) ? own.address4 : own.address6 }))
    .find(({ from }) => from !== undefined)
  if (way?.from === undefined) throw new Error(`${leg} has no address for the concentrator`)

  const fd = dialSocket({
    multipath: true,
    mark: MARK.own,
    from: { device: legs[leg].interface, address: encodeSockaddr6(way.from, 0) },
    congestion,
  })
  if (fd < 0) throw new Error(`a socket over ${leg}: ${errnoName(fd)}`)
  // It is Node's from here on. One that has not connected must not connect again: it would be plain TCP.
  const raw = new Socket({ fd, readable: true, writable: true })
  raw.connect({
    host: way.text.includes(':') ? way.text : `::ffff:${way.text}`,
    port,
    autoSelectFamily: false,
  })
  return { fd, raw }
}
