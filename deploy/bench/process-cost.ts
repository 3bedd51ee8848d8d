/**
 * What a process costs, as the kernel tells: proc(5).
 */
import { readFileSync } from 'node:fs'

/** Its own memory and its share of what it shares (PSS). */
export function pssBytes(pid: number | null): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1]
  if (kib === undefined) throw new Error(`Cannot read the memory of process ${pid}`)
  return Number(kib) * 1_024
}

/** User and system time since it began. */
export function cpuMs(pid: number | null): number {
  return spentMs(`/proc/${pid}/stat`)
}

/** The same of its main thread alone. */
export function mainThreadCpuMs(pid: number | null): number {
  return spentMs(`/proc/${pid}/task/${pid}/stat`)
}

function spentMs(path: string): number {
  // What stands before the last bracket is a name, and may hold anything.
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS
}

/** Fields behind the name, and USER_HZ. */
const UTIME = 11
const STIME = 12
const TICK_MS = 10
