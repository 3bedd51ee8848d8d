/**
 * What a daemon says: one JSON object a line, on standard output.
 *
 *     {"level":"info","time":"2026-11-22T17:00:00.000Z","pid":7,"leg":"dsl","reason":"dsl-up","msg":"leg up"}
 *
 * `msg` is the name of an event that is declared in a list of them (log-event.ts). Lines are written before the call
 * returns, so a crash loses none. Where lines of that name were left out before, `hidden` says how many.
 */
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { LineBudget } from './line-budget.ts'
import type { LogEvent, LogEvents, LogLevel } from './log-event.ts'

/** Those that are said at that level. */
type NameAt<Events extends LogEvents, Level extends LogLevel> = {
  [Name in keyof Events & string]: Events[Name]['level'] extends Level ? Name : never
}[keyof Events & string]

/** Values are shown as JSON shows them; an Error's own properties are not among them. */
type Fields<Event extends LogEvent> = [Event['fields'][number]] extends [never]
  ? []
  : [fields: Readonly<Record<Event['fields'][number], unknown>>]

export class Log<Events extends LogEvents> {
  readonly #events: Events
  readonly #pino: Logger
  readonly #nowMs: () => number
  readonly #budget = new LineBudget()

  /** All logs of a thread that name no other stream write to standard output, at one level. */
  constructor(events: Events, to?: DestinationStream, nowMs = () => performance.now()) {
    this.#events = events
    this.#pino = to === undefined ? STDOUT : linesTo(to)
    this.#nowMs = nowMs
  }

  /** The least that is said. `info` until the configuration is read. */
  set level(level: LogLevel) {
    this.#pino.level = level
  }

  debug<Name extends NameAt<Events, 'debug'>>(name: Name, ...fields: Fields<Events[Name]>): void {
    this.#write('debug', name, fields[0])
  }

  info<Name extends NameAt<Events, 'info'>>(name: Name, ...fields: Fields<Events[Name]>): void {
    this.#write('info', name, fields[0])
  }

  warn<Name extends NameAt<Events, 'warn'>>(name: Name, ...fields: Fields<Events[Name]>): void {
    this.#write('warn', name, fields[0])
  }

  error<Name extends NameAt<Events, 'error'>>(name: Name, ...fields: Fields<Events[Name]>): void {
    this.#write('error', name, fields[0])
  }

  #write(level: LogLevel, name: keyof Events & string, fields: LogFields = {}): void {
    if (!this.#pino.isLevelEnabled(level)) return
    const own = typeof fields['hidden'] === 'number' ? fields['hidden'] : 0
    const { linesMax } = this.#events[name]!
    // Who wants to hear everything shall.
    const before = this.#pino.isLevelEnabled('debug')
      ? 0
      : this.#budget.take(name, linesMax, this.#nowMs(), 1 + own)
    if (before === undefined) return
    this.#pino[level](before === 0 ? fields : { ...fields, hidden: before + own }, name)
  }
}

/** The sentence of an error, whatever was thrown. */
export function sentenceOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function linesTo(stream: DestinationStream): Logger {
  return pino(
    {
      level: 'info',
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
}

type LogFields = Readonly<Record<string, unknown>>

/** A reader that went away (`| head`) does not end the daemon. */
const STDOUT = linesTo(destination({ fd: 1, sync: true }))
