/**
 * What Linux 6.18 puts into the error queue of a socket whose connect an ICMP error has ended.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readIcmpError } from './extended-error.ts'
import { hex } from './hex.fake.ts'

/** The router 10.8.1.2 says that the port is unreachable, to an AF_INET6 socket. */
const PORT_UNREACHABLE =
  '6f000000 02 03 03 00 00000000 00000000 0a00 0000 00000000 00000000000000000000ffff0a080102 00000000'
/** The router 2001:db8:81::2 says that it may not. */
const PROHIBITED_IPV6 =
  '0d000000 03 01 01 00 00000000 00000000 0a00 0000 00000000 20010db8008100000000000000000002 00000000'

test('an IPv4 error is told in both forms', () => {
  const error = { family: 'ipv4', type: 3, code: 3 }
  const data = hex(PORT_UNREACHABLE)
  assert.deepEqual(readIcmpError({ level: 41, type: 25, data }), error)
  assert.deepEqual(readIcmpError({ level: 0, type: 11, data }), error)
})

test('an IPv6 error keeps its own type and code', () => {
  const error = { family: 'ipv6', type: 1, code: 1 }
  assert.deepEqual(readIcmpError({ level: 41, type: 25, data: hex(PROHIBITED_IPV6) }), error)
})

test('what is no ICMP error is passed over', () => {
  const data = hex(PORT_UNREACHABLE)
  assert.equal(readIcmpError({ level: 41, type: 50, data }), undefined)
  assert.equal(readIcmpError({ level: 1, type: 11, data }), undefined)
  assert.equal(readIcmpError({ level: 0, type: 11, data: data.subarray(0, 15) }), undefined)
  const local = data.slice()
  local[4] = 1
  assert.equal(readIcmpError({ level: 0, type: 11, data: local }), undefined)
})
