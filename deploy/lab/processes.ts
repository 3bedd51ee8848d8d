/**
 * What runs on the street after the command that started it has returned: each process detached in its
 * place, its number in a file, its words in a log, and known to serve because the log says so.
 */
import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inPlace, type Place, PROJECT, streetEnvironment } from './places.ts'
import { isRunning, type ProcessId, processId } from './process-id.ts'
import { streetDirectory } from './state.ts'

export interface Program {
  /** What it is called in files and sentences. */
  readonly role: string
  readonly place: Place
  readonly argv: readonly string[]
  /** What its log says once it serves. */
  readonly ready: RegExp
}

/** Start `program` and wait until it serves. Throws a sentence with its last words if it does not. */
export async function start(street: string, program: Program, signal?: AbortSignal): Promise<void> {
  const { role, place, argv, ready } = program
  const log = logPath(street, role)
  const output = openSync(log, 'a')
  const spokenBytes = fstatSync(output).size
  const [file = '', ...rest] = inPlace(street, place, argv)
  const child = spawn(file, rest, {
    cwd: PROJECT,
    detached: true,
    env: streetEnvironment(),
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.unref()
  // `ip` turns into the program itself, so this is the program's number.
  const id = child.pid === undefined ? undefined : processId(child.pid)
  if (id !== undefined) record(street, role, id)

  const untilMs = performance.now() + READY_MS_MAX
  for (;;) {
    signal?.throwIfAborted()
    const said = readFileSync(log).subarray(spokenBytes).toString()
    if (ready.test(said)) return
    if (id === undefined || !isRunning(id)) {
      // What it said while dying may have come after our look.
      const lastWords = lastLines(readFileSync(log).subarray(spokenBytes).toString())
      throw new Error(`Cannot start ${role}: it ended${ending(child.exitCode)}. ${lastWords}`)
    }
    if (performance.now() >= untilMs) {
      throw new Error(
        `Cannot start ${role}: not ready after ${READY_MS_MAX / 1_000} s. ${lastLines(said)}`,
      )
    }
    await pause(POLL_MS)
  }
}

/** The recorded process of that role, if it is running. */
export function running(street: string, role: string): ProcessId | undefined {
  const path = join(processFolder(street), role)
  if (!existsSync(path)) return undefined
  const [pid = '', started = ''] = readFileSync(path, 'utf8').trim().split(' ')
  const id = { pid: Number(pid), started }
  return isRunning(id) ? id : undefined
}

/** Every process the street has a record of and that is still running. */
export function allRunning(street: string): ProcessId[] {
  const folder = processFolder(street)
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((role) => running(street, role) ?? [])
}

export function logPath(street: string, role: string): string {
  return join(streetDirectory(street), `${role}.log`)
}

function record(street: string, role: string, id: ProcessId): void {
  mkdirSync(processFolder(street), { recursive: true })
  writeFileSync(join(processFolder(street), role), `${id.pid} ${id.started}\n`)
}

function processFolder(street: string): string {
  return join(streetDirectory(street), 'processes')
}

function ending(status: number | null): string {
  return status === null ? '' : ` with status ${status}`
}

/** The end of a log for people: of JSON lines only what they say. */
function lastLines(log: string): string {
  const lines = log.trim().split('\n').slice(-LINES_QUOTED)
  if (lines.join('') === '') return 'It said nothing.'
  return `Its last words:\n${lines.map((line) => `  ${spoken(line)}`).join('\n')}`
}

function spoken(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } }
    const said = [msg, err?.message].filter((part) => typeof part === 'string')
    return said.length === 0 ? line : [...new Set(said)].join(': ')
  } catch {
    return line
  }
}

const READY_MS_MAX = 15_000
const POLL_MS = 10
const LINES_QUOTED = 8
