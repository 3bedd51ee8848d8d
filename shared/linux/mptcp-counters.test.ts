import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MPTCP_NOW, parseMptcpCounters, readMptcpCounters } from './mptcp-counters.ts'

const NETSTAT = `TcpExt: SyncookiesSent SyncookiesRecv
TcpExt: 1 2
MPTcpExt: MPCapableSYNRX MPTCPRetrans MPCurrEstab
MPTcpExt: 7579 12 3
`

test('the names stand in one line and the numbers in the next, and other protocols are left out', () => {
  assert.deepEqual(
    [...parseMptcpCounters(NETSTAT)],
    [
      ['MPCapableSYNRX', 7_579],
      ['MPTCPRetrans', 12],
      [MPTCP_NOW, 3],
    ],
  )
})

test('a kernel without Multipath TCP counts nothing, and half a table gives what it has', () => {
  assert.equal(parseMptcpCounters('TcpExt: A\nTcpExt: 1\n').size, 0)
  assert.deepEqual([...parseMptcpCounters('MPTcpExt: A B\nMPTcpExt: 4\n')], [['A', 4]])
})

test('this kernel is understood', () => {
  const counters = readMptcpCounters()
  for (const [name, number] of counters) {
    assert.match(name, /^[A-Za-z0-9]+$/)
    assert.ok(number >= 0)
  }
})
