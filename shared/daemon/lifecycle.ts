/**
 * The life of a daemon: its body runs until it is told to stop, cleans up, and the process ends.
 *
 *              ┌───────────── SIGTERM, SIGINT ──────────────┐  exit 0
 *     body ────┤                                            ├──▶ signal aborted, body cleans up
 *              └─ an error nobody caught: one log line ─────┘  exit 1
 *
 *     A body that asked to begin again is followed by the same program, in the place of this process.
 *
 *     A second signal, or a clean-up after an error that takes too long, ends the process at once.
 */
import { lifeEvents } from './events.ts'
import { Log, sentenceOf } from './log.ts'

/**
 * Run `body` and end the process when it returns (0) or throws (1), whatever timers and sockets are
 * left. `signal` tells it to stop; `await using` in it is where things are undone. `again` stops it as well, and
 * then the program begins anew.
 */
export async function runDaemon(
  body: (signal: AbortSignal, again: () => void) => Promise<unknown>,
): Promise<never> {
  const stop = new AbortController()
  let exitCode = 0
  let asked = false
  const again = () => {
    if (stop.signal.aborted) return
    asked = true
    stop.abort()
  }
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) return die(name)
      log.info('stopping', { signal: name })
      stop.abort()
    })
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (thrown: unknown) => {
      exitCode = 1
      say(thrown)
      stop.abort()
      setTimeout(() => {
        log.error('clean-up takes too long', { afterMs: CLEAN_UP_MS_MAX })
        die('SIGKILL')
      }, CLEAN_UP_MS_MAX)
    })
  }
  // A body that waits for nothing but the signal would leave Node with nothing to wait for.
  setInterval(() => undefined, HOUR_MS)

  try {
    await body(stop.signal, again)
    if (asked && exitCode === 0) beginAnew()
  } catch (thrown) {
    if (!isAbort(thrown, stop.signal)) {
      exitCode = 1
      say(thrown)
    }
  }
  process.exit(exitCode)
}

/** Resolves when `signal` is aborted; at once when it is already. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The process keeps its number, so whoever watches it need not know. */
function beginAnew(): void {
  log.info('beginning anew')
  process.execve?.(process.execPath, [
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ])
}

/**
 * Let the kernel end the process. `process.exit()` would wait for every thread to leave the system call
 * it is in, and a thread that waits for bytes may never do so.
 */
function die(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

/** One sentence for whoever runs the daemon; the stack for whoever mends it. */
function say(thrown: unknown): void {
  log.error('failed', { error: sentenceOf(thrown) })
  log.debug('failed at', { stack: thrown instanceof Error ? thrown.stack : undefined })
}

/** A wait that ended because it was told to: no failure. */
function isAbort(thrown: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  return thrown === signal.reason || (thrown instanceof Error && thrown.name === 'AbortError')
}

const log = new Log(lifeEvents)
/** After an error nobody caught, parts may wait for each other for ever. */
const CLEAN_UP_MS_MAX = 10_000
const HOUR_MS = 3_600_000
