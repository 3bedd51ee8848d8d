/**
 * How many connections are what they should be: MPTCP, with a subflow on each line, soon after they have
 * carried so much that policy wants both.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Street } from '../lab/lab.ts'

export interface Joined {
  /** What the LAN opened, and had its bytes echoed on. */
  readonly opened: number
  readonly echoed: number
  /** Of those, the ones on MPTCP, and the ones with both lines, none of them for backup. */
  readonly bonded: number
  readonly joined: number
}

/** Batch after batch, each of its own process. The lines lose packets if the caller said so. */
export async function measureJoined(street: Street, connections: number): Promise<Joined> {
  const sum = { opened: 0, echoed: 0, bonded: 0, joined: 0 }
  while (sum.opened < connections) {
    const count = Math.min(BATCH, connections - sum.opened)
    const argv = ['node', CLIENT, SERVER, '7', String(count), String(FLOW_BYTES)]
    const child = street.spawn('home', argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    const { stdin, stdout } = child
    if (stdin === null || stdout === null) throw new Error('Cannot hear the LAN host')
    const { value } = await createInterface(stdout)[Symbol.asyncIterator]().next()
    const { echoed } = JSON.parse(value ?? '{"echoed":0}') as { echoed: number }
    await sleep(JOIN_MS)
    const standing = await connectionsOf(street)
    const ended = once(child, 'close')
    stdin.end()
    await ended
    sum.opened += count
    sum.echoed += echoed
    sum.bonded += standing.length
    sum.joined += standing.filter(({ devices }) => devices.has('dsl') && devices.has('lte')).length
  }
  return sum
}

interface Standing {
  bytes: number
  /** The lines that carry; a backup does not. */
  readonly devices: Set<string>
}

/** The home's MPTCP connections that have carried a flow, from the kernel's own list. */
async function connectionsOf(street: Street): Promise<Standing[]> {
  const { stdout } = await street.exec('cpe', ['ss', '-HtinO', 'state', 'established'])
  const byToken = new Map<string, Standing>()
  for (const line of stdout.split('\n')) {
    const token = /token:[0-9a-f]+\(id:\d+\)\/([0-9a-f]+)/.exec(line)?.[1]
    const device = /%(\w+):\d+\s/.exec(line)?.[1]
    // One that fell back keeps its token, and is never fully established.
    const flags = /flags:(\w+)/.exec(line)?.[1]
    if (token === undefined || device === undefined || flags?.includes('e') !== true) continue
    const standing = byToken.get(token) ?? { bytes: 0, devices: new Set<string>() }
    byToken.set(token, standing)
    standing.bytes += Number(/bytes_received:(\d+)/.exec(line)?.[1] ?? 0)
    if (!/[Bb]/.test(flags)) standing.devices.add(device)
  }
  return [...byToken.values()].filter(({ bytes }) => bytes >= FLOW_BYTES)
}

const SERVER = '198.51.100.10'
const CLIENT = new URL('joined-client.ts', import.meta.url).pathname
const BATCH = 20
/** Above what makes a connection a download, with room for what a page has. */
const FLOW_BYTES = 100_000
/** A join that is lost is tried again by the kernel after a second. */
const JOIN_MS = 1_500
