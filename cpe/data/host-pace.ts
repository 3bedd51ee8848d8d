/**
 * How many connections of one LAN host ask the concentrator. It gives a home so many requests a second and so many that
 * are pending (RFC 8803 section 9.3), and whoever goes beyond is told to stop: a host that scans would take the bond
 * from the whole house for as long. What is too much goes out unbonded, to be answered by its server.
 */
import { TokenBuckets } from '../../shared/core/token-buckets.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { COUNT, type HouseRoom } from './room.ts'

export class HostPace {
  readonly #room: Pick<HouseRoom, 'count' | 'loop' | 'tell'>
  readonly #buckets = new TokenBuckets(HOSTS_MAX)
  readonly #perSecond: number
  #saidMs = -Infinity

  /** `workers`: with how many threads the pace is shared. */
  constructor(room: Pick<HouseRoom, 'count' | 'loop' | 'tell'>, workers: number) {
    this.#room = room
    this.#perSecond = Math.ceil(CONNECTS_PER_S_MAX / workers)
  }

  /** A connection of this host, by its 16 bytes, begins: whether the concentrator may be asked for it. */
  begins(host: Uint8Array): boolean {
    const { count, loop, tell } = this.#room
    const name = Buffer.from(host).toString('latin1')
    if (this.#buckets.spend(name, this.#perSecond, loop.nowMs)) return true
    count[COUNT.hostsOver]!++
    if (loop.nowMs - this.#saidMs < SAY_MS) return false
    this.#saidMs = loop.nowMs
    const why = `${formatAddress(host)} opens more than ${CONNECTS_PER_S_MAX} connections a second; what is more goes out unbonded`
    tell({ event: 'refused', why })
    return false
  }
}

/** Of one host, each second; two seconds' worth may come at once. Less than half of what a home has by default. */
const CONNECTS_PER_S_MAX = 200
/** The one that was quiet for longest is forgotten for a newcomer. */
const HOSTS_MAX = 1_024
/** One line a minute, whatever hosts do. */
const SAY_MS = 60_000
