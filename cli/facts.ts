/**
 * What a daemon on this machine says of itself, from its socket (daemon/facts-socket.ts).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readFacts } from '../shared/daemon/facts-socket.ts'
import { sentenceOf } from '../shared/daemon/log.ts'
import { Unreachable } from './api.ts'
import { Misuse } from './misuse.ts'

export type Facts = Readonly<Record<string, unknown>>

/** The socket that was named, or the one of the daemon that runs here. */
export function socketOf(said: string | undefined, exists = existsSync): string {
  if (said !== undefined) return said
  const found = SOCKETS.filter((file) => exists(file))
  const [one] = found
  if (one !== undefined && found.length === 1) return one
  const why = one === undefined ? 'no daemon runs here' : 'there are several'
  throw new Misuse(`${why}; name a socket with --socket (${SOCKETS.join(', ')})`)
}

export async function factsOf(socket: string): Promise<Facts> {
  try {
    return (await readFacts(socket)) as Facts
  } catch (error) {
    throw new Unreachable(`${socket} does not answer (${sentenceOf(error)})`)
  }
}

/** `stateDirectory` unless said: of a daemon, and of a home that was enrolled. */
export const STATE_DIRECTORIES = ['/run/hybridge', '/var/lib/hybridge'] as const
const SOCKETS = STATE_DIRECTORIES.flatMap((directory) =>
  ['cpe-facts.sock', 'concentrator-facts.sock'].map((name) => join(directory, name)),
)
