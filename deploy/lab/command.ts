/**
 * A command that runs to its end: what it said and how it ended. Everything the street asks of `ip`,
 * `nft` and `sysctl` goes through here, in batches, because each process costs milliseconds.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { constants as osConstants } from 'node:os'
import { delimiter, join } from 'node:path'
import { streetEnvironment } from './places.ts'

export interface Finished {
  /** Exit status, as a shell tells it: 128 + n for one that signal n ended. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string
  /** SIGKILL after this long; the status is then 137. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Rejects only when the command cannot be started at all, or `signal` fires. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [file = '', ...rest] = argv
  const child = spawn(file, rest, {
    env: streetEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
    ...(options.signal !== undefined && { signal: options.signal }),
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => stdout.push(piece))
  child.stderr.on('data', (piece: Buffer) => stderr.push(piece))
  // A command that ends before it has read its input is no failure of ours: its status tells.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(translated(file, error)))
    child.once('close', (code, signal) => {
      resolve({
        status: code ?? shellStatus(signal),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      })
    })
  })
}

/** Run a step of raising the street; `doing` completes the sentence "Cannot ..." if it fails. */
export async function mustRun(doing: string, argv: readonly string[], input = ''): Promise<string> {
  const { status, stdout, stderr } = await run(argv, { input })
  if (status === 0) return stdout
  const said = stderr.trim().split('\n').slice(0, LINES_QUOTED).join('; ')
  throw new Error(`Cannot ${doing}: ${argv[0]} ended with status ${status}: ${said}`)
}

/** What is missing to run the street, as the one command that mends it. */
export function requireCommands(commands: Readonly<Record<string, string>>): void {
  const folders = (streetEnvironment()['PATH'] ?? '').split(delimiter)
  const missing = Object.keys(commands).filter(
    (name) => !folders.some((at) => runs(join(at, name))),
  )
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((name) => commands[name]))].join(' ')
  throw new Error(
    `Cannot raise the street: ${missing.join(', ')} not found; run \`apt-get install ${packages}\``,
  )
}

/** The status a shell gives for a command that `signal` ended. */
export function shellStatus(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : osConstants.signals[signal])
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function translated(file: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT') return new Error(`Cannot run ${file}: no such command`)
  return error
}

const LINES_QUOTED = 3
