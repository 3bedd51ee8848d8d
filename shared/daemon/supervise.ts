/**
 * A service that may fail without the daemon failing: when something in it throws, it is taken down and
 * started again, and what else the daemon does goes on.
 *
 *    start ──▶ runs ──▶ fail(error) ──▶ taken down ──▶ start, after 1 s, 2 s ... 60 s
 *
 * Whatever calls into the service from outside (a socket, a timer) hands what is thrown to `fail`: see `guarded`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { sentenceOf } from './log.ts'

export type Fail = (error: unknown) => void

/** Do `work` for a service from outside. */
export async function guarded(failed: Fail, work: () => Promise<void> | void): Promise<void> {
  try {
    await work()
  } catch (error) {
    failed(error)
  }
}

/** Answers when the service runs, or rejects. What it answers takes it down. */
export type StartService = (fail: Fail) => Promise<AsyncDisposable>

/**
 * Run it until disposed of. `say` hears each failure as a sentence, with how long it is out of service.
 * Resolves when it runs for the first time; rejects when that fails, for then something is wrong with what
 * the operator has written.
 */
export async function supervise(
  start: StartService,
  say: (why: string, againMs: number) => void,
  wait: (ms: number, signal: AbortSignal) => Promise<void> = waitFor,
): Promise<AsyncDisposable> {
  const stop = new AbortController()
  let failed = Promise.withResolvers<unknown>()
  let running = await start((error) => failed.resolve(error))

  async function watch(): Promise<void> {
    let againMs = AGAIN_MS_MIN
    for (;;) {
      const sinceMs = performance.now()
      const error = await failed.promise
      if (stop.signal.aborted) return
      if (performance.now() - sinceMs > CALM_MS) againMs = AGAIN_MS_MIN
      say(sentenceOf(error), againMs)
      try {
        await running[Symbol.asyncDispose]()
      } catch (thrown) {
        // What it holds is lost; the service shall come back all the same.
        say(sentenceOf(thrown), againMs)
      }
      running = NOTHING
      await wait(againMs, stop.signal)
      againMs = Math.min(2 * againMs, AGAIN_MS_MAX)
      failed = Promise.withResolvers<unknown>()
      const fail: Fail = failed.resolve
      try {
        running = await start(fail)
      } catch (thrown) {
        fail(thrown)
      }
    }
  }
  const watching = watch().catch(() => undefined)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      failed.resolve(undefined)
      await watching
      await running[Symbol.asyncDispose]()
    },
  }
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal })
}

const NOTHING: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() }
const AGAIN_MS_MIN = 1_000
const AGAIN_MS_MAX = 60_000
/** What has run for so long starts again as if it had never failed. */
const CALM_MS = 60_000
