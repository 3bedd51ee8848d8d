/**
 * What is known of a street between two commands: one JSON file in /run/hybridge-lab/NAME, beside the
 * configurations, logs and process ids of all that runs there. The folder is also the lock: whoever
 * makes it may raise the street.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { LegName } from '../../shared/core/leg.ts'
import { isRunning, type ProcessId } from './process-id.ts'

export interface StreetState {
  readonly name: string
  readonly pair: string
  readonly phase: 'raising' | 'raised'
  /** Who takes the street down when it ends: a test or a demo. None for `npm run lab -- up`. */
  readonly owner: ProcessId | undefined
  readonly subscriber: { readonly id: string; readonly cookie: string }
  readonly nat: { readonly on: boolean; readonly idleS: number }
  readonly legs: Readonly<Record<LegName, LegState>>
}

export interface LegState {
  /** How often the leg has changed its address. */
  readonly generation: number
  readonly mtu: number
}

export function streetDirectory(name: string): string {
  return join(ROOT, name)
}

/** Take the name. Throws when a street of that name stands. */
export function claim(state: StreetState): void {
  mkdirSync(ROOT, { recursive: true })
  try {
    mkdirSync(streetDirectory(state.name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Error(
      `Cannot raise ${state.name}: it stands already; take it down with ${command('down', state.name)}`,
    )
  }
  writeState(state)
}

/** Give the name back, with all files of the street. */
export function release(name: string): void {
  rmSync(streetDirectory(name), { recursive: true, force: true })
  removeIfEmpty(ROOT)
}

/** Remove a folder that several streets share, unless one still uses it. */
export function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
}

/** Whole or not at all, for other commands may be reading. */
export function writeState(state: StreetState): void {
  const path = statePath(state.name)
  writeFileSync(`${path}.new`, JSON.stringify(state, undefined, 2))
  renameSync(`${path}.new`, path)
}

/** A street that is up. Throws a sentence that says how to get one. */
export function readState(name: string): StreetState {
  const state = peekState(name)
  if (state === undefined || state.phase === 'raising') {
    const what = state === undefined ? 'is not raised' : 'is not up yet'
    throw new Error(`Street ${name} ${what}: run ${command('up', name)}`)
  }
  return state
}

/** The state file as it is, also of a street half raised. */
export function peekState(name: string): StreetState | undefined {
  const path = statePath(name)
  if (!existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')) as StreetState
}

/** Whoever raised this street, or was about to, died without taking it down. */
export function isLeftOver(state: StreetState): boolean {
  return state.owner !== undefined && !isRunning(state.owner)
}

function command(verb: string, name: string): string {
  return `\`npm run lab -- ${verb}${name === DEFAULT_NAME ? '' : ` --name ${name}`}\``
}

function statePath(name: string): string {
  return join(streetDirectory(name), 'street.json')
}

export const DEFAULT_NAME = 'hyb'
const ROOT = '/run/hybridge-lab'
