/**
 * When the kernel asks the subflows of an uplink for a sign of life: rarely, for the questions wake LTE; and
 * before LTE's carrier forgets them, while LTE has been of use lately or is all that an uplink may use (ADR 0026).
 */
import { SERVICE_CLASSES, type ServiceClass } from '../../shared/core/service-class.ts'
import { keepAlive } from '../../shared/linux/sockets.ts'
import type { HouseRoom } from './room.ts'
import type { Uplink } from './uplink.ts'

/** Ask `uplink` as often as it takes; `serviceClass` is undefined while it waits in the pool. */
export function askForLife(
  { settings, board }: Pick<HouseRoom, 'board' | 'settings'>,
  { fd }: Pick<Uplink, 'fd'>,
  serviceClass: ServiceClass | undefined,
): void {
  const { lteIdleS, intervalS, probes } = settings.keepalive
  const kept = board.lteKept || serviceClass === 'lte-only'
  // What is asked early may be asked once more before it is too late.
  keepAlive(fd, kept ? lteIdleS : IDLE_S, kept ? Math.ceil(lteIdleS / 3) : intervalS, probes)
}

/** Follows the board: what was dialled before it changed is asked by what it says now. */
export class SignsOfLife {
  readonly #room: HouseRoom
  readonly #pooled: () => Iterable<Uplink>
  #kept: boolean

  constructor(room: HouseRoom, pooled: () => Iterable<Uplink>) {
    this.#room = room
    this.#pooled = pooled
    this.#kept = room.board.lteKept
  }

  /** The board may have changed. */
  look(): void {
    const { board, flows, table } = this.#room
    if (board.lteKept === this.#kept) return
    this.#kept = board.lteKept
    for (const uplink of this.#pooled()) askForLife(this.#room, uplink, undefined)
    for (const uplink of flows.values()) {
      if (uplink === undefined || uplink.row < 0) continue
      askForLife(this.#room, uplink, SERVICE_CLASSES[table.classOf(uplink.row)])
    }
  }
}

/** A concentrator that lost its power has said no farewell: a flow that only listens would stay for ever. */
const IDLE_S = 7_200
