/**
 * A transfer through the street, seen from the LAN host (client.ts): how fast, how whole, and how long
 * the longest silence was.
 */
import { createInterface } from 'node:readline'
import type { Street } from './lab.ts'

/** Sent every SAMPLE_MS. `bytes` so far. */
export interface Progress {
  readonly atMs: number
  readonly bytes: number
}

export interface Report {
  readonly elapsedMs: number
  readonly bytes: number
  readonly sha256: string
  /** From the call to the first byte of the answer's body (get) or of the answer (put). */
  readonly firstByteMs: number
  /** The longest time in which not one byte moved, after the first. */
  readonly longestGapMs: number
  /** What the server answered to a put. */
  readonly said: string
}

export interface Transfer extends Report {
  readonly samples: readonly Progress[]
}

/** Read `path` from the street's HTTP server, to the end or for `seconds`. */
export function download(
  street: Street,
  path: string,
  options: { seconds?: number; onProgress?: (progress: Progress) => void } = {},
): Promise<Transfer> {
  const argv = ['get', urlOf(path)]
  if (options.seconds !== undefined) argv.push(String(options.seconds))
  return follow(street, argv, options.onProgress)
}

/** Send `bytes` of the street's content. The server's answer, with its SHA-256, is in `said`. */
export function upload(
  street: Street,
  bytes: number,
  onProgress?: (progress: Progress) => void,
): Promise<Transfer> {
  return follow(street, ['put', urlOf('/upload'), String(bytes)], onProgress)
}

/**
 * Goodput in Mbit/s between `fromMs` and the last sample: what the lines gave once the transfer had
 * got going.
 */
export function steadyMbps({ samples }: Transfer, fromMs: number): number {
  const first = samples.find(({ atMs }) => atMs >= fromMs)
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.atMs <= first.atMs) {
    throw new RangeError(`Cannot tell a rate: the transfer was over before ${fromMs} ms`)
  }
  return ((last.bytes - first.bytes) * 8) / (last.atMs - first.atMs) / 1_000
}

async function follow(
  street: Street,
  argv: readonly string[],
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<Transfer> {
  const child = street.spawn('home', ['node', CLIENT, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.stdout === null || child.stderr === null) throw new Error('Cannot hear the client')
  const samples: Progress[] = []
  let report: Report | undefined
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  for await (const line of createInterface(child.stdout)) {
    const told = JSON.parse(line) as Progress | Report
    if ('sha256' in told) {
      report = told
    } else {
      samples.push(told)
      onProgress?.(told)
    }
  }
  if (report === undefined) throw new Error(complaint.trim() || 'The client ended without a word')
  return { ...report, samples }
}

function urlOf(path: string): string {
  return `http://files.hyb.example${path}`
}

const CLIENT = new URL('client.ts', import.meta.url).pathname

export const SAMPLE_MS = 100
