/**
 * Who left from which address and port, and when (ADR 0044): one JSON object a line, in files that begin anew when they are
 * large or old enough, of which so many are kept.
 *
 *    {"at":"2026-11-26T05:00:00.123Z","event":"begin","subscriber":"home-1","carrier":"tcp","address":"198.51.100.64","port":40001}
 *
 * A disk that is full loses lines and holds nobody up: they are counted, and the next line that can be written says so.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { sentenceOf } from '../../shared/daemon/log.ts'

export interface TranslationLogConfig {
  readonly directory: string
  readonly fileMegabytes: number
  readonly fileHours: number
  readonly filesMax: number
}

export class TranslationLog implements AsyncDisposable {
  /** Lines that nobody will read. */
  lost = 0
  readonly #config: TranslationLogConfig
  readonly #unixMs: () => number
  readonly #complain: (why: string) => void
  #waiting: string[] = []
  #waitingCharacters = 0
  #writing: Promise<void> | undefined
  #file: { readonly handle: FileHandle; readonly bornMs: number; bytes: number } | undefined
  #lostUnsaid = 0
  #isBroken = false

  /** Makes the directory; throws what the file system says. `complain` hears once when lines begin to be lost. */
  constructor(config: TranslationLogConfig, unixMs: () => number, complain: (why: string) => void) {
    this.#config = config
    this.#unixMs = unixMs
    this.#complain = complain
    mkdirSync(config.directory, { recursive: true, mode: 0o750 })
  }

  /** Each is a whole JSON object. */
  write(lines: readonly string[]): void {
    for (const line of lines) {
      if (this.#waitingCharacters > WAITING_CHARACTERS_MAX) {
        this.#lose(1, 'the disk is too slow')
        continue
      }
      this.#waiting.push(line)
      this.#waitingCharacters += line.length
    }
    void this.flush()
  }

  /** Resolves when nothing waits that can be written. */
  flush(): Promise<void> {
    this.#writing ??= this.#writeOn().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
    await this.flush()
    await this.#file?.handle.close()
    this.#file = undefined
  }

  async #writeOn(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      this.#waitingCharacters = 0
      const hole = this.#lostUnsaid
      const first =
        hole === 0 ? [] : [JSON.stringify({ at: this.#now(), event: 'lost', lines: hole })]
      const text = `${[...first, ...lines].join('\n')}\n`
      try {
        const file = await this.#fileNow()
        const { bytesWritten } = await file.handle.write(text)
        file.bytes += bytesWritten
        // A disk that is filling up takes a part: what follows begins on a line of its own, in a file of its own.
        if (bytesWritten < Buffer.byteLength(text)) throw new Error('the disk is full')
        this.#lostUnsaid -= hole
        this.#isBroken = false
      } catch (error) {
        this.#lose(lines.length, sentenceOf(error))
        await this.#closeFile()
      }
    }
  }

  async #fileNow() {
    const { fileMegabytes, fileHours, directory } = this.#config
    const nowMs = this.#unixMs()
    const file = this.#file
    const ageMs = file === undefined ? 0 : nowMs - file.bornMs
    const isFull = file !== undefined && file.bytes >= fileMegabytes * 1e6
    // A clock that was put back makes a file that is too young, and begins another.
    if (file !== undefined && !isFull && ageMs >= 0 && ageMs < fileHours * 3_600_000) return file
    await this.#closeFile()
    const name = `${PREFIX}${new Date(nowMs).toISOString().replaceAll(':', '')}${SUFFIX}`
    const handle = await open(join(directory, name), 'a', 0o640)
    const fresh = { handle, bornMs: nowMs, bytes: (await handle.stat()).size }
    this.#file = fresh
    this.#forgetOldest()
    return fresh
  }

  async #closeFile(): Promise<void> {
    const handle = this.#file?.handle
    this.#file = undefined
    // What it had was written, or its loss has been said.
    await handle?.close().catch(() => undefined)
  }

  #forgetOldest(): void {
    const { directory, filesMax } = this.#config
    const files = readdirSync(directory)
      .filter((name) => name.startsWith(PREFIX) && name.endsWith(SUFFIX))
      .map((name) => ({ name, atMs: statSync(join(directory, name)).mtimeMs }))
      .toSorted((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1))
    for (const { name } of files.slice(0, -filesMax)) rmSync(join(directory, name))
  }

  #lose(lines: number, why: string): void {
    this.lost += lines
    this.#lostUnsaid += lines
    if (!this.#isBroken) this.#complain(why)
    this.#isBroken = true
  }

  #now(): string {
    return new Date(this.#unixMs()).toISOString()
  }
}

const PREFIX = 'translations-'
const SUFFIX = '.ndjson'
/** Some 150,000 lines: ten seconds of a concentrator at its busiest. */
const WAITING_CHARACTERS_MAX = 20_000_000
