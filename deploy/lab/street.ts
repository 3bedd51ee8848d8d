/**
 * Raise a street and take it down. Raising is a list, in the order things need each other; taking down
 * asks nobody what was raised, so that it also clears what a crash left.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mustRun, requireCommands } from './command.ts'
import { type ConfigPatch, mergeConfig, startDaemon, writeConfigs } from './daemons.ts'
import { NAT_DEFAULT, setNat } from './nat.ts'
import { DEFAULT_PAIR, PAIRS, type Pair } from './pairs.ts'
import { netnsOf, PLACES } from './places.ts'
import { haveEnded, type ProcessId, processesIn, processId, sendSignal } from './process-id.ts'
import { allRunning } from './processes.ts'
import { MTU_MAX, removeResolvers, startLines, startServices, writeResolvers } from './services.ts'
import { CONTROL, pinConcentrator } from './session.ts'
import {
  claim,
  isLeftOver,
  peekState,
  release,
  type StreetState,
  streetDirectory,
  writeState,
} from './state.ts'
import { attachLegs, layCables, layPlainLines, makeNamespaces } from './topology.ts'

export interface StreetOptions {
  readonly name: string
  readonly pair?: string
  /** Cables to the concentrator instead of emulated lines: no rate, no delay, no NAT, no `line`, `fail` or `status`. For benches. */
  readonly plainLines?: boolean
  /** Start both daemons; true unless said otherwise. */
  readonly daemons?: boolean
  /** What the CPE's configuration shall say beyond, or instead of, what the street gives it. */
  readonly cpe?: ConfigPatch
  readonly concentrator?: ConfigPatch
  /** The home holds a control session; false unless said otherwise. Needs `daemons`. */
  readonly session?: boolean
}

/**
 * Raise it whole, or not at all. With `ownerStays` it belongs to this process: the next to raise a
 * street of that name clears it away should this process die.
 */
export async function raise(
  options: StreetOptions,
  ownerStays: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const { name, pair: pairName = DEFAULT_PAIR, plainLines = false, daemons = true } = options
  const { cpe, session = false } = options
  const concentrator = session
    ? mergeConfig(CONTROL, options.concentrator ?? {})
    : options.concentrator
  requireRoot('raise')
  if (!NAME.test(name)) {
    throw new Error(`Cannot raise ${name}: a name is 1 to 16 of a-z, 0-9 and -, a letter first`)
  }
  const pair = pairNamed(pairName)
  requireCommands(COMMANDS)
  const leftOver = peekState(name)
  if (leftOver !== undefined && isLeftOver(leftOver)) await takeDown(name)

  const owner = processId(process.pid)
  const state = freshState(name, pairName, owner)
  claim(state)
  try {
    writeResolvers(name)
    writeConfigs(state, { ...(cpe && { cpe }), ...(concentrator && { concentrator }) })
    await makeNamespaces(name)
    const lines = plainLines ? layPlainLines(name) : startLines(name, pair, signal)
    await Promise.all([layCables(name), lines])
    await attachLegs(name, state.legs, plainLines ? 'concentrator' : 'access')
    if (!plainLines) await setNat(name, state.nat)
    await startServices(name, signal)
    if (daemons) {
      await startDaemon(name, 'concentrator', signal)
      if (session) pinConcentrator(name)
      await startDaemon(name, 'cpe', signal)
    }
    signal?.throwIfAborted()
    writeState({ ...state, phase: 'raised', owner: ownerStays ? owner : undefined })
  } catch (error) {
    await takeDown(name)
    throw error
  }
}

/** Everything of that name: processes, namespaces, files. True if there was anything. */
export async function takeDown(name: string): Promise<boolean> {
  requireRoot('take down')
  const netns = PLACES.map((place) => netnsOf(name, place)).filter((each) =>
    existsSync(`/run/netns/${each}`),
  )
  const stood = netns.length > 0 || existsSync(streetDirectory(name))
  await endProcesses(name, netns)
  if (netns.length > 0) {
    const batch = netns.map((each) => `netns delete ${each}\n`).join('')
    await mustRun('delete the namespaces', ['ip', '-batch', '-'], batch)
  }
  removeResolvers(name)
  release(name)
  return stood
}

/** Ask all to end, then make them; look again until none is left, for they may have had children. */
async function endProcesses(name: string, netns: readonly string[]): Promise<void> {
  let signal: NodeJS.Signals = 'SIGTERM'
  for (;;) {
    const ids = [...allRunning(name), ...processesIn(netns)].filter(
      ({ pid }) => pid !== process.pid,
    )
    if (ids.length === 0) return
    for (const id of ids) sendSignal(id, signal)
    await haveEnded(ids, GRACE_MS)
    signal = 'SIGKILL'
  }
}

function pairNamed(name: string): Pair {
  const pair = PAIRS[name]
  if (pair !== undefined) return pair
  throw new Error(`There is no pair ${name}; there are ${Object.keys(PAIRS).join(', ')}`)
}

function freshState(name: string, pair: string, owner: ProcessId | undefined): StreetState {
  const leg = { generation: 0, mtu: MTU_MAX }
  return {
    name,
    pair,
    phase: 'raising',
    owner,
    subscriber: { id: 'home-1', cookie: randomBytes(COOKIE_BYTES).toString('hex') },
    nat: NAT_DEFAULT,
    legs: { dsl: leg, lte: leg },
  }
}

function requireRoot(doing: string): void {
  if (process.getuid?.() !== 0) {
    throw new Error(`Cannot ${doing} the street: not root; run it as root`)
  }
}

const NAME = /^[a-z][a-z0-9-]{0,15}$/
const COOKIE_BYTES = 16
/** How long a process may take to end by itself. */
const GRACE_MS = 2_000

/** What the street runs, and the Debian package that has it. */
const COMMANDS = {
  ip: 'iproute2',
  nft: 'nftables',
  sysctl: 'procps',
  dnsmasq: 'dnsmasq-base',
  iperf3: 'iperf3',
}
