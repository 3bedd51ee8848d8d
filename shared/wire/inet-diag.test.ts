import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import { decodeConnection, decodeSubflow, encodeSubflowsQuery } from './inet-diag.ts'

// Answers of Linux 6.18.44 about a connection of an AF_INET6 socket, with a short tcp_info: an LTE
// subflow that joined as backup, and the first subflow, over DSL.
const JOINED = hex(`
  0a010000 bc132263 00000000 00000000 0000ffff 0a090202 00000000 00000000 0000ffff c000020a
  03000000 b7100000 00000000 00000000 00000000 00000000 00000000 10de9300
  0500 0800 00 000000   0c00 0200 01000000 0007aa01
  6800 1300 0a000100 6d707463 70000000 58000300 08000100 99fd0f4e 08000200 6aa097a9
  08000800 ec000000 05000900 00000000 05000a00 02000000 08000300 01000000 0c000400 ca906a7d 80cb0f35
  08000500 00000000 08000600 1efadaab 06000700 00000000`)
const FIRST = hex(`
  0a010000 e25c2263 00000000 00000000 0000ffff 0a090102 00000000 00000000 0000ffff c000020a
  00000000 b8100000 00000000 00000000 00000000 00000000 00000000 10de9300
  0500 0800 00 000000   0c00 0200 01000000 0007aa01
  6800 1300 0a000100 6d707463 70000000 58000300 08000100 00000000 08000200 6aa097a9
  08000800 c3000000 05000900 00000000 05000a00 00000000 08000300 02000000 0c000400 c9906a7d 80cb0f35
  08000500 01000000 08000600 ac7467b7 06000700 01000000`)
const ORDINARY = hex(`
  02010000 01bb2263 0a090102 00000000 00000000 00000000 c000020a 00000000 00000000 00000000
  00000000 b8100000 00000000 00000000 00000000 00000000 00000000 10de9300   0500 0800 00 000000`)

test('decodeSubflow() reads a join: whose, from where, with which ids and flags', () => {
  const { tcpInfo, ...joined } = decodeSubflow(JOINED)!
  assert.deepEqual(joined, {
    token: 0xa997a06a,
    remoteToken: 0x4e0ffd99,
    local: { address: parseAddress('10.9.2.2'), port: 48_147 },
    remote: { address: parseAddress('192.0.2.10'), port: 8_803 },
    localId: 2,
    remoteId: 0,
    state: 1,
    ifIndex: 3,
    opened: true,
    joined: true,
    backup: true,
    remoteBackup: false,
    fullyEstablished: true,
    silentMs: 0,
  })
  assert.equal(tcpInfo.state, 1)
})

test('decodeSubflow() tells the first subflow from a join', () => {
  const first = decodeSubflow(FIRST)
  assert.equal(first?.joined, false)
  assert.equal(first?.opened, true)
  assert.equal(first?.token, 0xa997a06a)
})

test('decodeConnection() tells plain TCP from MPTCP, also where the kernel still lists what fell back', () => {
  assert.equal(decodeConnection(JOINED)?.multipath, true)
  assert.equal(decodeConnection(FIRST)?.multipath, true)
  assert.equal(decodeConnection(ORDINARY)?.multipath, false)
  // The peer has not answered with MP_CAPABLE (MPTCP_SUBFLOW_FLAG_MCAP_REM).
  const fellBack = FIRST.slice()
  fellBack[FIRST.findIndex((byte, at) => byte === 0xc3 && FIRST[at - 4] === 0x08)]! &= 0xfe
  assert.equal(decodeConnection(fellBack)?.multipath, false)
})

test('decodeSubflow() leaves out ordinary TCP', () => {
  assert.equal(decodeSubflow(ORDINARY), undefined)
})

test('encodeSubflowsQuery() asks for tcp_info too, or ULP info would not come', () => {
  assert.deepEqual(encodeSubflowsQuery(10), hex(`0a 06 02 00 0e010000 ${'00'.repeat(48)}`))
})

test('decodeSubflow() never throws, whatever the bytes', () => {
  for (const bytes of damaged(JOINED, 5_000, 1)) decodeSubflow(bytes)
})
