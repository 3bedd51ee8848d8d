/**
 * A line as the main thread sees it: start its thread, read and change its cells, stop it.
 */
import { Worker } from 'node:worker_threads'
import { must } from '../../shared/linux/errors.ts'
import { close, eventfd, write } from '../../shared/linux/libc.ts'
import { LineCells, type LineCounts, type LineState } from './line-cells.ts'
import { changed, type LineChange, type LineSpec } from './line-spec.ts'
import type { LineWork } from './line-worker.ts'

export interface LineStatus extends LineState, LineCounts {
  /** Packets get through: carrier, and not silent. */
  readonly up: boolean
  /** When the counters were taken, on the line's monotonic clock. */
  readonly atUs: number
}

export interface LineThread extends AsyncDisposable {
  status(): LineStatus
  /** Resolves when the change is in force. */
  change(change: LineChange): Promise<void>
  /** Rejects when the thread dies, resolves when it was told to stop. */
  readonly ended: Promise<void>
}

/** Resolves when both ends are open. Rejects with the kernel's reason when one cannot be. */
export async function startLine(name: string, spec: LineSpec): Promise<LineThread> {
  const cells = new LineCells()
  cells.want({ ...spec.params, carrier: true, silent: false, strip: 'off' })
  const wake = must(eventfd(), 'make an eventfd', 'eventfd')
  const workerData: LineWork = { spec, memory: cells.memory, wake }
  const worker = new Worker(new URL('./line-worker.ts', import.meta.url), { workerData })

  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', (cause: Error) =>
      reject(new Error(`Cannot run line ${name}: ${cause.message}`, { cause })),
    )
    worker.once('exit', () => resolve())
  })
  // Whoever waits for `ended` is told, also one who begins to wait after the death.
  ended.catch(() => undefined)
  const open = new Promise<void>((resolve) => worker.once('message', () => resolve()))
  await Promise.race([open, ended])

  function ring(): void {
    must(write(wake, ONE, ONE.length), `wake line ${name}`, 'write')
  }

  return {
    ended,
    status: () => statusOf(cells),
    async change(change) {
      const number = cells.want(changed(cells.state(), change))
      ring()
      if (await cells.untilObeyed(number, OBEY_MS_MAX)) return
      throw new Error(`Cannot change line ${name}: no answer in ${OBEY_MS_MAX} ms`)
    },
    async [Symbol.asyncDispose]() {
      cells.stop()
      ring()
      await Promise.allSettled([ended])
      close(wake)
    },
  }
}

function statusOf(cells: LineCells): LineStatus {
  const state = cells.state()
  return { ...state, ...cells.counts(), up: state.carrier && !state.silent }
}

/** A thread obeys within a round; more than this means that the host is asleep. */
const OBEY_MS_MAX = 5_000
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer)
