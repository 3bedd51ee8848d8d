/**
 * The data threads, seen from the main thread: started together, told to stop together, and the
 * daemon dies with any of them, for a house with half its doors is worse than a restart.
 */
import { Worker } from 'node:worker_threads'
import { must } from '../linux/errors.ts'
import * as libc from '../linux/libc.ts'

/** What every data thread finds in `workerData`. */
export interface WorkerBirth<Settings> {
  readonly index: number
  /** Readable when the main thread has something to say. */
  readonly bell: number
  /** One cell: 1 when the thread shall stop. */
  readonly orders: SharedArrayBuffer
  readonly settings: Settings
}

export interface Workers<Letter> extends AsyncDisposable {
  /** Rejects with a sentence when a thread dies before it was told to. */
  readonly death: Promise<never>
  /** Ring every bell: shared memory has changed. */
  wake(): void
  /** Send a copy of `letter` to every thread, and ring (bell.ts). What no number can say, and rarely. */
  tell(letter: Letter): void
}

/** Start `count` threads of `module` and wait until each has told `{ event: 'serving' }`. */
export async function startWorkers<
  Settings,
  News extends { readonly event: string },
  Letter = never,
>(
  module: URL,
  count: number,
  settings: Settings,
  onNews: (news: News, worker: number) => void,
): Promise<Workers<Letter>> {
  const orders = new SharedArrayBuffer(4)
  const bells: number[] = []
  const threads: Worker[] = []
  const serving: Array<Promise<void>> = []
  const ends: Array<Promise<void>> = []
  const { promise: death, reject: die } = Promise.withResolvers<never>()
  // Who awaits `death` hears of it; until then it must not count as unhandled.
  death.catch(() => undefined)

  for (let index = 0; index < count; index++) {
    const bell = must(libc.eventfd(), 'start a data thread', 'eventfd')
    bells.push(bell)
    const birth: WorkerBirth<Settings> = { index, bell, orders, settings }
    const thread = new Worker(module, { workerData: birth })
    threads.push(thread)
    const { promise: served, resolve: serve } = Promise.withResolvers<void>()
    serving.push(served)
    thread.on('message', (news: News) => {
      if (news.event === 'serving') serve()
      onNews(news, index)
    })
    thread.on('error', die)
    ends.push(
      new Promise((resolve) => {
        thread.on('exit', (code) => {
          if (Atomics.load(new Int32Array(orders), 0) === 0) {
            die(new Error(`Data thread ${index} ended with code ${code}`))
          }
          resolve()
        })
      }),
    )
  }

  const wake = () => {
    for (const bell of bells) libc.write(bell, RING, RING.length)
  }
  const workers: Workers<Letter> = {
    death,
    wake,
    tell(letter) {
      for (const thread of threads) thread.postMessage(letter)
      wake()
    },
    async [Symbol.asyncDispose]() {
      Atomics.store(new Int32Array(orders), 0, 1)
      wake()
      await Promise.all(ends)
      for (const bell of bells) libc.close(bell)
    },
  }
  try {
    await Promise.race([Promise.all(serving), death])
  } catch (error) {
    await workers[Symbol.asyncDispose]()
    throw error
  }
  return workers
}

/** What an eventfd takes: one, as a u64. */
const RING = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)
