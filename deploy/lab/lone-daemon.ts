/**
 * A daemon started by a test's own hand: with a configuration, a user or a limit that the street would
 * not give it. It is ended when the test leaves the block, or when the street goes.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { shellStatus } from './command.ts'
import { type ConfigPatch, configPath, type DaemonName, patchedConfig } from './daemons.ts'
import type { Street } from './lab.ts'
import { PROJECT } from './places.ts'

export interface LoneDaemon extends AsyncDisposable {
  readonly pid: number
  /** Its status, as a shell tells it, once it has ended. */
  readonly ended: Promise<number>
  /** Everything it has said so far. */
  said(): string
  /** Resolves when it has said so; rejects with what it said instead. */
  says(sentence: RegExp, withinMs?: number): Promise<void>
  kill(signal: NodeJS.Signals): void
}

export interface LoneOptions {
  /** The street's own configuration unless said otherwise. */
  readonly config?: string
  /** Commands that lead to it, such as `prlimit --nofile=400:400`. */
  readonly through?: readonly string[]
}

export function startAlone(
  street: Street,
  daemon: DaemonName,
  { config = configPath(street.name, daemon), through = [] }: LoneOptions = {},
): LoneDaemon {
  const argv = [...through, 'node', `${daemon}/main.ts`, config]
  const child = street.spawn(daemon, argv, { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? shellStatus(signal)))
  })
  return {
    pid: child.pid ?? 0,
    ended,
    said: () => said,
    async says(sentence, withinMs = SAYS_MS_MAX) {
      const untilMs = performance.now() + withinMs
      while (!sentence.test(said)) {
        if (performance.now() > untilMs || child.exitCode !== null)
          throw new Error(`No ${sentence} in:\n${said}`)
        await pause(POLL_MS)
      }
    },
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await Promise.race([ended, pause(STOP_MS_MAX)])
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The street's configuration of `daemon` with other values in some places; answers the file. */
export function configWith(street: Street, daemon: DaemonName, patch: ConfigPatch): string {
  return writeConfigText(street, daemon, patchedConfig(street.name, daemon, patch))
}

/** Any text as a configuration of `daemon`; answers the file. */
export function writeConfigText(street: Street, daemon: DaemonName, text: string): string {
  const file = join(street.directory, `${daemon}-alone.yaml`)
  writeFileSync(file, text)
  return file
}

const POLL_MS = 10
const SAYS_MS_MAX = 10_000
const STOP_MS_MAX = 5_000
