/**
 * What is said to the kernel about a subflow that stands: its priority, and that it shall end. Answers are counted;
 * whether it came about is seen at the next look.
 */
import type { KnownConnection, KnownSubflow } from './connections.ts'
import { endsOf } from './connections.ts'
import type { PathCounts } from './path-counts.ts'
import type { MptcpKernel } from './path-manager.ts'

export class SubflowCommands {
  /** Since the round began; the path manager says when. */
  issued = 0
  readonly #kernel: Pick<MptcpKernel, 'removeAddress' | 'setBackup' | 'subflowDestroy'>
  readonly #counts: PathCounts

  constructor(
    kernel: Pick<MptcpKernel, 'removeAddress' | 'setBackup' | 'subflowDestroy'>,
    counts: PathCounts,
  ) {
    this.#kernel = kernel
    this.#counts = counts
  }

  /** Say which priority the subflow has. MP_PRIO may get lost and is not acknowledged: say it again. */
  tell(known: KnownConnection, subflow: KnownSubflow, nowMs: number): void {
    const { local, remote, backup } = subflow
    this.issued += 1
    const result = this.#kernel.setBackup(known.token, local, remote, backup)
    if (result < 0) this.#counts.refusedBy(result)
    else this.#counts.prioritised += 1
    const pauseMs = TELL_AGAIN_MS[subflow.toldTimes]
    subflow.toldTimes += 1
    subflow.tellMs = pauseMs === undefined ? Infinity : nowMs + pauseMs
  }

  remove(known: KnownConnection, subflow: KnownSubflow): void {
    this.issued += 2
    known.subflows.delete(endsOf(subflow))
    // Its successor has the same address, and so the same id.
    const shared = [...known.subflows.values()].some(({ localId }) => localId === subflow.localId)
    const told = shared ? 0 : this.#kernel.removeAddress(known.token, subflow.localId)
    const ended = this.#kernel.subflowDestroy(known.token, subflow.local, subflow.remote)
    // ESRCH: REMOVE has already ended it.
    if (told < 0) this.#counts.refusedBy(told)
    if (ended < 0 && ended !== -ESRCH) this.#counts.refusedBy(ended)
    this.#counts.removed += 1
  }
}

/** Pauses after which a changed flag is told again: three losses in a row are left to the next change. */
const TELL_AGAIN_MS: readonly number[] = [250, 1_000]
const ESRCH = 3
