/**
 * The MPTCP connections to the concentrator, and the subflows that each has now.
 *
 * Events keep it up to date; the kernel's own list (inet-diag) puts it right when events were lost. Other
 * MPTCP connections of this machine are none of our business.
 */

import { formatAddress } from '../../shared/wire/address.ts'
import type { DiagnosedSubflow } from '../../shared/wire/inet-diag.ts'
import { TcpState } from '../../shared/wire/inet-diag.ts'
import type { Endpoint, MptcpEvent, SubflowEvent } from '../../shared/wire/mptcp-pm.ts'

export interface KnownSubflow {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** 0 for the one the connection began with. */
  readonly localId: number
  readonly sinceMs: number
  /** When something last came in by it, as far as we know: the kernel's list says it. */
  heardMs: number
  /** What we asked for. */
  backup: boolean
  /** How often the peer was told a changed flag, and when to tell it again; Infinity: not at all. */
  toldTimes: number
  tellMs: number
}

export interface KnownConnection {
  readonly token: number
  /** By its two ends, as text. */
  readonly subflows: Map<string, KnownSubflow>
  /** The concentrator's port that it was opened to: joins go there too. */
  readonly port: number
  /** Local address, as text, of where it began; undefined when we did not see it begin. */
  readonly first: string | undefined
  /** Whether the join we last began from an address, as text, shall be a backup. */
  readonly asked: Map<string, boolean>
  /** Subflows that ended without our doing, since the path manager last looked. */
  readonly ended: Array<{ readonly address: string; readonly livedMs: number }>
  /** Something changed since the path manager last looked. */
  changed: boolean
}

export class Connections {
  readonly #known = new Map<number, KnownConnection>()
  readonly #remote: (remote: Endpoint) => boolean

  /** `isConcentrator` tells our connections by their other end. */
  constructor(isConcentrator: (remote: Endpoint) => boolean) {
    this.#remote = isConcentrator
  }

  get(token: number): KnownConnection | undefined {
    return this.#known.get(token)
  }

  get size(): number {
    return this.#known.size
  }

  forget(token: number): void {
    this.#known.delete(token)
  }

  /** True when a connection of ours has changed. */
  hear(event: MptcpEvent, nowMs: number): boolean {
    const known = this.#known.get(event.token)
    switch (event.type) {
      case 'established': {
        if (event.serverSide || !this.#remote(event.remote)) return false
        // One without subflows was met by a resync in the middle of its handshake.
        if (known !== undefined && known.subflows.size > 0) return false
        const first = formatAddress(event.local.address)
        const { local, remote } = event
        const begun = newConnection(event.token, event.remote.port, first)
        begun.subflows.set(endsOf(event), {
          local,
          remote,
          localId: 0,
          sinceMs: nowMs,
          heardMs: nowMs,
          ...NOTHING_TOLD,
          backup: false,
        })
        this.#known.set(event.token, begun)
        return true
      }
      case 'closed':
        return this.#known.delete(event.token)
      case 'subflowEstablished':
        if (known === undefined) return false
        joined(known, event, nowMs)
        return true
      case 'subflowClosed':
        if (known === undefined) return false
        ended(known, event, nowMs)
        return true
      default:
        return false
    }
  }

  /**
   * Take the kernel's list for the truth. What is only on its way there does not count yet. It does not
   * show a connection that has lost all subflows, but one that `isOpen` may still be given new ones.
   */
  resync(
    subflows: readonly DiagnosedSubflow[],
    isOpen: (token: number) => boolean,
    nowMs: number,
  ): void {
    const truth = new Map<number, Map<string, KnownSubflow>>()
    const ports = new Map<number, number>()
    const firsts = new Map<number, string>()
    for (const subflow of subflows) {
      if (!subflow.opened || !this.#remote(subflow.remote)) continue
      const standing = truth.get(subflow.token) ?? new Map<string, KnownSubflow>()
      truth.set(subflow.token, standing)
      ports.set(subflow.token, subflow.remote.port)
      if (!CARRIES.has(subflow.state)) continue
      const { local, remote, localId, backup } = subflow
      const before = this.#known.get(subflow.token)?.subflows.get(endsOf(subflow))
      const since = before ?? { sinceMs: nowMs, ...NOTHING_TOLD }
      const heardMs = nowMs - subflow.silentMs
      if (before !== undefined) before.heardMs = heardMs
      standing.set(endsOf(subflow), { ...since, heardMs, local, remote, localId, backup })
      if (!subflow.joined) firsts.set(subflow.token, formatAddress(local.address))
    }
    for (const token of this.#known.keys()) {
      if (truth.has(token)) continue
      if (isOpen(token)) truth.set(token, new Map())
      else this.#known.delete(token)
    }
    for (const [token, standing] of truth) {
      const port = ports.get(token) ?? 0
      const known = this.#known.get(token) ?? newConnection(token, port, firsts.get(token))
      this.#known.set(token, known)
      if (sameSubflows(known.subflows, standing)) continue
      known.subflows.clear()
      for (const [ends, subflow] of standing) known.subflows.set(ends, subflow)
      known.changed = true
    }
  }
}

function newConnection(token: number, port: number, first: string | undefined): KnownConnection {
  return { token, port, subflows: new Map(), first, asked: new Map(), ended: [], changed: true }
}

function joined(known: KnownConnection, event: SubflowEvent, nowMs: number): void {
  const { local, remote, localId } = event
  const ends = endsOf(event)
  known.changed = true
  // Its `backup` is what the peer asked for; ours is known from what we did.
  if (known.subflows.has(ends)) return
  const backup = known.asked.get(formatAddress(local.address)) ?? false
  const since = { sinceMs: nowMs, heardMs: nowMs, ...NOTHING_TOLD }
  known.subflows.set(ends, { local, remote, localId, ...since, backup })
}

function ended(known: KnownConnection, event: SubflowEvent, nowMs: number): void {
  const ends = endsOf(event)
  const subflow = known.subflows.get(ends)
  known.subflows.delete(ends)
  known.changed = true
  const livedMs = subflow === undefined ? 0 : nowMs - subflow.sinceMs
  known.ended.push({ address: formatAddress(event.local.address), livedMs })
  if (known.ended.length > ENDED_MAX) known.ended.shift()
}

/** The two ends of a subflow, as one key. */
export function endsOf({ local, remote }: { local: Endpoint; remote: Endpoint }): string {
  return `${nameOf(local)} ${nameOf(remote)}`
}

/** One end, as text. */
export function nameOf({ address, port }: Endpoint): string {
  return `${formatAddress(address)}#${port}`
}

/** The same ones with the same flags. */
function sameSubflows(
  one: ReadonlyMap<string, KnownSubflow>,
  other: ReadonlyMap<string, KnownSubflow>,
): boolean {
  if (one.size !== other.size) return false
  for (const [key, { backup }] of one) if (other.get(key)?.backup !== backup) return false
  return true
}

const NOTHING_TOLD = { toldTimes: 0, tellMs: Infinity }
/** A subflow in any other state is not there yet, or on its way out. */
const CARRIES: ReadonlySet<number> = new Set([TcpState.established, TcpState.closeWait])
/** Between two looks of the path manager. */
const ENDED_MAX = 8
