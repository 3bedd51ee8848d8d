/**
 * Keeps what LTE carries of a connection within its cap: reads the kernel's list of subflows now and then, while
 * there is a cap and somebody whom it is for, and says what becomes of each connection (core/lte-guard.ts).
 */
import type { Policy } from '../../shared/config/policy.ts'
import { type GuardPolicy, guard, LteBytes } from '../../shared/core/lte-guard.ts'
import type { ServiceClass } from '../../shared/core/service-class.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { DiagnosedSubflow } from '../../shared/wire/inet-diag.ts'
import { endsOf } from './connections.ts'
import type { ClassesInUse } from './leg-qualities.ts'
import type { PathLeg } from './path-legs.ts'

export interface GuardedClasses {
  readonly classes: Pick<Policy['classes'], 'lteCap'>
}

export interface GuardedHome {
  /** All subflows of this machine. */
  readonly dump: () => readonly DiagnosedSubflow[]
  readonly flows: () => Iterable<{ readonly token: number; readonly serviceClass: ServiceClass }>
  readonly classesInUse: () => ClassesInUse
  /** The connection of that token shall be reset. */
  readonly reset: (token: number) => void
  readonly roaming: () => boolean
}

export class LteGuard {
  readonly #home: GuardedHome
  readonly #spent = new LteBytes()
  /** Connections that were to be reset since the start. */
  #resets = 0
  #policy: GuardPolicy
  #lookedMs = -Infinity

  constructor({ classes }: GuardedClasses, home: GuardedHome) {
    this.#policy = policyOf(classes)
    this.#home = home
  }

  get resets(): number {
    return this.#resets
  }

  /** Judge by this from now on. What has been counted stays. */
  adopt({ classes }: GuardedClasses): void {
    this.#policy = policyOf(classes)
  }

  /** Count, and have those reset that shall begin anew. True when it was counted. */
  look(lte: PathLeg, nowMs: number): boolean {
    if (this.#policy.maxBytes === undefined || nowMs - this.#lookedMs < LOOK_MS) return false
    const { interactive, handover } = this.#home.classesInUse()
    if (!interactive && !handover) return false
    this.#lookedMs = nowMs
    this.#count(lte)
    for (const { token, serviceClass } of this.#home.flows()) {
      if (this.of(token, serviceClass) !== 'reset') continue
      this.#resets++
      this.#home.reset(token)
    }
    return true
  }

  readonly of = (token: number, serviceClass: ServiceClass): 'free' | 'back' | 'reset' =>
    guard(serviceClass, this.#spent.of(token), this.#policy, this.#home.roaming())

  #count(lte: PathLeg): void {
    const addresses = [lte.address4, lte.address6].map((one) => one && formatAddress(one))
    const all = this.#home.dump()
    const open = new Set(all.map(({ token }) => token))
    this.#spent.keep((token) => open.has(token))
    const onLte = all.filter(({ local }) => addresses.includes(formatAddress(local.address)))
    this.#spent.see(
      onLte.map((subflow) => {
        const { bytesAcked, bytesReceived } = subflow.tcpInfo
        return { token: subflow.token, ends: endsOf(subflow), bytes: bytesAcked + bytesReceived }
      }),
    )
  }
}

function policyOf({
  lteCap: { megabytes, atCap },
}: Pick<Policy['classes'], 'lteCap'>): GuardPolicy {
  return { maxBytes: megabytes === undefined ? undefined : megabytes * 1e6, atCap }
}

/** An LTE of 100 Mbit/s carries 12 MB more than the cap meanwhile. */
const LOOK_MS = 1_000
