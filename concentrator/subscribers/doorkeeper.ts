/**
 * The concentrator's half of path management: it lets joins in, and not too many.
 *
 * The kernel accepts a join only while somebody in its namespace listens to `mptcp_pm_events`, so
 * this must stand before the first home comes. The CPE decides which subflows there are (ADR 0007);
 * here a connection that has more than its share loses the newest, and what joins from where its home's
 * leg does not come from is destroyed (join-judge.ts).
 */
import { setInterval } from 'node:timers/promises'
import { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { dumpSubflows } from '../../shared/linux/subflows.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { DiagnosedSubflow } from '../../shared/wire/inet-diag.ts'
import type { Endpoint, MptcpEvent, SubflowEvent } from '../../shared/wire/mptcp-pm.ts'
import type { JoinJudge } from './join-judge.ts'

/** What the keeper has seen since the start. */
export interface JoinCounts {
  joins: number
  joinsRefused: number
  /** From where their home does not come from. */
  joinsStray: number
  resyncs: number
}

/** The part of the kernel that the keeper needs; a test paints it. */
export type SubflowEnder = Pick<MptcpPathManager, 'subflowDestroy'>

export class Doorkeeper {
  readonly counts: JoinCounts = { joins: 0, joinsRefused: 0, joinsStray: 0, resyncs: 0 }
  readonly #kernel: SubflowEnder
  readonly #subflowsMax: number
  readonly #judge: JoinJudge
  readonly #stray: (join: Join) => void
  /** Joins of whom nobody knows yet: a session's home proves itself when its legs have joined. */
  #unknown: Join[] = []
  /** Joined subflows by token, each by its two ends. The first subflow is not among them. */
  readonly #joined = new Map<number, Set<string>>()
  #tokensAfterResync = 0

  /** `stray` hears of each that was destroyed for where it came from. */
  constructor(
    kernel: SubflowEnder,
    subflowsMax: number,
    judge: JoinJudge,
    stray: (join: Join) => void,
  ) {
    this.#kernel = kernel
    this.#subflowsMax = subflowsMax
    this.#judge = judge
    this.#stray = stray
  }

  hear(event: MptcpEvent): void {
    switch (event.type) {
      case 'subflowEstablished':
        return this.#joinedBy(event)
      case 'subflowClosed':
        this.#joined.get(event.token)?.delete(endsOf(event))
        return
      case 'closed':
        this.#joined.delete(event.token)
        return
      default:
        return
    }
  }

  /**
   * The table holds more than it can account for: a connection that its peer resets ends without an
   * event, and only the kernel's list tells.
   */
  get stale(): boolean {
    return this.#joined.size > 2 * this.#tokensAfterResync + TOKENS_SPARE
  }

  /** Events were lost, or the table is stale: the kernel's list is the truth. */
  resync(subflows: readonly Join[]): void {
    this.counts.resyncs++
    this.#joined.clear()
    for (const { token, local, remote } of subflows) {
      this.#remember(token, endsOf({ local, remote }))
    }
    this.#tokensAfterResync = this.#joined.size
    this.#unknown = []
    for (const join of subflows) this.#look(join)
  }

  /** Look again at joins of whom nobody knew. */
  turn(): void {
    if (this.#unknown.length === 0) return
    const before = this.#unknown
    this.#unknown = []
    for (const join of before) if (this.#joined.has(join.token)) this.#look(join)
  }

  #joinedBy(event: SubflowEvent): void {
    this.counts.joins++
    const joined = this.#remember(event.token, endsOf(event))
    if (joined.size + 1 <= this.#subflowsMax) return this.#look(event)
    this.counts.joinsRefused++
    joined.delete(endsOf(event))
    this.#kernel.subflowDestroy(event.token, event.local, event.remote)
  }

  #look(join: Join): void {
    const verdict = this.#judge(join.token, join.remoteId, join.remote.address)
    if (verdict === 'own') return
    if (verdict === 'unknown') {
      // Beyond that the oldest stays: it can do nothing for anybody before its home has shown a cookie.
      if (this.#unknown.push(join) > UNKNOWN_MAX) this.#unknown.shift()
      return
    }
    this.counts.joinsStray++
    this.#joined.get(join.token)?.delete(endsOf(join))
    this.#kernel.subflowDestroy(join.token, join.local, join.remote)
    this.#stray(join)
  }

  #remember(token: number, ends: string): Set<string> {
    const joined = this.#joined.get(token) ?? new Set()
    this.#joined.set(token, joined)
    return joined.add(ends)
  }
}

/** A subflow that has joined. */
export type Join = Pick<SubflowEvent, 'token' | 'local' | 'remote' | 'remoteId'>

/** Who else wants to know which subflows there are. */
export interface SubflowListener {
  hear(event: MptcpEvent): void
  /** Its table holds more than it can account for. */
  readonly stale: boolean
  /** Events were lost, or a table is stale: the kernel's list is the truth. */
  resync(subflows: readonly DiagnosedSubflow[]): void
  /** All that there was to hear has been heard. */
  turn(): void
}

export interface Door extends AsyncDisposable {
  readonly counts: JoinCounts
  /** Rejects when the kernel's events can no longer be heard: no home could join any more. */
  readonly death: Promise<never>
}

/** Keep the door of this network namespace until disposed of. */
export function keepDoor(
  subflowsMax: number,
  judge: JoinJudge,
  stray: (join: Join) => void,
  listener?: SubflowListener,
): Door {
  const manager = new MptcpPathManager()
  const diagnosis = new NetlinkSocket(Netlink.diagnosis)
  const keeper = new Doorkeeper(manager, subflowsMax, judge, stray)
  const stop = new AbortController()
  const watching = watch()

  async function watch(): Promise<void> {
    for await (const _ of setInterval(DRAIN_MS, undefined, { signal: stop.signal })) {
      const health = manager.drain((event) => {
        keeper.hear(event)
        listener?.hear(event)
      })
      if (health === 'lost' || keeper.stale || listener?.stale === true) {
        const subflows = dumpSubflows(diagnosis)
        keeper.resync(subflows.filter(({ joined }) => joined))
        listener?.resync(subflows)
      }
      keeper.turn()
      listener?.turn()
    }
  }
  const death = watching.then(() => new Promise<never>(() => undefined))
  // Who awaits it hears of it; disposing aborts it, which nobody needs to hear.
  death.catch(() => undefined)
  return {
    counts: keeper.counts,
    death,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await watching.catch(() => undefined)
      manager[Symbol.dispose]()
      diagnosis[Symbol.dispose]()
    },
  }
}

function endsOf({ local, remote }: { local: Endpoint; remote: Endpoint }): string {
  return `${nameOf(local)} ${nameOf(remote)}`
}

function nameOf({ address, port }: Endpoint): string {
  return `${formatAddress(address)}#${port}`
}

/** A join over the limit lives this long at most. */
const DRAIN_MS = 50
const TOKENS_SPARE = 10_000
const UNKNOWN_MAX = 4_096
