/**
 * A thread that the daemon can do without for a while: when it dies it is started again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { startWorkers, type Workers } from './workers.ts'

export interface KeptThread<Letter = never> extends AsyncDisposable {
  /** Shared memory has changed. */
  wake(): void
  /** Send a copy of `letter` (bell.ts). To a thread that is not there it says nothing: the next is born with it. */
  tell(letter: Letter): void
}

/**
 * Start the thread `module` and wait until it serves; rejects when it does not. Later deaths are told to
 * `complain` as a sentence, and followed by another try each second. `settings` says with what each is born.
 */
export async function keepThread<Settings, News extends { readonly event: string }, Letter = never>(
  module: URL,
  settings: () => Settings,
  onNews: (news: News) => void,
  complain: (sentence: string) => void,
): Promise<KeptThread<Letter>> {
  let thread: Workers<Letter> | undefined
  /** What was told since the thread that is starting was given its settings. */
  const missed: Letter[] = []
  const start = async (): Promise<Workers<Letter>> => {
    missed.length = 0
    const started = await startWorkers<Settings, News, Letter>(module, 1, settings(), onNews)
    thread = started
    for (const letter of missed.splice(0)) started.tell(letter)
    return started
  }
  const ending = new AbortController()
  await start()

  const keep = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        const { death } = thread ?? (await start())
        await Promise.race([death, aborted(ending.signal)])
      } catch (error) {
        complain(error instanceof Error ? error.message : String(error))
        const dead = thread
        thread = undefined
        await dead?.[Symbol.asyncDispose]()
        await Promise.race([pause(AGAIN_MS, undefined, { ref: false }), aborted(ending.signal)])
      }
    }
  }
  const kept = keep()
  return {
    wake: () => thread?.wake(),
    tell(letter) {
      if (thread === undefined) missed.push(letter)
      else thread.tell(letter)
    },
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
