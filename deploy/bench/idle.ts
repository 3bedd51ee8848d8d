/**
 * What an idle connection costs each daemon of its own memory (PSS; the kernel's sockets not counted).
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
  const held = await crowd.finish()
  await warmUp.finish()
  if (held < connections) throw new Error(`Cannot judge: only ${held} of ${connections} were held`)
  return DAEMONS.map((daemon, i) => ({
    daemon,
    held,
    bytesEach: ((after[i] ?? 0) - (before[i] ?? 0)) / connections,
  }))
}

export function pssBytes(pid: number | null): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1]
  if (kib === undefined) throw new Error(`Cannot read the memory of process ${pid}`)
  return Number(kib) * 1_024
}

const WARM_UP = 500
const SETTLE_MS = 3_000
