/**
 * `hybridge support-bundle`: what somebody needs who shall find a fault on this machine, in one file, without what he must
 * not have: no secret, and no address but those that the configuration names.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { Redaction } from '../shared/core/redaction.ts'
import { release } from '../shared/daemon/arguments.ts'
import { sentenceOf } from '../shared/daemon/log.ts'
import { factsOf } from './facts.ts'
import { Misuse } from './misuse.ts'

interface Options {
  readonly config: string
  readonly log?: string
  readonly socket?: string
  readonly output: string
}

export function supportBundleCommand(): Command {
  return new Command('support-bundle')
    .description('Everything that is needed to find a fault here, without secrets, in one file.')
    .requiredOption('--config <FILE>', 'of the daemon')
    .option('--log <FILE>', 'its log; without it the journal is asked')
    .option('--socket <FILE>', 'of the daemon, for what it knows now')
    .option('--output <FILE>', 'what to write', 'hybridge-support.tar.gz')
    .action(async (options: Options) => {
      const parts = await partsOf(options)
      await pack(parts, options.output)
      console.log(options.output)
    })
}

/** The texts of the bundle by their file names, redacted and cut. */
export async function partsOf({
  config,
  log,
  socket,
}: Options): Promise<ReadonlyMap<string, string>> {
  const configuration = contentOf(config)
  const redaction = new Redaction(configuration, addressesIn(configuration))
  const raw: Array<readonly [string, string]> = [
    ['configuration', configuration],
    ['release', release()],
    ['log', log === undefined ? await outputOf(JOURNAL) : contentOf(log)],
    ['facts', socket === undefined ? 'not asked for' : await factsText(socket)],
    ['mptcp-counters', contentOf('/proc/net/netstat')],
  ]
  for (const [name, argv] of COMMANDS) raw.push([name, await outputOf(argv)])
  return new Map(raw.map(([name, text]) => [name, redaction.of(tailOf(text))]))
}

async function pack(parts: ReadonlyMap<string, string>, output: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hybridge-support-'))
  try {
    for (const [name, text] of parts) writeFileSync(join(folder, name), text, { mode: 0o600 })
    // Whom it is for is its owner's to say.
    writeFileSync(output, '', { mode: 0o600 })
    await run('tar', ['-czf', output, '-C', folder, ...parts.keys()])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function factsText(socket: string): Promise<string> {
  try {
    return JSON.stringify(await factsOf(socket), undefined, 2)
  } catch (error) {
    return sentenceOf(error)
  }
}

/** What cannot be asked here is told instead of the answer. */
async function outputOf([file = '', ...argv]: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(file, argv, {
      timeout: COMMAND_MS_MAX,
      maxBuffer: OUTPUT_BYTES_MAX,
    })
    return stdout
  } catch (error) {
    return `${file}: ${sentenceOf(error)}`
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Misuse(`Cannot read ${file}: ${sentenceOf(error)}`)
  }
}

/** The operator's own addresses: without them nobody could tell which line is which. */
function addressesIn(configuration: string): string[] {
  return [...configuration.matchAll(ADDRESS)].map(([address]) => address)
}

function tailOf(text: string): string {
  if (text.length <= PART_CHARACTERS_MAX) return text
  const tail = text.slice(-PART_CHARACTERS_MAX)
  // From a whole line on: of half a secret nobody knows that it is one.
  return `(cut)\n${tail.slice(tail.indexOf('\n') + 1)}`
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
/** Of each text, its end: 16 MiB in all before tar has pressed them together. */
const PART_CHARACTERS_MAX = 1_048_576
