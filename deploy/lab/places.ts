/**
 * Where things happen on the street: five network namespaces, named after the street.
 *
 *   home ──lan── cpe ══dsl══ access ──core-c── concentrator
 *                    ══lte══        ──core-i── internet
 *
 * `access` is the operators' side of both lines: it routes, and it holds LTE's address translation.
 */
import { join } from 'node:path'

export const PLACES = ['home', 'cpe', 'access', 'concentrator', 'internet'] as const
export type Place = (typeof PLACES)[number]

export function netnsOf(street: string, place: Place): string {
  return `${street}-${place}`
}

/** `argv` as a command that runs in `place`, with that place's /etc/resolv.conf. */
export function inPlace(street: string, place: Place, argv: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', netnsOf(street, place), ...argv]
}

/**
 * The environment of everything that runs on the street: `node` is the project's own, as is `hybridge`,
 * and tools in sbin are found although root's PATH may lack it (`su` without `-`).
 */
export function streetEnvironment(): NodeJS.ProcessEnv {
  const inherited = process.env['PATH'] ?? '/usr/bin:/bin'
  return { ...process.env, PATH: `${OWN_BINARIES}:${OWN_PROGRAMS}:${inherited}:/usr/sbin:/sbin` }
}

export const PROJECT = join(import.meta.dirname, '..', '..')

const OWN_BINARIES = join(PROJECT, 'node_modules', '.bin')
const OWN_PROGRAMS = join(PROJECT, 'cli', 'bin')
