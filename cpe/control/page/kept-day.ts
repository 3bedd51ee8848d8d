/**
 * The day's history in a file, so that a restart forgets little: it is written every ten minutes, for it may lie on
 * flash, and when the agent stops.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sentenceOf } from '../../../shared/daemon/log.ts'
import { replaceFile } from '../../../shared/linux/whole-file.ts'
import type { LineWatch } from './line-watch.ts'

export class KeptDay {
  readonly #directory: string
  readonly #watch: Pick<LineWatch, 'history' | 'recall'>
  readonly #complain: (why: string) => void
  #writtenMs: number

  constructor(
    stateDirectory: string,
    watch: Pick<LineWatch, 'history' | 'recall'>,
    complain: (why: string) => void,
    nowMs: number,
  ) {
    this.#directory = stateDirectory
    this.#watch = watch
    this.#complain = complain
    this.#writtenMs = nowMs
  }

  read(): void {
    try {
      const kept: unknown = JSON.parse(readFileSync(this.#file, 'utf8'))
      if (typeof kept !== 'object' || kept === null) return
      const { savedMs, minutes, episodes } = kept as Record<string, unknown>
      if (typeof savedMs === 'number') this.#watch.recall({ minutes, episodes }, savedMs)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      this.#complain(`Cannot read ${this.#file}: ${sentenceOf(error)}; the day begins anew`)
    }
  }

  /** On the monotonic clock, and the date. */
  look(nowMs: number, unixMs: number): void {
    if (nowMs - this.#writtenMs < WRITE_MS) return
    this.#writtenMs = nowMs
    this.write(unixMs)
  }

  write(unixMs: number): void {
    try {
      mkdirSync(this.#directory, { recursive: true })
      replaceFile(
        this.#file,
        `${JSON.stringify({ savedMs: unixMs, ...this.#watch.history() })}\n`,
        0o600,
      )
    } catch (error) {
      this.#complain(`Cannot keep the day: ${sentenceOf(error)}`)
    }
  }

  get #file(): string {
    return join(this.#directory, 'cpe-day.json')
  }
}

const WRITE_MS = 600_000
