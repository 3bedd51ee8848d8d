/**
 * The two daemons as the street runs them: their configurations, which fit the street's addresses, and
 * how they are started, stopped and started again.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { CONCENTRATOR } from './addresses.ts'
import { haveEnded, sendSignal } from './process-id.ts'
import { running, start } from './processes.ts'
import { readState, type StreetState, streetDirectory } from './state.ts'

export const DAEMONS = ['cpe', 'concentrator'] as const
export type DaemonName = (typeof DAEMONS)[number]

/** Part of a configuration. Objects are merged key by key, everything else replaces. */
export interface ConfigPatch {
  readonly [key: string]: unknown
}

/** Write both configurations, the street's own values under what `patches` say. */
export function writeConfigs(
  state: StreetState,
  patches: Readonly<Partial<Record<DaemonName, ConfigPatch>>>,
): void {
  const configs = { cpe: cpeConfig(state), concentrator: concentratorConfig(state) }
  for (const daemon of DAEMONS) {
    mkdirSync(stateDirectory(state.name, daemon), { recursive: true })
    const config = mergeConfig(configs[daemon], patches[daemon] ?? {})
    writeFileSync(configPath(state.name, daemon), stringify(config))
  }
}

/** Start one and wait until it serves. */
export function startDaemon(street: string, daemon: DaemonName, signal?: AbortSignal) {
  const argv = ['node', `${daemon}/main.ts`, configPath(street, daemon)]
  return start(street, { role: daemon, place: daemon, argv, ready: READY }, signal)
}

/** End the daemon with `signal` if it runs, and start it (again). Answers its process number. */
export async function restartDaemon(
  street: string,
  daemon: DaemonName,
  signal: NodeJS.Signals,
): Promise<number> {
  readState(street)
  const before = running(street, daemon)
  if (before !== undefined) {
    sendSignal(before, signal)
    if (!(await haveEnded([before], STOP_MS_MAX))) {
      throw new Error(
        `Cannot restart ${daemon}: process ${before.pid} still runs ${STOP_MS_MAX / 1_000} s after ${signal}`,
      )
    }
  }
  await startDaemon(street, daemon)
  const after = running(street, daemon)
  if (after === undefined) throw new Error(`Cannot restart ${daemon}: it ended once it was ready`)
  return after.pid
}

export function configPath(street: string, daemon: DaemonName): string {
  return join(streetDirectory(street), `${daemon}.yaml`)
}

function cpeConfig(state: StreetState): ConfigPatch {
  return {
    subscriber: state.subscriber,
    concentrator: { addresses: Object.values(CONCENTRATOR.own), port: CONCENTRATOR.port },
    lan: { interfaces: ['lan'] },
    legs: { dsl: { interface: 'dsl' }, lte: { interface: 'lte' } },
    stateDirectory: stateDirectory(state.name, 'cpe'),
  }
}

function concentratorConfig(state: StreetState): ConfigPatch {
  return {
    listen: { port: CONCENTRATOR.port },
    subscribers: [state.subscriber],
    store: { file: join(stateDirectory(state.name, 'concentrator'), 'store.db') },
    stateDirectory: stateDirectory(state.name, 'concentrator'),
  }
}

/** What `hybridge` in the concentrator's place shows: the token that the daemon makes for this machine. */
export function tokenPath(street: string): string {
  return join(stateDirectory(street, 'concentrator'), 'api-token')
}

export function stateDirectory(street: string, daemon: DaemonName): string {
  return join(streetDirectory(street), `${daemon}-state`)
}

/** The street's own configuration of a daemon with other values in some places, as text. */
export function patchedConfig(street: string, daemon: DaemonName, patch: ConfigPatch): string {
  const config = parse(readFileSync(configPath(street, daemon), 'utf8')) as ConfigPatch
  return stringify(mergeConfig(config, patch))
}

/** Change that file. A daemon reads it when it starts, or is told to. */
export function patchConfig(street: string, daemon: DaemonName, patch: ConfigPatch): void {
  writeFileSync(configPath(street, daemon), patchedConfig(street, daemon, patch))
}

/** `patch` over `base`, key by key where both are mappings. */
export function mergeConfig(base: ConfigPatch, patch: ConfigPatch): ConfigPatch {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    const old = merged[key]
    merged[key] = isMapping(old) && isMapping(value) ? mergeConfig(old, value) : value
  }
  return merged
}

function isMapping(value: unknown): value is ConfigPatch {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const READY = /"msg":"ready"/
const STOP_MS_MAX = 10_000
