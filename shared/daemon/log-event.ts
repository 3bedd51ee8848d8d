/**
 * How an event of the log is declared. A daemon's list of them is all that it ever says: a line of another name does not
 * compile, nor one at another level or without its fields, and docs/runbook.md tells operators of each.
 *
 * Names are words in lower case that never change, so that they can be counted and searched for; what varies stands in
 * fields. `why` is a sentence.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogEvent<Level extends LogLevel = LogLevel, Field extends string = string> {
  readonly level: Level
  /** What has happened, and what to do about it. */
  readonly means: string
  readonly fields: readonly Field[]
  /** Lines that are written of it in a minute; the rest are counted. */
  readonly linesMax: number
}

/** By name. */
export type LogEvents = Readonly<Record<string, LogEvent>>

/** In place of a list: whatever is known. */
export const WHATEVER_IS_KNOWN: readonly string[] = ['...']

/** For whoever looks for a fault here. */
export const debug = declare('debug')

/** What a good day is made of: a few lines each. */
export const info = declare('info')

/** Something is worse than it should be, and the daemon goes on. */
export const warn = declare('warn')

/** Somebody must do something. */
export const error = declare('error')

function declare<Level extends LogLevel>(level: Level) {
  return <const Field extends string = never>(
    means: string,
    fields: readonly Field[] = [],
    linesMax = LINES_MAX,
  ): LogEvent<Level, Field> => ({ level, means, fields, linesMax })
}

/** A minute. Nobody reads more, and strangers must not fill a disk. */
const LINES_MAX = 60
