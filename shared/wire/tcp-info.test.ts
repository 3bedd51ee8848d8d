import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import {
  addressListBuffer,
  decodeAddressList,
  decodeHandshake,
  decodeMptcpInfo,
  decodeTcpInfo,
  decodeTcpInfoList,
  packetBytesMax,
  silentMsOf,
  tcpInfoListBuffer,
} from './tcp-info.ts'

// Answers of Linux 6.18.44.
const TCP_INFO = `
  01000000 0007aa01 e01c0300 409c0000 a8050000 18020000 00000000 00000000 00000000 00000000 00000000
  40000000 00000000 3c000000 3c000000 dc050000 58fa0000 32000000 17000000 ffffff7f 0b000000 a8050000
  03000000 00000000 90380000 00000000 e4f76e2f 00000000 ffffffff ffffffff 02000000 00000000 01000000
  00000000 04000000 03000000 00000000 24000000 01000000 01000000 0ebe6502 00000000 00000000 00000000
  00000000 00000000 00000000 00000000 02000000 00000000 01000000 00000000 00000000 00000000 00000000
  00000000 00000000 00fc0000 00fc0000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
  00000000 00000000 00000000 00000000`
const MPTCP_INFO = hex(`
  01000000 00000000 02000000 6aa097a9 2f575a5e a4597893 2f575a5e a4597893 ca906a7d 80cb0f35
  01000000 00000000 00000000 00000000 01000000 00000000 01000000 00000000 01000000 00000000
  02000000 40000000 3c000000 28000000`)
const LIST = hex(`10000000 02000000 18010000 18010000 ${TCP_INFO} ${TCP_INFO}`)
const END = '00'.repeat(100)
const ADDRESSES = hex(`
  10000000 02000000 00010000 00010000
  0a00e25c 00000000 00000000 00000000 0000ffff 0a090102 00000000 ${END}
  0a002263 00000000 00000000 00000000 0000ffff c000020a 00000000 ${END}
  0200bc13 0a090202 00000000 00000000 00000000 00000000 00000000 ${END}
  02002263 c000020a 00000000 00000000 00000000 00000000 00000000 ${END}`)

test('decodeHandshake() reads which options both ends have agreed on', () => {
  const info = hex(TCP_INFO)
  assert.deepEqual(decodeHandshake(info), {
    timestamps: true,
    sackPermitted: true,
    windowScale: 10,
  })
  info[5] = 0x02
  assert.deepEqual(decodeHandshake(info), {
    timestamps: false,
    sackPermitted: true,
    windowScale: undefined,
  })
  info[5] = 0x04
  info[6] = 0xa0
  assert.deepEqual(decodeHandshake(info), {
    timestamps: false,
    sackPermitted: false,
    windowScale: 0,
  })
})

test('the largest packet is what the path carries, or what the segments of the other end allow', () => {
  const whole = { pathMtuBytes: 1_500, segmentBytes: 1_448 }
  assert.equal(packetBytesMax(whole, { timestamps: true }, 'ipv4'), 1_500)
  // A modem of PPPoE has said 1452 in the SYN+ACK, as ours to the other end.
  const clamped = { pathMtuBytes: 1_500, segmentBytes: 1_440 }
  assert.equal(packetBytesMax(clamped, { timestamps: true }, 'ipv4'), 1_492)
  const clamped6 = { pathMtuBytes: 1_500, segmentBytes: 1_432 }
  assert.equal(packetBytesMax(clamped6, { timestamps: false }, 'ipv6'), 1_492)
  const narrow = { pathMtuBytes: 1_400, segmentBytes: 1_448 }
  assert.equal(packetBytesMax(narrow, { timestamps: true }, 'ipv4'), 1_400)
})

test('decodeTcpInfo() reads what steering looks at', () => {
  assert.deepEqual(decodeTcpInfo(hex(TCP_INFO)), {
    state: 1,
    backoff: 0,
    appLimited: true,
    timeoutMs: 204,
    segmentBytes: 1_448,
    pathMtuBytes: 1_500,
    unackedSegments: 0,
    lostSegments: 0,
    lastDataSentMs: 64,
    lastDataReceivedMs: 60,
    lastAckReceivedMs: 60,
    rttMs: 0.05,
    rttVariationMs: 0.023,
    congestionWindowSegments: 11,
    receiveRttMs: 0,
    retransmittedSegments: 0,
    dataSegmentsReceived: 1,
    dataSegmentsSent: 1,
    outOfOrderSegments: 0,
    pacingBytesPerSecond: 795_801_572,
    bytesAcked: 2,
    bytesReceived: 1,
    unsentBytes: 0,
    rttMsMin: 0.036,
    deliveryBytesPerSecond: 40_222_222,
    bytesSent: 1,
    bytesRetransmitted: 0,
  })
})

test('silentMsOf() reads when anything last came in, data or an acknowledgement', () => {
  const info = hex(TCP_INFO)
  assert.equal(silentMsOf(info), 60)
  info[52] = 0xff
  assert.equal(silentMsOf(info), 60)
  info[56] = 0xfe
  assert.equal(silentMsOf(info), 254)
})

test('decodeTcpInfo() of an older kernel lacks only what that kernel lacked', () => {
  const old = decodeTcpInfo(hex(TCP_INFO).subarray(0, 104))
  assert.equal(old.rttMs, 0.05)
  assert.equal(old.bytesReceived, 0)
})

test('decodeTcpInfo() has no least round trip before the first sample', () => {
  const early = hex(TCP_INFO)
  early.fill(0xff, 148, 152)
  assert.equal(decodeTcpInfo(early).rttMsMin, 0)
})

test('decodeMptcpInfo() reads the connection', () => {
  assert.deepEqual(decodeMptcpInfo(MPTCP_INFO), {
    extraSubflows: 1,
    fellBack: false,
    token: 0xa997a06a,
    bytesRetransmitted: 0,
    bytesSent: 1,
    bytesReceived: 1,
    bytesAcked: 1,
    subflows: 2,
  })
})

test('the list buffers tell the kernel the sizes we take', () => {
  assert.deepEqual(tcpInfoListBuffer(2).subarray(0, 16), hex('10000000 00000000 00000000 18010000'))
  assert.equal(tcpInfoListBuffer(2).length, 16 + 2 * 280)
  assert.deepEqual(addressListBuffer(2).subarray(0, 16), hex('10000000 00000000 00000000 00010000'))
})

test('decodeTcpInfoList() and decodeAddressList() read every subflow, in the same order', () => {
  assert.deepEqual(
    decodeTcpInfoList(LIST).map(({ rttMs }) => rttMs),
    [0.05, 0.05],
  )
  const remote = { address: parseAddress('192.0.2.10'), port: 8_803 }
  assert.deepEqual(decodeAddressList(ADDRESSES), [
    { local: { address: parseAddress('10.9.1.2'), port: 57_948 }, remote },
    { local: { address: parseAddress('10.9.2.2'), port: 48_147 }, remote },
  ])
})

test('a list of more subflows than there was room for ends with the room', () => {
  const crowded = LIST.slice(0, 16 + 280)
  crowded[4] = 200
  assert.equal(decodeTcpInfoList(crowded).length, 1)
})

test('decoding never throws, whatever the bytes', () => {
  for (const bytes of damaged(LIST, 2_000, 1)) decodeTcpInfoList(bytes)
  for (const bytes of damaged(ADDRESSES, 2_000, 2)) decodeAddressList(bytes)
  for (const bytes of damaged(MPTCP_INFO, 2_000, 3)) decodeMptcpInfo(bytes)
  for (const bytes of damaged(hex(TCP_INFO), 2_000, 4)) decodeTcpInfo(bytes)
})
