/**
 * Time to the first byte of a new connection from the LAN, beside the ping through the same street.
 */
import type { Street } from '../lab/lab.ts'
import { percentileOf } from './percentile.ts'

export interface FirstByte {
  readonly pingMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly connections: number
}

export interface FirstByteOptions {
  readonly connections: number
  readonly pauseMs: number
  /** Where its bytes are. */
  readonly server?: string
}

/** One connection after another, `pauseMs` apart, each for one byte. */
export async function measureFirstByte(
  street: Street,
  { connections, pauseMs, server = SERVER }: FirstByteOptions,
): Promise<FirstByte> {
  const ping = await street.exec('home', ['ping', '-q', '-c', '40', '-i', '0.05', server])
  const pingMs = Number(/= [\d.]+\/([\d.]+)\//.exec(ping.stdout)?.[1])
  const argv = ['node', CLIENT, `http://${server}/bytes/1`, String(connections), String(pauseMs)]
  const { status, stdout, stderr } = await street.exec('home', argv, { timeoutMs: 120_000 })
  if (status !== 0 || Number.isNaN(pingMs)) throw new Error(`Cannot measure first bytes: ${stderr}`)
  const ms = JSON.parse(stdout) as number[]
  if (ms.length === 0) throw new RangeError('Cannot take a percentile of nothing')
  return {
    pingMs,
    p50Ms: percentileOf(ms, 50),
    p99Ms: percentileOf(ms, 99),
    connections: ms.length,
  }
}

const SERVER = '198.51.100.10'
const CLIENT = new URL('first-byte-client.ts', import.meta.url).pathname
