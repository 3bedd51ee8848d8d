/**
 * Doors of one daemon that cannot be open together, said when its file is read and not by the kernel at its start.
 */
import type { Contradiction } from './document.ts'

export interface Door {
  /** The key that says its port. */
  readonly key: readonly string[]
  readonly port: number
  /** Ports it takes, from its own on. */
  readonly count: number
}

/** Each door that takes a port of one before it. */
export function* portContradictions(doors: readonly Door[]): Generator<Contradiction> {
  for (const [i, door] of doors.entries()) {
    const taken = doors.slice(0, i).find((other) => meet(door, other))
    if (taken === undefined) continue
    const message = `is ${door.port}, but ${taken.key.join('.')} takes ${portsOf(taken)}; choose another`
    yield { path: [...door.key], message }
  }
}

function meet(one: Door, other: Door): boolean {
  return one.port < other.port + other.count && other.port < one.port + one.count
}

function portsOf({ port, count }: Door): string {
  return count === 1 ? String(port) : `${port} to ${port + count - 1}`
}
