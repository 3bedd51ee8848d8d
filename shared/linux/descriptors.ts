/**
 * How many descriptors this process may have: what bounds the number of flows.
 */
import { readFileSync } from 'node:fs'

/** RLIMIT_NOFILE now in force. Node raises the soft limit to the hard one at start. */
export function descriptorLimit(): number {
  const line = readFileSync('/proc/self/limits', 'utf8').match(/^Max open files\s+(\d+)/m)
  if (line === null) throw new Error('Cannot read RLIMIT_NOFILE: /proc/self/limits does not say')
  return Number(line[1])
}

/**
 * The descriptors that each of `workers` data threads may use for connections: `share` of the limit,
 * less what the rest of the daemon needs.
 */
export function descriptorsPerWorker(limit: number, share: number, workers: number): number {
  return Math.max(0, Math.floor((limit * share - RESERVED) / workers))
}

/** Netlink, probes, the store, the API and the log of one daemon. */
const RESERVED = 200
