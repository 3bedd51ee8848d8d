/**
 * For how long a limit of the processor held this process up: a container's, or a service's CPUQuota. To the scheduler a
 * thread that has to wait for its group's next period neither runs nor waits to run, so nothing else tells of it.
 *
 *     period 1      period 2      period 3
 *     ████░░░░░░    ██▁▁▁▁▁▁▁▁    ████░░░░░░     ░ the quota is used up: such a period counts whole
 */
import { dirname, join, relative } from 'node:path'
import { contentOf } from './proc.ts'

/** By control group, of ours and of those it stands in, milliseconds of periods in which its quota was used up. */
export function quotaSpentMs(): Map<string, number> {
  const groups = cpuGroups(contentOf('/proc/self/cgroup'), contentOf('/proc/self/mountinfo'))
  return new Map(
    groups.map((group) => {
      const spent = /^nr_throttled (\d+)$/m.exec(contentOf(join(group, 'cpu.stat')))?.[1]
      return [group, Number(spent ?? 0) * periodMs(group)]
    }),
  )
}

/** The folders of the groups that may limit our processor, from our own upwards (cgroups(7), version 1 and 2). */
export function cpuGroups(cgroup: string, mountinfo: string): readonly string[] {
  const ours = cgroup.split('\n').map((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    return { controllers: controllers.split(','), path }
  })
  for (const line of mountinfo.split('\n')) {
    const [placed = '', made = ''] = line.split(' - ')
    const [, , , root = '/', point = ''] = placed.split(' ')
    const [type, , options = ''] = made.split(' ')
    const isOfCpu = type === 'cgroup' && options.split(',').includes('cpu')
    if (!isOfCpu && type !== 'cgroup2') continue
    const group = ours.find(({ controllers }) => controllers.includes(isOfCpu ? 'cpu' : ''))
    if (group === undefined || (!isOfCpu && isCpuOfVersion1(ours))) continue
    return upwards(point, relative(root, group.path))
  }
  return []
}

function isCpuOfVersion1(ours: ReadonlyArray<{ readonly controllers: readonly string[] }>) {
  return ours.some(({ controllers }) => controllers.includes('cpu'))
}

function upwards(point: string, path: string): readonly string[] {
  // Of a group outside of what is mounted here, nothing can be read.
  if (path.startsWith('..')) return [point]
  const groups = [join(point, path)]
  for (let up = path; up !== '' && up !== '.'; up = dirname(up)) {
    groups.push(join(point, dirname(up)))
  }
  return groups
}

/** Of the kernel's 100 ms where the group does not say. */
function periodMs(group: string): number {
  const max = contentOf(join(group, 'cpu.max')).split(' ')[1]
  const us = Number(max ?? (contentOf(join(group, 'cpu.cfs_period_us')) || 100_000))
  return us / 1_000
}
