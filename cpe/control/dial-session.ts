/**
 * From a leg to a TLS connection with the right concentrator: MPTCP over that leg, TLS 1.3 on it, and the key at
 * the other end is the one that we know (ADR 0036).
 */
import type { Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { LegName } from '../../shared/core/leg.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import type { BoardLeg } from '../../shared/relay/leg-board.ts'
import { EXPORTER_BYTES, EXPORTER_LABEL } from '../../shared/session/credential.ts'
import { pinOf } from '../../shared/session/pin.ts'
import { dialLeg } from './dial-leg.ts'

/** A connection whose other end is the concentrator. */
export interface DialledSession {
  readonly socket: TLSSocket
  readonly exporter: Uint8Array
  readonly leg: LegName
  /** Undefined where the line has made it plain TCP. */
  readonly token: number | undefined
}

export type SessionConfig = Pick<CpeConfig, 'concentrator' | 'legs'>

/** Rejects with a sentence. */
export async function dialSession(
  { concentrator, legs }: SessionConfig,
  leg: LegName,
  own: Pick<BoardLeg, 'address4' | 'address6'>,
): Promise<DialledSession> {
  const { session } = concentrator
  if (session === undefined) throw new Error('no session is configured')
  const { fd, raw } = dialLeg({ concentrator, legs }, leg, own, session.port, undefined)
  const { pin, certificateName } = session
  const socket = connect({
    socket: raw,
    minVersion: 'TLSv1.3',
    // Who pins a key asks no authority; that the other end has it, TLS has proven all the same.
    rejectUnauthorized: pin === undefined,
    ...(certificateName !== undefined && { servername: certificateName }),
  })
  await connected(raw, socket)
  if (pin !== undefined && pinOfPeer(socket) !== pin) {
    socket.destroy()
    throw new Error(`its key is ${pinOfPeer(socket) ?? 'none'}, and not the one that is pinned`)
  }
  return {
    socket,
    exporter: socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0)),
    leg,
    token: mptcpToken(fd),
  }
}

function connected(raw: Socket, socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      raw.destroy()
      reject(error)
    }
    const timer = setTimeout(() => give(new Error(`no answer in ${DIAL_MS_MAX} ms`)), DIAL_MS_MAX)
    // Both stay: an error of a later moment is the channel's, which hears of the end.
    raw.on('error', give)
    socket.on('error', give)
    socket.once('close', () => give(new Error('it closed the connection')))
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function pinOfPeer(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  return pinOf(certificate.publicKey)
}

const DIAL_MS_MAX = 8_000
