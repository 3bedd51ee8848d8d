import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cpuGroups } from './cpu-quota.ts'

void suite('cpuGroups', () => {
  void test('of version 2, from our own group upwards', () => {
    const mounted = '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate'
    assert.deepEqual(cpuGroups('0::/system.slice/hybridge.service\n', mounted), [
      '/sys/fs/cgroup/system.slice/hybridge.service',
      '/sys/fs/cgroup/system.slice',
      '/sys/fs/cgroup',
    ])
  })

  void test('of version 1, where version 2 is mounted beside it for names alone', () => {
    const mounted = [
      '40 30 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      '41 30 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    ].join('\n')
    assert.deepEqual(cpuGroups('4:cpu,cpuacct:/router\n0::/router\n', mounted), [
      '/sys/fs/cgroup/cpu,cpuacct/router',
      '/sys/fs/cgroup/cpu,cpuacct',
    ])
  })

  void test('of a container, whose mount is its own group', () => {
    const mounted = '41 30 0:33 /docker/f00 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu'
    assert.deepEqual(cpuGroups('4:cpu:/docker/f00', mounted), ['/sys/fs/cgroup/cpu'])
    const of2 = '30 24 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw'
    assert.deepEqual(cpuGroups('0::/', of2), ['/sys/fs/cgroup'])
  })

  void test('none where nothing is mounted, or nothing could be read', () => {
    assert.deepEqual(cpuGroups('0::/', ''), [])
    assert.deepEqual(cpuGroups('', ''), [])
  })
})
