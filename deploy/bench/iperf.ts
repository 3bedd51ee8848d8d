/**
 * iperf3 from the LAN to the street's internet: what a line or the bond carries of user data.
 */
import type { Street } from '../lab/lab.ts'

export type Direction = 'down' | 'up'

export interface IperfOptions {
  readonly direction: Direction
  readonly seconds: number
  /** Seconds at the start that do not count: the lines get going. */
  readonly omitS: number
  readonly flows?: number
  /** Of each flow; without it as fast as it goes. */
  readonly mbps?: number
  readonly server?: string
  readonly port?: number
}

/** Goodput in Mbit/s as the receiver counted it. */
export async function iperf(street: Street, options: IperfOptions): Promise<number> {
  const { direction, seconds, omitS, flows = 1, server = '198.51.100.10', port = 5201 } = options
  const argv = ['iperf3', '--json', '--client', server, '--port', String(port)]
  argv.push('--time', String(seconds), '--omit', String(omitS), '--parallel', String(flows))
  if (options.mbps !== undefined) argv.push('--bitrate', `${options.mbps.toFixed(3)}M`)
  if (direction === 'down') argv.push('--reverse')
  // The last test's server side may still be leaving when ours knocks.
  for (let attempt = 1; ; attempt++) {
    const { stdout, stderr } = await street.exec('home', argv, {
      timeoutMs: (seconds + omitS + 30) * 1_000,
    })
    const answer = read(stdout)
    if (typeof answer === 'number') return answer
    if (attempt >= ATTEMPTS || !answer.includes('busy')) {
      throw new Error(`Cannot measure with iperf3: ${answer || stderr}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function read(stdout: string): number | string {
  try {
    const said = JSON.parse(stdout) as {
      error?: string
      end?: { sum_received?: { bits_per_second: number } }
    }
    const bps = said.end?.sum_received?.bits_per_second
    return said.error ?? (bps === undefined ? 'it gave no result' : bps / 1_000_000)
  } catch {
    return `it answered ${JSON.stringify(stdout.slice(0, 200))}`
  }
}

const ATTEMPTS = 10
