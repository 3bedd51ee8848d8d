/**
 * What became of what our connections to the concentrator carried, from one look at the kernel's list of them to the
 * next: by leg, how much got lost and how long it took; and how much of it all went over plain TCP.
 */
import type { LegName } from '../../shared/core/leg.ts'
import { LEGS } from '../../shared/core/leg.ts'
import type { ByDirection } from '../../shared/core/verdict-facts.ts'
import type { DiagnosedConnection } from '../../shared/wire/inet-diag.ts'
import type { TcpInfo } from '../../shared/wire/tcp-info.ts'
import { endsOf } from '../steering/connections.ts'

export interface LineUse {
  readonly lostShare: ByDirection<number | undefined>
  /** What a round trip took, weighed by bytes; undefined where little was carried. */
  readonly rttMs: number | undefined
}

export interface SocketsUse {
  readonly legs: Readonly<Record<LegName, LineUse>>
  /** undefined where little was carried. */
  readonly plainShare: number | undefined
}

export class LineSockets {
  #before = new Map<string, TcpInfo>()
  #lookedMs = -Infinity

  /** `legOf`: the leg of a connection to the concentrator; undefined for all others. */
  look(
    connections: Iterable<DiagnosedConnection>,
    legOf: (connection: DiagnosedConnection) => LegName | undefined,
    nowMs: number,
  ): SocketsUse {
    const sums = { dsl: newSum(), lte: newSum() }
    const now = new Map<string, TcpInfo>()
    const ms = nowMs - this.#lookedMs
    let plain = 0
    for (const connection of connections) {
      const leg = legOf(connection)
      if (leg === undefined) continue
      const ends = endsOf(connection)
      const info = connection.tcpInfo
      now.set(ends, info)
      const bytes = add(sums[leg], this.#before.get(ends), info, ms)
      if (!connection.multipath) plain += bytes
    }
    this.#before = now
    this.#lookedMs = nowMs
    const bytes = LEGS.reduce((sum, leg) => sum + sums[leg].bytes, 0)
    return {
      legs: { dsl: useOf(sums.dsl), lte: useOf(sums.lte) },
      plainShare: bytes < ENOUGH_BYTES ? undefined : plain / bytes,
    }
  }
}

interface Sum {
  bytes: number
  /** Bytes times the round trip that they took. */
  byteMs: number
  sent: number
  lostUp: number
  received: number
  lostDown: number
}

function newSum(): Sum {
  return { bytes: 0, byteMs: 0, sent: 0, lostUp: 0, received: 0, lostDown: 0 }
}

/** What has come to one connection since `before`. The bytes of it. */
function add(sum: Sum, before: TcpInfo | undefined, now: TcpInfo, ms: number): number {
  // Of one that is new all counts; of one whose ends came again too.
  const from = before === undefined || before.bytesReceived > now.bytesReceived ? ZERO : before
  const inBytes = now.bytesReceived - from.bytesReceived
  const outBytes = now.bytesAcked - from.bytesAcked
  const received = now.dataSegmentsReceived - from.dataSegmentsReceived
  const rttMs = inBytes > outBytes && now.receiveRttMs > 0 ? now.receiveRttMs : now.rttMs
  sum.bytes += inBytes + outBytes
  sum.byteMs += (inBytes + outBytes) * rttMs
  sum.sent += now.dataSegmentsSent - from.dataSegmentsSent
  sum.lostUp += now.retransmittedSegments - from.retransmittedSegments
  sum.received += received
  // Behind each gap, everything comes out of order until what fills it is here: a round trip's worth.
  const behind = Math.max(1, (received / ms) * rttMs)
  sum.lostDown += (now.outOfOrderSegments - from.outOfOrderSegments) / behind
  return inBytes + outBytes
}

function useOf(sum: Sum): LineUse {
  const share = (lost: number, of: number) =>
    of < ENOUGH_SEGMENTS ? undefined : Math.min(1, Math.max(0, lost) / of)
  return {
    lostShare: { down: share(sum.lostDown, sum.received), up: share(sum.lostUp, sum.sent) },
    rttMs: sum.bytes < ENOUGH_BYTES ? undefined : sum.byteMs / sum.bytes,
  }
}

const ZERO = {
  bytesReceived: 0,
  bytesAcked: 0,
  dataSegmentsReceived: 0,
  dataSegmentsSent: 0,
  retransmittedSegments: 0,
  outOfOrderSegments: 0,
} as const
/** Fewer tell nothing of a loss of some thousandths. */
const ENOUGH_SEGMENTS = 300
const ENOUGH_BYTES = 300_000
