/**
 * Which class each subflow's packets leave by: from what is heard of subflows, and whose their addresses
 * are, to elements of a map.
 *
 *    leg          a join's address id says it, the first subflow's address
 *    subscriber   the address says it; where it is shared, the connection's other subflows
 *
 * What is neither said is asked again every second, for a home's probe may tell later. Until then, and
 * for whom nothing is capped, packets leave unshaped.
 */
import { LEG_NUMBER, legOfAddressId } from '../../shared/core/leg.ts'
import { type Owner, SHARED } from '../../shared/core/tie.ts'
import type { Classed } from '../../shared/linux/class-maps.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { Endpoint, MptcpEvent } from '../../shared/wire/mptcp-pm.ts'

export interface LegClassesParts {
  readonly whose: (address: Uint8Array) => Owner | undefined
  /** The class of a subscriber's leg, by LEG_NUMBER; undefined where it is not capped. */
  readonly classOf: (subscriber: number, leg: number) => number | undefined
}

/** What must change for the map to say what it should. */
export interface ClassChanges {
  readonly remove: readonly Endpoint[]
  readonly add: readonly Classed[]
}

export class LegClasses {
  readonly #parts: LegClassesParts
  /** By the peer's address and port. */
  readonly #subflows = new Map<string, Subflow>()
  readonly #connections = new Map<number, Connection>()
  /** To be looked at in the next `changes`. */
  readonly #touched = new Set<string>()
  readonly #unknown = new Set<string>()
  /** Connections whose program has closed, in that order; what they had to say may still be leaving. */
  readonly #closing = new Map<number, number>()
  /** What the map holds. */
  readonly #applied = new Map<string, Classed>()
  #askedMs = -Infinity
  #sizeAfterResync = 0

  constructor(parts: LegClassesParts) {
    this.#parts = parts
  }

  hear(event: MptcpEvent, nowMs: number): void {
    switch (event.type) {
      case 'created':
      case 'established':
        return this.#add(event.token, event.remote, 0)
      case 'subflowEstablished':
        return this.#add(event.token, event.remote, event.remoteId)
      case 'subflowClosed':
        return this.#remove(keyOf(event.remote), event.token)
      case 'closed':
        this.#closing.set(event.token, nowMs)
        return
      default:
        return
    }
  }

  /** Far more than after the last look at the kernel's list: some have ended without a word. */
  get stale(): boolean {
    return this.#subflows.size > 2 * this.#sizeAfterResync + SUBFLOWS_SPARE
  }

  /** The kernel's list is the truth. */
  resync(subflows: ReadonlyArray<{ token: number; remote: Endpoint; remoteId: number }>): void {
    const there = new Set(subflows.map(({ remote }) => keyOf(remote)))
    for (const [key, { token }] of this.#subflows) if (!there.has(key)) this.#remove(key, token)
    for (const { token, remote, remoteId } of subflows) this.#add(token, remote, remoteId)
    this.#sizeAfterResync = this.#subflows.size
  }

  /** The caps of that home are others: its subflows are to be looked at. */
  lookAgain(subscriber: number): void {
    for (const connection of this.#connections.values()) {
      if (connection.subscriber !== subscriber) continue
      for (const key of connection.keys) this.#touched.add(key)
    }
  }

  /** What has changed since the last call, taken as done; undefined when nothing has. */
  changes(nowMs: number): ClassChanges | undefined {
    for (const [token, closedMs] of this.#closing) {
      if (nowMs - closedMs < LINGER_MS) break
      this.#forget(token)
    }
    if (nowMs - this.#askedMs >= ASK_MS) {
      this.#askedMs = nowMs
      for (const key of this.#unknown) this.#touched.add(key)
    }
    const remove: Endpoint[] = []
    const add: Classed[] = []
    // Whose one subflow is may say whose another is: the set grows while we walk it.
    for (const key of this.#touched) {
      this.#touched.delete(key)
      const handle = this.#classOf(key)
      const before = this.#applied.get(key)
      if (before?.handle === handle) continue
      if (before !== undefined) remove.push(before.peer)
      this.#applied.delete(key)
      const peer = this.#subflows.get(key)?.peer
      if (handle === undefined || peer === undefined) continue
      this.#applied.set(key, { peer, handle })
      add.push({ peer, handle })
    }
    return remove.length + add.length === 0 ? undefined : { remove, add }
  }

  /** Everything that the map should hold. */
  all(): Classed[] {
    return [...this.#applied.values()]
  }

  #classOf(key: string): number | undefined {
    this.#unknown.delete(key)
    const subflow = this.#subflows.get(key)
    if (subflow === undefined) return undefined
    const connection = this.#connections.get(subflow.token)
    const owner = this.#parts.whose(subflow.peer.address)
    const tie = owner === SHARED ? undefined : owner
    if (tie !== undefined && connection !== undefined) this.#learn(connection, tie.subscriber)

    const subscriber = tie?.subscriber ?? connection?.subscriber
    const joined = legOfAddressId(subflow.remoteId)
    const leg = joined === undefined ? tie?.leg : LEG_NUMBER[joined]
    if (subscriber !== undefined && leg !== undefined) return this.#parts.classOf(subscriber, leg)
    this.#unknown.add(key)
    return undefined
  }

  #learn(connection: Connection, subscriber: number): void {
    if (connection.subscriber === subscriber) return
    connection.subscriber = subscriber
    for (const key of connection.keys) if (this.#unknown.has(key)) this.#touched.add(key)
  }

  #add(token: number, peer: Endpoint, remoteId: number): void {
    const key = keyOf(peer)
    const before = this.#subflows.get(key)
    if (before?.token === token && before.remoteId === remoteId) return
    if (before === undefined && this.#subflows.size >= SUBFLOWS_MAX) return
    if (before !== undefined) this.#remove(key, before.token)
    const connection = this.#connections.get(token) ?? { subscriber: undefined, keys: new Set() }
    this.#connections.set(token, connection)
    connection.keys.add(key)
    this.#subflows.set(key, { peer, token, remoteId })
    this.#touched.add(key)
  }

  /** Only what is still that connection's: the peer may have taken the port for another. */
  #remove(key: string, token: number): void {
    if (this.#subflows.get(key)?.token !== token) return
    this.#subflows.delete(key)
    this.#touched.add(key)
    const connection = this.#connections.get(token)
    connection?.keys.delete(key)
    if (connection?.keys.size === 0) this.#connections.delete(token)
  }

  #forget(token: number): void {
    this.#closing.delete(token)
    for (const key of this.#connections.get(token)?.keys ?? []) this.#remove(key, token)
  }
}

interface Subflow {
  readonly peer: Endpoint
  readonly token: number
  readonly remoteId: number
}

interface Connection {
  subscriber: number | undefined
  readonly keys: Set<string>
}

function keyOf({ address, port }: Endpoint): string {
  return `${formatAddress(address)}#${port}`
}

/** Beyond it subflows leave unshaped. */
const SUBFLOWS_MAX = 200_000
const SUBFLOWS_SPARE = 1_000
/** What a closed connection had in its queues has left by then, or its home has gone. */
const LINGER_MS = 10_000
const ASK_MS = 1_000
