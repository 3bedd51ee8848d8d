/**
 * Bulk datagrams through the tunnel on emulated lines: what both lines carry of them together, beside what the lines are, and
 * how many are lost or come out of order. One flow of iperf3, from the LAN and to it.
 */
import { INTERNET } from '../lab/addresses.ts'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { eventually } from '../lab/onlooker.ts'
import { PAIRS } from '../lab/pairs.ts'
import type { Direction } from './iperf.ts'

export interface BulkFigures {
  readonly direction: Direction
  /** Of what both lines carry of such datagrams without a tunnel. */
  readonly percentOfSum: number
  readonly mbps: number
  readonly lostPercent: number
  /** Of what was delivered, after a later one. */
  readonly latePercent: number
}

/** `load` is what is offered, of what the lines carry of such datagrams without a tunnel. */
export async function* measureBulk(
  pair: string,
  { seconds, load }: { readonly seconds: number; readonly load: number },
): AsyncGenerator<BulkFigures> {
  const lines = PAIRS[pair]
  if (lines === undefined) throw new Error(`Cannot measure ${pair}: there is no such pair`)
  await using street = await raiseStreet({
    name: 'hyb-bench',
    pair,
    cpe: { tunnel: { enabled: true } },
    concentrator: { tunnel: { enabled: true } },
  })
  await stands(street)
  for (const direction of ['down', 'up'] as const) {
    const sumMbps = lines.dsl[`${direction}Mbps`] + lines.lte[`${direction}Mbps`]
    const bareMbps = (sumMbps * PAYLOAD_BYTES) / (PAYLOAD_BYTES + IP_UDP_BYTES)
    const found = await bulk(street, direction, bareMbps * load, seconds)
    yield { direction, percentOfSum: (100 * found.mbps) / bareMbps, ...found }
  }
}

async function bulk(street: Street, direction: Direction, mbps: number, seconds: number) {
  const argv = ['iperf3', '--json', '--udp', '--client', INTERNET.own.ipv4]
  argv.push('--length', String(PAYLOAD_BYTES), '--bitrate', `${mbps.toFixed(3)}M`)
  argv.push('--omit', String(WARM_S), '--time', String(seconds))
  if (direction === 'down') argv.push('--reverse')
  const { stdout } = await street.exec('home', argv, { timeoutMs: (seconds + 30) * 1_000 })
  const { end, error } = JSON.parse(stdout) as {
    error?: string
    end?: {
      sum: { lost_packets: number; packets: number; seconds: number }
      streams: ReadonlyArray<{ udp: { out_of_order: number } }>
    }
  }
  if (end === undefined) throw new Error(`Cannot measure datagrams ${direction}: ${error}`)
  const { lost_packets: lost, packets, seconds: tookS } = end.sum
  const came = packets - lost
  return {
    mbps: (came * PAYLOAD_BYTES * 8) / (tookS * 1e6),
    lostPercent: (100 * lost) / packets,
    latePercent: (100 * (end.streams[0]?.udp.out_of_order ?? 0)) / came,
  }
}

/** Until packets are routed into it. */
async function stands(street: Street): Promise<void> {
  await eventually(async () => {
    const { stdout } = await street.exec('cpe', ['ip', 'route', 'show', 'table', '8803'])
    if (!stdout.includes('hybridge0')) throw new Error('Cannot measure: the tunnel does not stand')
  }, SETTLE_MS_MAX)
}

/** With its headers 1,328 bytes, which every leg's frames hold. */
const PAYLOAD_BYTES = 1_300
const IP_UDP_BYTES = 28
/** Not counted. */
const WARM_S = 3
const SETTLE_MS_MAX = 15_000
