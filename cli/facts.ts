/**
 * What a daemon on this machine says of itself, from its socket (daemon/facts-socket.ts).
 */
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { sentenceOf } from '../shared/daemon/log.ts'
import { Unreachable } from './api.ts'
import { Misuse } from './misuse.ts'

export type Facts = Readonly<Record<string, unknown>>

/** The socket that was named, or the one of the daemon that runs here. */
export function socketOf(said: string | undefined): string {
  if (said !== undefined) return said
  const found = SOCKETS.filter((file) => existsSync(file))
  const [one] = found
  if (one !== undefined && found.length === 1) return one
  const why = one === undefined ? 'no daemon runs here' : 'both daemons run here'
  throw new Misuse(`${why}; name a socket with --socket (${SOCKETS.join(', ')})`)
}

export async function factsOf(socket: string): Promise<Facts> {
  try {
    return JSON.parse(await text(connect(socket))) as Facts
  } catch (error) {
    throw new Unreachable(`${socket} does not answer (${sentenceOf(error)})`)
  }
}

const SOCKETS = ['/run/hybridge/cpe-facts.sock', '/run/hybridge/concentrator-facts.sock']
