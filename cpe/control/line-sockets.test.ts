import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LegName } from '../../shared/core/leg.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { DiagnosedConnection } from '../../shared/wire/inet-diag.ts'
import { decodeTcpInfo, type TcpInfo } from '../../shared/wire/tcp-info.ts'
import { LineSockets } from './line-sockets.ts'

test('what got lost on the way to us is told from the gaps that it left', () => {
  const sockets = new LineSockets()
  const before = { dataSegmentsReceived: 1_000, bytesReceived: 1_400_000, receiveRttMs: 50 }
  look(sockets, 0, one('dsl', before))
  // 10,000 segments in 10 s are 50 in a round trip: each of 100 that got lost put 50 out of order.
  const { legs } = look(
    sockets,
    10_000,
    one('dsl', {
      ...before,
      dataSegmentsReceived: 11_000,
      bytesReceived: 15_400_000,
      outOfOrderSegments: 5_000,
    }),
  )
  assert.equal(legs.dsl.lostShare.down, 0.01)
  assert.equal(legs.dsl.rttMs, 50)
  assert.equal(legs.dsl.lostShare.up, undefined)
  assert.equal(legs.lte.rttMs, undefined)
})

test('what got lost on its way from us is what was sent again', () => {
  const sockets = new LineSockets()
  look(sockets, 0)
  const sent = {
    dataSegmentsSent: 2_000,
    retransmittedSegments: 40,
    bytesAcked: 2_800_000,
    rttMs: 90,
  }
  const { legs } = look(sockets, 10_000, one('lte', sent))
  assert.equal(legs.lte.lostShare.up, 0.02)
  assert.equal(legs.lte.rttMs, 90)
})

test('plain TCP is told by its share of the bytes, and other connections are nothing to us', () => {
  const sockets = new LineSockets()
  look(sockets, 0)
  const bytes = (bytesReceived: number) => ({ bytesReceived })
  const use = look(
    sockets,
    10_000,
    one('dsl', bytes(3_000_000), false),
    one('lte', bytes(1_000_000)),
    one(undefined, bytes(9_000_000), false),
  )
  assert.equal(use.plainShare, 0.75)
  assert.equal(look(sockets, 20_000).plainShare, undefined)
})

type Painted = DiagnosedConnection & { readonly leg: LegName | undefined }

function one(leg: LegName | undefined, info: Partial<TcpInfo>, multipath = true): Painted {
  const local = { address: knownAddress('192.0.2.1'), port: leg === 'dsl' ? 1 : 2 }
  const remote = { address: knownAddress('198.51.100.1'), port: 443 }
  return {
    leg,
    local,
    remote,
    multipath,
    tcpInfo: { ...decodeTcpInfo(new Uint8Array(280)), ...info },
  }
}

function look(sockets: LineSockets, nowMs: number, ...connections: readonly Painted[]) {
  return sockets.look(connections, (connection) => (connection as Painted).leg, nowMs)
}
