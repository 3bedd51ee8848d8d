/**
 * Our two relays beside two HAProxy under `mptcpize`, in one run: 8 flows over plain cables.
 *
 *   iperf3 ── cpe relay ══ two MPTCP subflows ══ concentrator relay ── iperf3 server
 *
 * All of it shares this machine's cores, so the figures are ratios between contenders, in rounds that
 * alternate; the median of each counts.
 */
import { raiseStreet, type Street } from '../lab/lab.ts'
import { type HaproxyOptions, startHaproxy } from './haproxy.ts'
import { type Direction, iperf } from './iperf.ts'

export interface RelayRow {
  readonly contender: string
  readonly direction: Direction
  readonly mbps: number
}

export interface RelayOptions {
  readonly rounds: number
  readonly seconds: number
  readonly onRow: (row: RelayRow) => void
}

/** Medians in Mbit/s by contender and direction. */
export async function benchRelay(options: RelayOptions): Promise<RelayRow[]> {
  const found: RelayRow[] = []
  const measured = async (
    contender: string,
    street: Street,
    where: { readonly server?: string; readonly port?: number } = {},
  ) => {
    for (const direction of DIRECTIONS) {
      const mbps = await iperf(street, {
        direction,
        seconds: options.seconds,
        omitS: 1,
        flows: FLOWS,
        ...where,
      })
      const row = { contender, direction, mbps }
      found.push(row)
      options.onRow(row)
    }
  }
  const ours = async (workers: number) => {
    const daemon = { workers }
    await using street = await raiseStreet({
      name: 'hyb-bench',
      plainLines: true,
      cpe: daemon,
      concentrator: daemon,
    })
    await measured(`hybridge ${workers} worker`, street)
  }
  const theirs = async (contender: string, haproxy: HaproxyOptions) => {
    await using street = await raiseStreet({ name: 'hyb-bench', plainLines: true, daemons: false })
    const { processes, ...where } = await startHaproxy(street, haproxy)
    await measured(contender, street, where)
    for (const child of processes) child.kill()
  }
  for (let round = 0; round < options.rounds; round++) {
    await ours(1)
    await theirs('haproxy nbthread 1', { threads: 1, bufferBytes: undefined })
    await theirs('haproxy nbthread 1 bufsize 131072', { threads: 1, bufferBytes: 131_072 })
    await ours(2)
    await theirs('haproxy nbthread 2', { threads: 2, bufferBytes: undefined })
  }
  return mediansOf(found)
}

function mediansOf(rows: readonly RelayRow[]): RelayRow[] {
  const contenders = [...new Set(rows.map(({ contender }) => contender))]
  return contenders.flatMap((contender) =>
    DIRECTIONS.map((direction) => {
      const own = rows.filter((row) => row.contender === contender && row.direction === direction)
      return { contender, direction, mbps: median(own.map(({ mbps }) => mbps)) }
    }),
  )
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.floor(sorted.length / 2)]
  if (value === undefined) throw new RangeError('Cannot take a median of nothing')
  return value
}

const DIRECTIONS = ['up', 'down'] as const
const FLOWS = 8
