/**
 * How busy the processor is, of the busiest: for how long each of our threads ran or wanted to, how long each processor
 * was in interrupts, for what the kernel does for us there it does in nobody's name, and for how long a quota kept us from it.
 */
import { readdirSync } from 'node:fs'
import { quotaSpentMs } from './cpu-quota.ts'
import { contentOf } from './proc.ts'

export class ProcessorLook {
  /** Milliseconds, by thread, processor and control group. */
  #busy: ReadonlyMap<string, number> = new Map()
  #lookedMs = -Infinity

  /** 0 to 1, since the look before; undefined at the first. */
  look(nowMs: number): number | undefined {
    const ms = nowMs - this.#lookedMs
    this.#lookedMs = nowMs
    const before = this.#busy
    this.#busy = new Map([...wantedMs(), ...interruptedMs(), ...quotaSpentMs()])
    return ms === Infinity ? undefined : Math.min(1, most(before, this.#busy) / ms)
  }
}

function most(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): number {
  let busiest = 0
  for (const [id, value] of now) busiest = Math.max(busiest, value - (before.get(id) ?? value))
  return busiest
}

/** By thread: how long it ran, and waited to run behind others. */
function wantedMs(): Map<string, number> {
  const threads = new Map<string, number>()
  for (const id of readdirSync('/proc/self/task')) {
    const [ran = '0', waited = '0'] = contentOf(`/proc/self/task/${id}/schedstat`).split(' ')
    threads.set(id, (Number(ran) + Number(waited)) / 1e6)
  }
  return threads
}

function interruptedMs(): Map<string, number> {
  const processors = new Map<string, number>()
  for (const line of contentOf('/proc/stat').split('\n')) {
    const [id = '', ...ticks] = line.split(' ')
    if (!/^cpu\d/.test(id)) continue
    processors.set(id, (Number(ticks[5] ?? 0) + Number(ticks[6] ?? 0)) * TICK_MS)
  }
  return processors
}

/** USER_HZ is 100 on every architecture that Node runs on. */
const TICK_MS = 10
