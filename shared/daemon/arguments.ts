/**
 * A daemon's command line: `node cpe/main.ts CONFIG.yaml [--check-config]`.
 *
 * Everything that ends the process before it began stands here: help, version, a wrong line, a wrong
 * file. Exit code 2 is "you told me something wrong", 1 is "I failed".
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'

export interface Program<T> {
  /** As it is typed: `cpe/main.ts`. */
  readonly name: string
  /** One sentence for --help. */
  readonly summary: string
  /** The file's value, or sentences about what is wrong with it. */
  readonly read: (
    file: string,
  ) =>
    | { readonly kind: 'value'; readonly value: T }
    | { readonly kind: 'problems'; readonly problems: readonly string[] }
}

/** What a daemon runs on. */
export interface Given<T> {
  readonly config: T
  /** Where it stands. */
  readonly file: string
  /** The same file as it is now. */
  readonly readAgain: () => ReturnType<Program<T>['read']>
}

/** The configuration that `argv` (without node and script) names, or the process ends. */
export function configFrom<T>(program: Program<T>, argv: readonly string[]): Given<T> {
  const request = understand(program, argv)
  if (request.kind === 'run') {
    const { config, file } = request
    return { config, file, readAgain: () => program.read(file) }
  }
  process.stdout.write(request.out)
  process.stderr.write(request.err)
  process.exit(request.exitCode)
}

export type Request<T> =
  | { readonly kind: 'run'; readonly config: T; readonly file: string }
  | { readonly kind: 'end'; readonly exitCode: number; readonly out: string; readonly err: string }

/** What `argv` asks for. Reads the file it names, and does nothing else. */
export function understand<T>(program: Program<T>, argv: readonly string[]): Request<T> {
  let out = ''
  let err = ''
  const command = new Command(program.name)
    .usage('CONFIG.yaml [--check-config]')
    .description(program.summary)
    .argument('<CONFIG.yaml>', 'the configuration file')
    .option('--check-config', 'say whether the file is valid, and do nothing else')
    .version(release(), '--version', 'print the version')
    .helpOption('--help', 'print this text')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        out += text
      },
      writeErr: (text) => {
        err += text
      },
    })
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const exitCode = error.exitCode === 0 ? 0 : EXIT_MISUSE
    if (exitCode !== 0) err += `${command.helpInformation()}`
    return { kind: 'end', exitCode, out, err }
  }

  const file = command.args[0] ?? ''
  const reading = program.read(file)
  if (reading.kind === 'problems') {
    return { kind: 'end', exitCode: EXIT_MISUSE, out, err: `${reading.problems.join('\n')}\n` }
  }
  if (command.opts()['checkConfig'] === true) {
    return { kind: 'end', exitCode: 0, out: `${file}: valid\n`, err }
  }
  return { kind: 'run', config: reading.value, file }
}

/** What this release is called. */
export function release(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(text) as { readonly version: unknown }).version)
}

const EXIT_MISUSE = 2
