/**
 * What the store and the API take: an import, and reads while policies change, on either keeper.
 */
import { raiseStreet, type Street } from '../lab/lab.ts'
import { percentileOf } from './percentile.ts'

export interface ControlRow {
  readonly keeper: 'sqlite' | 'redis'
  readonly importS: number
  readonly changes: number
  readonly changeP99Ms: number
  readonly reads: number
  readonly readP50Ms: number
  readonly readP99Ms: number
}

export interface ControlOptions {
  readonly homes: number
  readonly changesPerS: number
  readonly seconds: number
}

export async function* measureControl(options: ControlOptions): AsyncGenerator<ControlRow> {
  for (const keeper of ['sqlite', 'redis'] as const) {
    const socket = '/run/hybridge-bench-redis.sock'
    const redis = keeper === 'redis' ? { store: { redis: socket } } : {}
    const limits = { api: { requestsPerS: 10_000 } }
    await using street = await raiseStreet({
      name: 'hyb-control',
      daemons: false,
      concentrator: { ...redis, ...limits },
    })
    if (keeper === 'redis') await startRedis(street, socket)
    await street.restart('concentrator')
    yield { keeper, ...(await measureOn(street, options)) }
  }
}

/** It writes each change to the disk within a second, as an operator's would. */
async function startRedis(street: Street, socket: string): Promise<void> {
  const argv = ['redis-server', '--port', '0', '--unixsocket', socket, '--dir', street.directory]
  street.spawn('concentrator', [...argv, '--appendonly', 'yes', '--save', ''], { stdio: 'ignore' })
  for (;;) {
    const ping = ['redis-cli', '-s', socket, 'ping']
    const { stdout } = await street.exec('concentrator', ping)
    if (stdout.includes('PONG')) return
  }
}

async function measureOn(street: Street, { homes, changesPerS, seconds }: ControlOptions) {
  const argv = ['node', CLIENT, String(homes), String(changesPerS), String(seconds)]
  const { status, stdout, stderr } = await street.exec('concentrator', argv)
  if (status !== 0) throw new Error(`Cannot measure the API: ${stderr}`)
  const { importMs, changesMs, readsMs } = JSON.parse(stdout) as Measured
  return {
    importS: importMs / 1_000,
    changes: changesMs.length / seconds,
    changeP99Ms: percentileOf(changesMs, 99),
    reads: readsMs.length,
    readP50Ms: percentileOf(readsMs, 50),
    readP99Ms: percentileOf(readsMs, 99),
  }
}

interface Measured {
  readonly importMs: number
  readonly changesMs: readonly number[]
  readonly readsMs: readonly number[]
}

const CLIENT = new URL('control-client.ts', import.meta.url).pathname
