/**
 * How much of a neighbour one home notices: the time from its SYN to the concentrator's yes, over DSL, while
 * another home is quiet and while that one is at every limit, in turns.
 */
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { knownAddress } from '../../shared/wire/address.ts'
import { CONCENTRATOR, INTERNET, legAddresses } from '../lab/addresses.ts'
import { ConvertClient } from '../lab/convert-client.ts'
import type { Street } from '../lab/lab.ts'
import { running } from '../lab/processes.ts'
import { PORTS } from '../lab/services.ts'

/** Both homes, as the concentrator's configuration has them. */
export const NEIGHBOURS = [
  { id: 'quiet-home', cookie: 'c00c1e42c00c1e42' },
  { id: 'noisy-home', cookie: '0015e0150015e015' },
] as const

export interface Neighbourhood {
  readonly quietMs: readonly number[]
  readonly noisyMs: readonly number[]
  /** What the noisy home did and heard, by what it heard. */
  readonly noise: Readonly<Record<string, number>>
}

export async function measureNeighbour(
  street: Street,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Neighbourhood> {
  favour(street)
  const quietMs: number[] = []
  const noisyMs: number[] = []
  const noise: Record<string, number> = {}
  await connects(street, 2)
  for (let round = 0; round < rounds; round++) {
    quietMs.push(...(await connects(street, seconds)))
    const end = startNoise(street)
    await pause(SETTLE_MS)
    noisyMs.push(...(await connects(street, seconds)))
    for (const [heard, times] of Object.entries(await end())) {
      noise[heard] = (noise[heard] ?? 0) + times
    }
    await pause(SETTLE_MS)
  }
  return { quietMs, noisyMs, noise }
}

/**
 * Both homes, the lines and the internet have processors of their own in reality, and here they share two:
 * what is measured goes first, so that the figure tells of queues in the concentrator and not of the bench.
 */
function favour(street: Street): void {
  for (const role of ['concentrator', 'lines', 'internet']) {
    const process = running(street.name, role)
    if (process === undefined) throw new Error(`Cannot measure: ${role} does not run`)
    for (const task of readdirSync(`/proc/${process.pid}/task`)) setPriority(Number(task), FIRST)
  }
  setPriority(FIRST)
}

/** Milliseconds from SYN to the answer of each connection, one every PAUSE_MS. */
async function connects(street: Street, seconds: number): Promise<number[]> {
  const untilMs = performance.now() + seconds * 1_000
  const took: Array<Promise<number>> = []
  while (performance.now() < untilMs) {
    took.push(connectOnce(street))
    await pause(PAUSE_MS)
  }
  return Promise.all(took)
}

async function connectOnce(street: Street): Promise<number> {
  const beganMs = performance.now()
  using client = new ConvertClient({
    street: street.name,
    place: 'cpe',
    to: { address: CONCENTRATOR.own.ipv4, port: CONCENTRATOR.port },
    multipath: true,
    fastOpen: false,
    own: legAddresses('dsl', 0).cpe.ipv4,
  })
  const cookie = Buffer.from(NEIGHBOURS[0].cookie, 'hex')
  const address = knownAddress(INTERNET.own.ipv4)
  await client.say([
    { type: 'connect', address, port: PORTS.echo },
    { type: 'cookie', cookie },
  ])
  const { message } = await client.answer()
  if (message.length > 0) throw new Error(`The quiet home was refused: ${JSON.stringify(message)}`)
  return performance.now() - beganMs
}

function startNoise(street: Street): () => Promise<Record<string, number>> {
  const { address, port } = { address: CONCENTRATOR.own.ipv4, port: String(CONCENTRATOR.port) }
  const argv = [
    'nice',
    '-n',
    '19',
    'node',
    NOISE,
    address,
    port,
    NEIGHBOURS[1].cookie,
    INTERNET.own.ipv4,
  ]
  const child = street.spawn('internet', argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  return async () => {
    child.stdin?.end()
    await closed
    return JSON.parse(said) as Record<string, number>
  }
}

const NOISE = new URL('neighbour-noise.ts', import.meta.url).pathname
const PAUSE_MS = 25
/** A nice value: before everybody who has none. */
const FIRST = -15
/** Until the noisy home is at its limits, and until it is forgotten. */
const SETTLE_MS = 2_500
