/**
 * Which process, for certain: its number together with the instant it started, so that a number the
 * kernel has given to somebody else since is never taken for ours.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

export interface ProcessId {
  readonly pid: number
  /** Clock ticks after boot, field 22 of /proc/PID/stat. */
  readonly started: string
}

/** Undefined when there is no such process, or it is dead and only waits for its parent. */
export function processId(pid: number): ProcessId | undefined {
  const stat = readProc(`${pid}/stat`)
  // The command's name stands in parentheses and may itself hold any character.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const started = fields?.[STARTED_FIELD]
  if (started === undefined || fields?.[0] === 'Z') return undefined
  return { pid, started }
}

export function isRunning(id: ProcessId): boolean {
  return processId(id.pid)?.started === id.started
}

/** Every process whose network namespace is one of the named ones. */
export function processesIn(netns: readonly string[]): ProcessId[] {
  const inodes = new Set(netns.flatMap((name) => namespaceInode(name) ?? []))
  if (inodes.size === 0) return []
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || !inodes.has(netnsLink(pid))) return []
    return processId(pid) ?? []
  })
}

/** Send `signal` if that very process is still there. */
export function sendSignal(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isRunning(id)) return
  try {
    process.kill(id.pid, signal)
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether all of them have ended within `timeoutMs`. */
export async function haveEnded(ids: readonly ProcessId[], timeoutMs: number): Promise<boolean> {
  const untilMs = performance.now() + timeoutMs
  while (ids.some(isRunning)) {
    if (performance.now() >= untilMs) return false
    await pause(POLL_MS)
  }
  return true
}

function namespaceInode(name: string): string | undefined {
  const stat = statSync(`/run/netns/${name}`, { throwIfNoEntry: false })
  return stat && `net:[${stat.ino}]`
}

function netnsLink(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return 'ended meanwhile'
  }
}

function readProc(name: string): string | undefined {
  try {
    return readFileSync(`/proc/${name}`, 'utf8')
  } catch {
    return undefined
  }
}

/** Counted from the state, which follows the command's name. */
const STARTED_FIELD = 19
const POLL_MS = 10
