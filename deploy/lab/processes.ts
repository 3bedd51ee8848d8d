/**
 * What runs on the street after the command that started it has returned: each process detached in its
 * place, its number in a file, its words in a log, and known to serve because the log says so.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
  await once(child, 'spawn')
  // `ip` turns into the program itself, so this is the program's number.
  const id = processId(child.pid ?? 0)
  if (id !== undefined) record(street, role, id)

  const untilMs = performance.now() + READY_MS_MAX
  for (;;) {
    signal?.throwIfAborted()
    // First whether it ended, then what it said: so its last words are all there.
    const ending = child.signalCode ?? child.exitCode
    const said = readFileSync(log).subarray(spokenBytes).toString()
    if (ending !== null) {
      const how =
        typeof ending === 'string' ? `was ended by ${ending}` : `ended with status ${ending}`
      throw new Error(`Cannot start ${role}: it ${how}. ${lastLines(said)}`)
    }
    if (ready.test(said)) return
    if (performance.now() >= untilMs) {
      const sentence = `Cannot start ${role}: not ready after ${READY_MS_MAX / 1_000} s.`
      throw new Error(`${sentence} ${lastLines(said)}`)
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

/** The end of a log for people: of JSON lines only what they say, of a stack trace only the error. */
function lastLines(log: string): string {
  const worthy = log.split('\n').filter((line) => !NOISE.test(line))
  const lines = worthy.slice(-LINES_QUOTED)
  if (lines.length === 0) return 'It said nothing.'
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

/** What Node puts around the one line that says what went wrong. */
const NOISE = /^\s*(at .*|[{}^]|throw .*|code: .*|requireStack: .*|node:internal.*|Node\.js v.*)?$/
const READY_MS_MAX = 15_000
const POLL_MS = 10
const LINES_QUOTED = 8
