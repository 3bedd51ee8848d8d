/**
 * What the kernel counts of Multipath TCP in this network namespace, since it began (the MPTcpExt lines of
 * /proc/net/netstat): joins, fallbacks, stale subflows, what was sent again.
 */
import { readFileSync } from 'node:fs'

/** By the kernel's own names, without `MPTcpExt`; empty where the kernel counts none. */
export function readMptcpCounters(): ReadonlyMap<string, number> {
  return parseMptcpCounters(readFileSync('/proc/self/net/netstat', 'latin1'))
}

/** Two lines of a kind: the names, and below them the numbers. */
export function parseMptcpCounters(text: string): ReadonlyMap<string, number> {
  const [names = [], numbers = []] = text
    .split('\n')
    .filter((line) => line.startsWith(PREFIX))
    .map((line) => line.slice(PREFIX.length).trim().split(/\s+/))
  return new Map(
    names.flatMap((name, i) => {
      const number = Number(numbers[i])
      return Number.isFinite(number) ? [[name, number] as const] : []
    }),
  )
}

/** The only one of them that is what it is now: connections. */
export const MPTCP_NOW = 'MPCurrEstab'

const PREFIX = 'MPTcpExt:'
