/**
 * Has support bundles made, one at a time, in a thread that may take 128 MB and a minute (ADR 0054).
 */
import { fstatSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { CpeConfig } from '../../../shared/config/cpe.ts'
import type { BundleSources } from '../../../shared/daemon/support-bundle.ts'
import { factsSocket } from '../home-facts.ts'

export interface Bundle {
  /** What its file is called: whoever has many finds the home and the time in it. */
  readonly name: string
  readonly bytes: Uint8Array
}

export class BundleMaker implements AsyncDisposable {
  readonly #config: Pick<CpeConfig, 'stateDirectory' | 'subscriber'>
  readonly #file: string
  readonly #unixMs: () => number
  #thread: Worker | undefined
  #ended: Promise<unknown> = Promise.resolve()

  /** `file`: the configuration's. */
  constructor(
    config: Pick<CpeConfig, 'stateDirectory' | 'subscriber'>,
    file: string,
    unixMs: () => number,
  ) {
    this.#config = config
    this.#file = file
    this.#unixMs = unixMs
  }

  /** Undefined while one is being made. Rejects when it cannot be, or takes too long. */
  make(): Promise<Bundle> | undefined {
    if (this.#thread !== undefined) return undefined
    const { promise, resolve, reject } = Promise.withResolvers<Bundle>()
    const name = `hybridge-${wordOf(this.#config.subscriber.id)}-${minuteOf(this.#unixMs())}.tar.gz`
    const sources: BundleSources = {
      config: this.#file,
      socket: factsSocket(this.#config),
      // What goes into a file is not in the journal.
      ...(fstatSync(STDOUT).isFile() && { log: `/proc/self/fd/${STDOUT}` }),
    }
    const thread = new Worker(new URL('bundle-thread.ts', import.meta.url), {
      workerData: sources,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB_MAX },
    })
    this.#thread = thread
    const hung = setTimeout(() => void thread.terminate(), HUNG_MS)
    let outcome: Bundle | Error = new Error('stopped')
    thread.on('message', (bytes: Uint8Array) => (outcome = { name, bytes }))
    thread.on('error', (error: Error) => (outcome = error))
    thread.on('exit', () => {
      clearTimeout(hung)
      this.#thread = undefined
      if (outcome instanceof Error) reject(outcome)
      else resolve(outcome)
    })
    this.#ended = promise.catch(() => undefined)
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const thread = this.#thread
    thread?.postMessage('stop')
    const hung = setTimeout(() => void thread?.terminate(), STOP_MS)
    await this.#ended
    clearTimeout(hung)
  }
}

/** As a file may be called everywhere. */
function wordOf(id: string): string {
  return id.replaceAll(/[^\w.-]/g, '-')
}

/** 20261126-2140, in UTC as the log is. */
function minuteOf(unixMs: number): string {
  const [, year, month, day, hour, minute] =
    /^(\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(new Date(unixMs).toISOString()) ?? []
  return `${year}${month}${day}-${hour}${minute}`
}

const STDOUT = 1
const MEMORY_MB_MAX = 128
/** What it asks ends after 60 s; what goes on for longer does not hear. */
const HUNG_MS = 70_000
const STOP_MS = 2_000
