/**
 * How many connections of one LAN host ask the concentrator. It gives a home so many requests a second and so many that
 * are pending (RFC 8803 section 9.3), and whoever goes beyond is told to stop: a host that scans would take the bond
 * from the whole house for as long. What is too much goes out unbonded, to be answered by its server (ADR 0058).
 *
 * What never asks (class bypass, the tunnel) costs nothing, and what a rule keeps to one line is not sent to another.
 */
import type { Traffic } from '../../shared/core/class-rules.ts'
import { linesOf } from '../../shared/core/service-class.ts'
import { TokenBuckets } from '../../shared/core/token-buckets.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { Judged } from './classifier.ts'
import { COUNT, type HouseRoom } from './room.ts'

type PaceRoom = Pick<HouseRoom, 'board' | 'count' | 'loop' | 'settings' | 'tell'>

export class HostPace {
  readonly #room: PaceRoom
  readonly #buckets = new TokenBuckets(HOSTS_MAX)
  readonly #perSecond: number
  #saidMs = -Infinity

  /** `workers`: with how many threads the pace is shared. */
  constructor(room: PaceRoom, workers: number) {
    this.#room = room
    this.#perSecond = Math.ceil(CONNECTS_PER_S_MAX / workers)
  }

  /** A connection begins, while the concentrator serves: whether it may go the way that it would. */
  begins({ source: host }: Traffic, { serviceClass, carry }: Judged): boolean {
    const { board, count, loop, settings } = this.#room
    if (host === undefined) return true
    const asks = serviceClass !== 'bypass' && !(carry === 'tunnel' && settings.tunnel)
    if (!asks || linesOf(serviceClass, board.quicker).length === 1) return true
    const name = Buffer.from(host).toString('latin1')
    if (this.#buckets.spend(name, this.#perSecond, loop.nowMs)) return true
    count[COUNT.hostsOver]!++
    this.#say(host)
    return false
  }

  #say(host: Uint8Array): void {
    const { loop, tell } = this.#room
    if (loop.nowMs - this.#saidMs < SAY_MS) return
    this.#saidMs = loop.nowMs
    const why = `${formatAddress(host)} opens more than ${CONNECTS_PER_S_MAX} connections a second; what is more goes out unbonded`
    tell({ event: 'refused', why })
  }
}

/** Of one address, each second; two seconds' worth may come at once. Less than half of what a home has by default. */
const CONNECTS_PER_S_MAX = 200
/** The one that was quiet for longest is forgotten for a newcomer. */
const HOSTS_MAX = 1_024
/** One line a minute of each data thread, whatever hosts do. */
const SAY_MS = 60_000
