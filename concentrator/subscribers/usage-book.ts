/**
 * Whose bytes a tracked connection's are: from its two ends to a subscriber and a leg (ADR 0037).
 *
 *    events of mptcp_pm ─▶ which connection, and which address id, a subflow's end stands for
 *    identities         ─▶ whose connection that is, as its cookie told, and where it began
 *
 * The tracker goes on for two minutes after a subflow has ended, and so does this book.
 */
import { LEG_NUMBER, legOfAddressId } from '../../shared/core/leg.ts'
import type { Owner, Tie } from '../../shared/core/tie.ts'
import { SHARED } from '../../shared/core/tie.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { DiagnosedSubflow } from '../../shared/wire/inet-diag.ts'
import type { Endpoint, MptcpEvent } from '../../shared/wire/mptcp-pm.ts'
import type { SubflowListener } from './doorkeeper.ts'

export class UsageBook implements SubflowListener {
  readonly stale = false
  readonly #identity: (token: number) => Tie | undefined
  readonly #whose: (address: Uint8Array) => Owner | undefined
  /** By the peer's address and port, in the order in which they came. */
  readonly #subflows = new Map<string, Subflow>()

  /** `whose` is asked where no cookie has told. */
  constructor(
    identity: (token: number) => Tie | undefined,
    whose: (address: Uint8Array) => Owner | undefined,
  ) {
    this.#identity = identity
    this.#whose = whose
  }

  hear(event: MptcpEvent): void {
    switch (event.type) {
      case 'created':
      case 'established':
        return this.#add(event.token, event.remote, 0)
      case 'subflowEstablished':
        return this.#add(event.token, event.remote, event.remoteId)
      default:
        return
    }
  }

  resync(subflows: readonly DiagnosedSubflow[]): void {
    for (const { token, remote, remoteId, joined } of subflows) {
      this.#add(token, remote, joined ? remoteId : 0)
    }
  }

  turn(): void {}

  /** Whose, and on which leg; undefined where nothing tells. */
  ownerOf(peer: Endpoint): Tie | undefined {
    const known = this.#subflows.get(keyOf(peer))
    const told = known === undefined ? undefined : this.#identity(known.token)
    const tied = this.#whose(peer.address)
    const tie = tied === SHARED ? undefined : tied
    const subscriber = told?.subscriber ?? tie?.subscriber
    if (subscriber === undefined) return undefined
    const joined = known === undefined ? undefined : legOfAddressId(known.remoteId)
    const began = told?.leg === 0 ? undefined : told?.leg
    const leg = joined === undefined ? (began ?? tie?.leg) : LEG_NUMBER[joined]
    return leg === undefined ? undefined : { subscriber, leg }
  }

  /** The tracker has forgotten it. */
  forget(peer: Endpoint): void {
    this.#subflows.delete(keyOf(peer))
  }

  #add(token: number, peer: Endpoint, remoteId: number): void {
    const key = keyOf(peer)
    // A port that comes again is another connection's.
    this.#subflows.delete(key)
    this.#subflows.set(key, { token, remoteId })
    const [oldest] = this.#subflows.keys()
    if (this.#subflows.size > SUBFLOWS_MAX && oldest !== undefined) this.#subflows.delete(oldest)
  }
}

interface Subflow {
  readonly token: number
  readonly remoteId: number
}

function keyOf({ address, port }: Endpoint): string {
  return `${formatAddress(address)}#${port}`
}

/** Beyond it the bytes of the oldest are told by their address alone. */
const SUBFLOWS_MAX = 400_000
