/**
 * What a home is told when its server could not be reached, and what is tried again first.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../../shared/wire/address.ts'
import { judgeFailure, localFailure } from './connect-failure.ts'

const V4 = knownAddress('198.51.100.10')
const V6 = knownAddress('2001:db8:5::10')
const ECONNREFUSED = 111
const EHOSTUNREACH = 113
const EACCES = 13

const rows: ReadonlyArray<
  [name: string, errno: number, icmp: [4 | 6, number, number] | undefined, says: string]
> = [
  ['a reset', ECONNREFUSED, undefined, '96'],
  ['a reset right after the handshake', 104, undefined, '96'],
  ['a port that ICMP calls unreachable', ECONNREFUSED, [4, 3, 3], '97/3'],
  ['the same in IPv6', ECONNREFUSED, [6, 1, 4], '97/4'],
  ['an administrator forbids it', EHOSTUNREACH, [4, 3, 13], '97/13'],
  ['an administrator forbids the network', 101, [4, 3, 9], '97/9'],
  ['an administrator forbids the host', EHOSTUNREACH, [4, 3, 10], '97/10'],
  ['an administrator forbids it in IPv6', EACCES, [6, 1, 1], '97/1'],
  ['no such protocol', 92, [4, 3, 2], '97/2'],
  ['no route, yet', 101, [4, 3, 0], '97/0 again'],
  ['no such host, yet', EHOSTUNREACH, [4, 3, 1], '97/1 again'],
  ['no route in IPv6, yet', 101, [6, 1, 0], '97/0 again'],
  ['no neighbour in IPv6, yet', EHOSTUNREACH, [6, 1, 3], '97/3 again'],
  ['a loop of routes', EHOSTUNREACH, [4, 11, 0], '97/0 again'],
  ['an error that only the queue tells', 0, [4, 3, 3], '97/3'],
  ['MPTCP: no route, yet', 101, undefined, '97/0 again'],
  ['MPTCP: no such host, or forbidden', EHOSTUNREACH, undefined, '97/1 again'],
  ['MPTCP: no such protocol', 92, undefined, '97/2'],
  ['MPTCP: a parameter problem', 71, undefined, '97/0 again'],
  ['the kernel has given up', 110, undefined, '97/1 again'],
]

for (const [name, errno, icmp, says] of rows) {
  test(`${name}: ${says}`, () => {
    const [number, type = 0, code = 0] = icmp ?? []
    const family = number === 4 ? 'ipv4' : 'ipv6'
    const verdict = judgeFailure({
      errno,
      icmp: icmp === undefined ? undefined : { family, type, code },
      server: V4,
    })
    assert.equal(spoken(verdict), says)
  })
}

test('a prohibition without its ICMP error has the code of the family', () => {
  const forbidden = { errno: EACCES, icmp: undefined }
  assert.equal(spoken(judgeFailure({ ...forbidden, server: V4 })), '97/13')
  assert.equal(spoken(judgeFailure({ ...forbidden, server: V6 })), '97/1')
})

test('silence has the code of the family: a host, or an address in IPv6', () => {
  const silent = { errno: 110, icmp: undefined }
  assert.equal(spoken(judgeFailure({ ...silent, server: V4 })), '97/1 again')
  assert.equal(spoken(judgeFailure({ ...silent, server: V6 })), '97/3 again')
})

test('what this host lacks is told at once: a route, a permission, descriptors, memory', () => {
  const told = (errno: number) => spoken({ failure: localFailure(errno, V4), soft: false })
  assert.equal(told(101), '97/0')
  assert.equal(told(EHOSTUNREACH), '97/1')
  for (const errno of [1, EACCES]) assert.equal(told(errno), '32')
  for (const errno of [12, 23, 24, 105]) assert.equal(told(errno), '64 for 30 s')
})

function spoken({ failure, soft }: ReturnType<typeof judgeFailure>): string {
  const code = 'icmpCode' in failure ? `/${failure.icmpCode}` : ''
  const wait = 'waitS' in failure ? ` for ${failure.waitS} s` : ''
  return `${failure.code}${code}${wait}${soft ? ' again' : ''}`
}
