/**
 * What idle connections cost each daemon: of its own memory (PSS; the kernel's sockets not counted), and of a core
 * while nothing happens. The main thread of the home is its steering.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAEMONS, type DaemonName } from '../lab/daemons.ts'
import type { Street } from '../lab/lab.ts'
import { openCrowd } from './crowd.ts'

export interface IdleCost {
  readonly daemon: DaemonName
  readonly held: number
  readonly bytesEach: number
  /** Of one core: the whole process, and its main thread. */
  readonly corePercent: number
  readonly mainPercent: number
}

export async function measureIdle(street: Street, connections: number): Promise<IdleCost[]> {
  const { daemons } = await street.status()
  const pss = () => DAEMONS.map((daemon) => pssBytes(daemons[daemon].pid))
  // The first connections load what every connection needs; they are not what one more costs.
  const warmUp = await openCrowd(street, WARM_UP, 0)
  await sleep(SETTLE_MS)
  const before = pss()
  const crowd = await openCrowd(street, connections, 0)
  await sleep(SETTLE_MS)
  const after = pss()
  const cores = DAEMONS.map((daemon) => readCpu(daemons[daemon].pid))
  const restMs = performance.now()
  await sleep(REST_MS)
  const restedMs = performance.now() - restMs
  const spent = DAEMONS.map((daemon) => readCpu(daemons[daemon].pid))
  const held = await crowd.finish()
  await warmUp.finish()
  if (held < connections) throw new Error(`Cannot judge: only ${held} of ${connections} were held`)
  return DAEMONS.map((daemon, i) => ({
    daemon,
    held,
    bytesEach: ((after[i] ?? 0) - (before[i] ?? 0)) / connections,
    corePercent: (100 * (spent[i]!.processMs - cores[i]!.processMs)) / restedMs,
    mainPercent: (100 * (spent[i]!.mainMs - cores[i]!.mainMs)) / restedMs,
  }))
}

export function pssBytes(pid: number | null): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1]
  if (kib === undefined) throw new Error(`Cannot read the memory of process ${pid}`)
  return Number(kib) * 1_024
}

/** User and system time since the process began. */
function readCpu(pid: number | null): { processMs: number; mainMs: number } {
  const spentMs = (path: string) => {
    // What stands before the last bracket is a name, and may hold anything.
    const fields = readFileSync(path, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS
  }
  return {
    processMs: spentMs(`/proc/${pid}/stat`),
    mainMs: spentMs(`/proc/${pid}/task/${pid}/stat`),
  }
}

const WARM_UP = 500
/** Two resyncs of the path manager. */
const REST_MS = 20_000
/** Fields of /proc/PID/stat behind the name, and USER_HZ (proc(5)). */
const UTIME = 11
const STIME = 12
const TICK_MS = 10
const SETTLE_MS = 3_000
