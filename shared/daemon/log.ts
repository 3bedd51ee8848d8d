/**
 * What a daemon says: one JSON object a line, on standard output.
 *
 *     {"level":"info","time":"2026-11-22T17:00:00.000Z","pid":7,"workers":2,"msg":"open"}
 *
 * `msg` is a short text that never changes, so that it can be counted and searched for; what varies
 * stands in fields. Lines are written before the call returns, so a crash loses none.
 */
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Values are shown as JSON shows them; an Error's own properties are not among them. */
export type LogFields = Readonly<Record<string, unknown>>

export class Log {
  readonly #pino: Logger

  constructor(to: DestinationStream) {
    this.#pino = pino(
      {
        level: 'info',
        base: { pid: process.pid },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      to,
    )
  }

  /** The least that is said. `info` until the configuration is read. */
  set level(level: LogLevel) {
    this.#pino.level = level
  }

  /** For whoever looks for a fault here. */
  debug(message: string, fields: LogFields = {}): void {
    this.#pino.debug(fields, message)
  }

  /** What a good day is made of: a few lines each. */
  info(message: string, fields: LogFields = {}): void {
    this.#pino.info(fields, message)
  }

  /** Something is worse than it should be, and the daemon goes on. */
  warn(message: string, fields: LogFields = {}): void {
    this.#pino.warn(fields, message)
  }

  /** Somebody must do something. */
  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(fields, message)
  }
}

/** The thread's log. A reader that went away (`| head`) does not end the daemon. */
export const log = new Log(destination({ fd: 1, sync: true }))

/** The sentence of an error, whatever was thrown. */
export function sentenceOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
