/**
 * Where control sessions arrive: TLS 1.3 over MPTCP, on the addresses of Convert and a port of its own.
 *
 * What comes from a source that failed too often is closed before TLS computes anything for it, and so is what
 * comes while too many from there have not said who they are.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { Fail } from '../../shared/daemon/supervise.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import { openListener } from '../../shared/linux/sockets.ts'
import { EXPORTER_BYTES, EXPORTER_LABEL } from '../../shared/session/credential.ts'
import { descriptorOf } from '../../shared/session/descriptor.ts'
import { knownAddress, parseAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import type { Failures } from './failures.ts'
import type { ServerKey } from './server-key.ts'
import type { SessionLink } from './session-owner.ts'
import { Strangers } from './strangers.ts'

export interface DoorParts {
  readonly addresses: ConcentratorConfig['listen']['addresses']
  readonly port: number
  readonly key: ServerKey
  readonly failures: Failures
  readonly open: (link: SessionLink, failed: Fail) => void
}

export interface SessionDoor extends AsyncDisposable {
  /** Where it listens: what it was told, or the kernel's choice where that was 0. */
  readonly port: number
}

/** Rejects with a sentence when it cannot listen. `failed` hears mistakes of ours. */
export async function openSessionDoor(parts: DoorParts, failed: Fail): Promise<SessionDoor> {
  const { addresses, port, key, failures } = parts
  const sockets = new Set<Socket>()
  const strangers = new Strangers()
  /** TLS hands over another object than the one that came: they have their ends in common. */
  const known = new Map<string, () => void>()
  const options = { key: key.key, cert: key.certificate, minVersion: 'TLSv1.3' } as const
  const servers = (addresses.length === 0 ? ['::'] : addresses).map((address) => {
    const fd = openListener(
      {
        address: encodeSockaddr6(knownAddress(address), port),
        multipath: true,
        transparent: false,
        reusePort: false,
      },
      `${address.includes(':') ? `[${address}]` : address}:${port}`,
    )
    const server = createServer({ ...options, handshakeTimeout: HANDSHAKE_MS_MAX })
    server.prependListener('connection', (socket: Socket) => {
      const from = socket.remoteAddress
      const unwelcome =
        from === undefined ||
        failures.isTooMany(from, performance.now()) ||
        sockets.size >= CONNECTIONS_MAX
      const isKnown = unwelcome ? undefined : strangers.admit(from)
      if (isKnown === undefined) {
        socket.resetAndDestroy()
        return
      }
      const ends = endsOf(socket)
      sockets.add(socket)
      known.set(ends, isKnown)
      socket.once('close', () => {
        isKnown()
        sockets.delete(socket)
        if (known.get(ends) === isKnown) known.delete(ends)
      })
    })
    server.on('secureConnection', (socket) => {
      try {
        const link = linkOf(socket, known.get(endsOf(socket)))
        if (link === undefined) socket.destroy()
        else parts.open(link, failed)
      } catch (error) {
        failed(error)
      }
    })
    // Whoever does not speak TLS as it should has gone.
    server.on('tlsClientError', () => undefined)
    server.on('error', failed)
    server.listen({ fd }, BACKLOG)
    return server
  })
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const at = servers[0]?.address()
  return {
    port: typeof at === 'object' && at !== null ? at.port : port,
    async [Symbol.asyncDispose]() {
      const closed = servers.map((server) => once(server, 'close'))
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)
    },
  }
}

function linkOf(socket: TLSSocket, known = () => {}): SessionLink | undefined {
  const from = parseAddress(socket.remoteAddress ?? '')
  if (from === undefined) return undefined
  const fd = descriptorOf(socket)
  return {
    socket,
    exporter: socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0)),
    from,
    token: fd === undefined ? undefined : mptcpToken(fd),
    known,
  }
}

function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}

const BACKLOG = 4_096
const HANDSHAKE_MS_MAX = 10_000
/** Sessions and those that are not yet. */
const CONNECTIONS_MAX = 20_000
