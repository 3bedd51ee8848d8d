/**
 * A support bundle: what somebody needs who shall find a fault on this machine, in one file, without what he must not
 * have: no secret, and no address but those that the configuration names. The command line makes one, and the home's page.
 */
import { execFile } from 'node:child_process'
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redaction } from '../core/redaction.ts'
import { release } from './arguments.ts'
import { readFacts } from './facts-socket.ts'
import { sentenceOf } from './log.ts'

export interface BundleSources {
  /** The daemon's file. */
  readonly config: string
  /** The file of its log; without it the journal is asked. */
  readonly log?: string
  /** Its facts socket, for what it knows now. */
  readonly socket?: string
}

/** A tar archive, compressed. Rejects where a file that was named cannot be read, and when `signal` says so. */
export async function supportBundle(sources: BundleSources, signal: AbortSignal): Promise<Buffer> {
  const texts = await bundleTexts(sources, signal)
  const folder = mkdtempSync(join(tmpdir(), 'hybridge-support-'))
  try {
    for (const [name, text] of texts) writeFileSync(join(folder, name), text, { mode: 0o600 })
    const { stdout } = await run('tar', ['-czf', '-', '-C', folder, ...texts.keys()], {
      encoding: 'buffer',
      maxBuffer: BUNDLE_BYTES_MAX,
      signal,
    })
    return stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is in it by file names, redacted and cut. */
export async function bundleTexts(
  { config, log, socket }: BundleSources,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const configuration = contentOf(config)
  const redaction = new Redaction(configuration, addressesIn(configuration))
  const raw: Array<readonly [string, string]> = [
    ['configuration', tailOf(configuration)],
    ['release', release()],
    ['log', log === undefined ? await outputOf(JOURNAL, signal) : tailOfFile(log)],
    ['facts', socket === undefined ? 'not asked for' : tailOf(await factsText(socket))],
    ['mptcp-counters', tailOf(contentOf('/proc/net/netstat'))],
  ]
  for (const [name, argv] of COMMANDS) {
    raw.push([name, await outputOf(argv, signal)])
    signal.throwIfAborted()
  }
  return new Map(raw.map(([name, text]) => [name, redaction.of(text)]))
}

async function factsText(socket: string): Promise<string> {
  try {
    return JSON.stringify(await readFacts(socket), undefined, 2)
  } catch (error) {
    return sentenceOf(error)
  }
}

/** What cannot be asked here is told instead of the answer. */
async function outputOf(
  [file = '', ...argv]: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  try {
    const { stdout } = await run(file, argv, {
      timeout: COMMAND_MS_MAX,
      maxBuffer: OUTPUT_BYTES_MAX,
      signal,
    })
    return tailOf(stdout)
  } catch (error) {
    return `${file}: ${sentenceOf(error)}`
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${sentenceOf(error)}`)
  }
}

/** A log may be of any length. */
function tailOfFile(file: string): string {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const from = Math.max(0, fstatSync(descriptor).size - TEXT_LENGTH_MAX)
    const bytes = Buffer.alloc(TEXT_LENGTH_MAX)
    const text = bytes.toString('utf8', 0, readSync(descriptor, bytes, { position: from }))
    return from > 0 ? withoutFirstLine(text) : text
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${sentenceOf(error)}`)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function tailOf(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : withoutFirstLine(text.slice(-TEXT_LENGTH_MAX))
}

/** Of half a secret nobody knows that it is one. */
function withoutFirstLine(text: string): string {
  return `(cut)\n${text.slice(text.indexOf('\n') + 1)}`
}

/** The operator's own addresses: without them nobody could tell which line is which. */
function addressesIn(configuration: string): string[] {
  return [...configuration.matchAll(ADDRESS)].map(([address]) => address)
}

const run = promisify(execFile)
const ADDRESS =
  /\b(?:\d{1,3}\.){3}\d{1,3}\b|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi
const JOURNAL = ['journalctl', '-u', 'hybridge*', '-n', '5000', '--no-pager', '-o', 'cat']
const COMMANDS: ReadonlyArray<readonly [name: string, argv: readonly string[]]> = [
  ['kernel', ['uname', '-a']],
  ['addresses', ['ip', '-d', 'address']],
  ['links', ['ip', '-s', 'link']],
  ['rules', ['ip', 'rule']],
  ['rules6', ['ip', '-6', 'rule']],
  ['routes', ['ip', 'route', 'show', 'table', 'all']],
  ['routes6', ['ip', '-6', 'route', 'show', 'table', 'all']],
  ['nftables', ['nft', 'list', 'ruleset']],
  ['queues', ['tc', '-s', 'qdisc']],
  ['sockets', ['ss', '-tinM']],
  ['counters', ['nstat', '-az']],
]
const COMMAND_MS_MAX = 10_000
const OUTPUT_BYTES_MAX = 16 * 1_024 * 1_024
/** Of each text, its end, in characters or (of a file) bytes: 16 MiB in all before tar has pressed them together. */
const TEXT_LENGTH_MAX = 1_048_576
const BUNDLE_BYTES_MAX = 16 * 1_024 * 1_024
