/**
 * Flows on plain TCP, unbonded or fallen back, cannot leave the address they began from. When the line has
 * another one they would be silent for minutes: a reset tells both ends at once.
 */
import { LEGS } from '../../shared/core/leg.ts'
import * as libc from '../../shared/linux/libc.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import type { HouseRoom } from './room.ts'

/** Remembers the addresses of the legs between two looks. */
export class Stranded {
  readonly #room: HouseRoom
  #addresses: ReadonlySet<string> = new Set()

  constructor(room: HouseRoom) {
    this.#room = room
  }

  /** The legs changed: reset what stands on an address that no leg has any more. */
  end(): void {
    const addresses = addressesOf(this.#room.board)
    const gone = [...this.#addresses].some((address) => !addresses.has(address))
    const before = this.#addresses
    this.#addresses = addresses
    if (!gone) return
    for (const [flow, uplink] of this.#room.flows) {
      if (uplink?.plain === false) continue
      const own = ownAddress(flow.a2b.to)
      if (before.has(own) && !addresses.has(own)) flow.reset()
    }
  }
}

function addressesOf(board: LegBoard): Set<string> {
  const addresses = LEGS.flatMap((leg) => [board.leg(leg).address4, board.leg(leg).address6])
  return new Set(addresses.filter((one) => one !== undefined).map(formatAddress))
}

function ownAddress(fd: number): string {
  const name = libc.getsockname(fd, NAME) < 0 ? undefined : decodeSockaddr(NAME)
  return name === undefined ? '' : formatAddress(name.address)
}

const NAME = new Uint8Array(28)
