/**
 * A thread that the daemon can do without for a while: when it dies it is started again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { startWorkers, type Workers } from './workers.ts'

export interface KeptThread extends AsyncDisposable {
  /** Shared memory has changed. */
  wake(): void
}

/**
 * Start the thread `module` and wait until it serves; rejects when it does not. Later deaths are told to
 * `complain` as a sentence, and followed by another try each second.
 */
export async function keepThread<Settings, News extends { readonly event: string }>(
  module: URL,
  settings: Settings,
  onNews: (news: News) => void,
  complain: (sentence: string) => void,
): Promise<KeptThread> {
  const start = (): Promise<Workers> => startWorkers<Settings, News>(module, 1, settings, onNews)
  const ending = new AbortController()
  let thread: Workers | undefined = await start()

  const keep = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        thread ??= await start()
        await Promise.race([thread.death, aborted(ending.signal)])
      } catch (error) {
        complain(error instanceof Error ? error.message : String(error))
        await thread?.[Symbol.asyncDispose]()
        thread = undefined
        await Promise.race([pause(AGAIN_MS, undefined, { ref: false }), aborted(ending.signal)])
      }
    }
  }
  const kept = keep()
  return {
    wake: () => thread?.wake(),
    async [Symbol.asyncDispose]() {
      ending.abort()
      await kept
      await thread?.[Symbol.asyncDispose]()
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const AGAIN_MS = 1_000
