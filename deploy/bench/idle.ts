/**
 * What idle connections cost each daemon: of its own memory (PSS; the kernel's sockets not counted), and of a core
 * while nothing happens. The main thread of the home is its steering.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DAEMONS, type DaemonName } from '../lab/daemons.ts'
import type { Street } from '../lab/lab.ts'
import { openCrowd } from './crowd.ts'
import { cpuMs, mainThreadCpuMs, pssBytes } from './process-cost.ts'

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
  const eachOf = (read: (pid: number | null) => number) =>
    DAEMONS.map((daemon) => read(daemons[daemon].pid))
  // The first connections load what every connection needs; they are not what one more costs.
  const warmUp = await openCrowd(street, WARM_UP, 0)
  await sleep(SETTLE_MS)
  const before = eachOf(pssBytes)
  const crowd = await openCrowd(street, connections, 0)
  await sleep(SETTLE_MS)
  const after = eachOf(pssBytes)
  const processMs = eachOf(cpuMs)
  const mainMs = eachOf(mainThreadCpuMs)
  const restMs = performance.now()
  await sleep(REST_MS)
  const restedMs = performance.now() - restMs
  const processAfterMs = eachOf(cpuMs)
  const mainAfterMs = eachOf(mainThreadCpuMs)
  const held = await crowd.finish()
  await warmUp.finish()
  if (held < connections) throw new Error(`Cannot judge: only ${held} of ${connections} were held`)
  return DAEMONS.map((daemon, i) => ({
    daemon,
    held,
    bytesEach: ((after[i] ?? 0) - (before[i] ?? 0)) / connections,
    corePercent: (100 * (processAfterMs[i]! - processMs[i]!)) / restedMs,
    mainPercent: (100 * (mainAfterMs[i]! - mainMs[i]!)) / restedMs,
  }))
}

const WARM_UP = 500
/** Two resyncs of the path manager. */
const REST_MS = 20_000
const SETTLE_MS = 3_000
