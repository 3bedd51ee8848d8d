/**
 * What both daemons show alike: which release runs, and what the kernel counts of Multipath TCP beneath it.
 */
import { release } from './arguments.ts'
import type { Say } from './exposition.ts'
import { counter, gauge } from './metric.ts'

export const ownMetrics = {
  build: gauge('hybridge_build_info', '1, with the release that runs', ['daemon', 'version']),
  kernelMptcp: counter(
    'hybridge_kernel_mptcp_total',
    'MPTcpExt counters of the kernel in this network namespace, by its own names',
    ['counter'],
  ),
  kernelMptcpNow: gauge(
    'hybridge_kernel_mptcp_connections',
    'Multipath connections of this network namespace (MPTcpExtMPCurrEstab)',
  ),
} as const

/** `counters` as the kernel names them; the one called `now` is what it is now. */
export function sayOwn(
  say: Say,
  daemon: string,
  counters: ReadonlyMap<string, number>,
  now: string,
): void {
  say(ownMetrics.build, 1, { daemon, version: release() })
  for (const [name, value] of counters) {
    if (name === now) say(ownMetrics.kernelMptcpNow, value)
    else say(ownMetrics.kernelMptcp, value, { counter: name })
  }
}

/** What prom-client says of every Node process, as far as dashboards and rules ask for it. */
export const processMetrics = {
  cpuSeconds: counter('process_cpu_seconds_total', 'CPU time of the process'),
  memory: gauge('process_resident_memory_bytes', 'Resident memory of the process'),
  startTime: gauge('process_start_time_seconds', 'When the process began, Unix time'),
  eventLoopP99: gauge('nodejs_eventloop_lag_p99_seconds', 'The slowest hundredth of turns'),
  heapUsed: gauge('nodejs_heap_size_used_bytes', 'JavaScript heap that is in use'),
} as const
