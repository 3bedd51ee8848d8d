/**
 * What a new connection costs: the time to its first byte, truthful and eager, beside one that leaves by the
 * same DSL line without us; and how many in a second both relays open, beside HAProxy.
 */
import { once } from 'node:events'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { type FirstByte, measureFirstByte } from './first-byte.ts'
import { startHaproxy } from './haproxy.ts'

export interface SetupRow extends FirstByte {
  readonly way: 'truthful' | 'eager' | 'direct'
  readonly lossPercent: number
}

/** The three ways take turns in each round, so that a restless machine is restless for all. */
export async function* measureSetup(connections: number, rounds: number): AsyncGenerator<SetupRow> {
  const cpe = { bypass: { prefixes: [DIRECT] } }
  for (const lossPercent of [0, 1]) {
    for (let round = 0; round < rounds; round++) {
      for (const connect of ['truthful', 'eager'] as const) {
        await using street = await raiseStreet({ name: 'hyb-bench', cpe: { ...cpe, connect } })
        await street.exec('internet', ['ip', 'address', 'add', `${DIRECT}/25`, 'dev', 'core'])
        for (const leg of ['dsl', 'lte'] as const) await street.line(leg, { lossPercent })
        const measure = (server: string) =>
          measureFirstByte(street, { connections, pauseMs: 20, server })
        // A daemon that has just begun is still being compiled.
        await measureFirstByte(street, { connections: WARM_UP, pauseMs: 5, server: BONDED })
        yield { way: connect, lossPercent, ...(await measure(BONDED)) }
        if (connect === 'truthful') {
          yield { way: 'direct', lossPercent, ...(await measure(DIRECT)) }
        }
      }
    }
  }
}

export interface RateRow {
  readonly contender: string
  readonly perSecond: number
  readonly failed: number
}

/** Over plain cables, one thread each. */
export async function* measureRate(rounds: number, seconds: number): AsyncGenerator<RateRow> {
  for (let round = 0; round < rounds; round++) {
    for (const connect of ['eager', 'truthful'] as const) {
      await using street = await raiseStreet({
        name: 'hyb-bench',
        plainLines: true,
        cpe: { connect, workers: 1, pool: { sizeMax: 256 } },
        concentrator: { workers: 1, limits: UNLIMITED },
      })
      yield { contender: `hybridge ${connect}`, ...(await knock(street, seconds, BONDED, PORT)) }
    }
    await using street = await raiseStreet({ name: 'hyb-bench', plainLines: true, daemons: false })
    const haproxy = { threads: 1, bufferBytes: undefined, serverPort: PORT }
    const { server, port, processes } = await startHaproxy(street, haproxy)
    yield { contender: 'haproxy nbthread 1', ...(await knock(street, seconds, server, port)) }
    for (const child of processes) child.kill()
  }
}

async function knock(street: Street, seconds: number, server: string, port: number) {
  const door = street.spawn('internet', ['node', SERVER, String(PORT)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (door.stdout === null) throw new Error('Cannot hear the server')
  await once(door.stdout, 'data')
  const argv = ['node', CLIENT, server, String(port), String(AT_A_TIME), String(seconds)]
  // What the first second pays for (the pool, the compiler) is not what is asked.
  await street.exec('home', argv.with(-1, '2'))
  const { status, stdout, stderr } = await street.exec('home', argv)
  door.kill()
  if (status !== 0) throw new Error(`Cannot knock: ${stderr}`)
  return JSON.parse(stdout) as { perSecond: number; failed: number }
}

/** So many connections a second are more than one home may ask for. */
const UNLIMITED = {
  perSubscriber: { requestsPerS: 10_000, openMax: 100_000, pendingMax: 10_000 },
  perSource: { requestsPerS: 10_000 },
}
const BONDED = '198.51.100.10'
const DIRECT = '198.51.100.11'
const PORT = 9_000
const AT_A_TIME = 32
const WARM_UP = 200
const SERVER = new URL('knock-server.ts', import.meta.url).pathname
const CLIENT = new URL('knock-client.ts', import.meta.url).pathname
