/**
 * Where the page is served: to each interface of the LAN by a listener that is bound to it, so that what comes in by
 * a leg finds no door whatever addresses there are; and to this machine's root by a socket in `stateDirectory`.
 */
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { join } from 'node:path'
import type { CpeConfig } from '../../../shared/config/cpe.ts'
import { sentenceOf } from '../../../shared/daemon/log.ts'
import { readLink } from '../../../shared/linux/links.ts'
import { Netlink, NetlinkSocket } from '../../../shared/linux/netlink.ts'
import { openListener } from '../../../shared/linux/sockets.ts'
import { knownAddress } from '../../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../../shared/wire/sockaddr.ts'
import { Visitors } from './visitors.ts'

/** The agent's own socket. */
function socketPath(stateDirectory: string): string {
  return join(stateDirectory, 'cpe.sock')
}

export class Doors implements AsyncDisposable {
  readonly #config: Pick<CpeConfig, 'lan' | 'page' | 'stateDirectory'>
  readonly #answer: RequestListener
  readonly #visitors: Visitors
  readonly #failed: (error: unknown) => void
  readonly #route = new NetlinkSocket(Netlink.route)
  /** By interface. */
  readonly #lan = new Map<string, { readonly ifIndex: number; readonly server: Server }>()
  readonly #said = new Map<string, string>()
  #local: Server | undefined
  readonly #localSockets = new WeakSet<object>()

  constructor(
    config: Pick<CpeConfig, 'lan' | 'page' | 'stateDirectory'>,
    answer: RequestListener,
    failed: (error: unknown) => void,
  ) {
    this.#config = config
    this.#answer = answer
    this.#visitors = new Visitors(answer, () => performance.now())
    this.#failed = failed
  }

  isLocal({ socket }: IncomingMessage): boolean {
    return this.#localSockets.has(socket)
  }

  /** Every few seconds: an interface that has come is listened on, and one that is another now is anew. */
  look(say: (sentence: string) => void): void {
    for (const name of this.#config.lan.interfaces) {
      const ifIndex = readLink(this.#route, name)?.index
      const open = this.#lan.get(name)
      if (open !== undefined && open.ifIndex === ifIndex) continue
      open?.server.close()
      this.#lan.delete(name)
      if (ifIndex === undefined) continue
      try {
        this.#lan.set(name, { ifIndex, server: this.#open(name) })
        this.#said.delete(name)
      } catch (error) {
        const sentence = sentenceOf(error)
        if (this.#said.get(name) !== sentence) say(sentence)
        this.#said.set(name, sentence)
      }
    }
  }

  /** For the command line. Rejects when there can be none. */
  async openLocal(): Promise<void> {
    const { stateDirectory } = this.#config
    const path = socketPath(stateDirectory)
    mkdirSync(stateDirectory, { recursive: true })
    rmSync(path, { force: true })
    const server = this.#supervised(createServer(SERVER, this.#answer))
    server.on('connection', (socket) => this.#localSockets.add(socket))
    server.listen(path)
    await once(server, 'listening')
    chmodSync(path, 0o600)
    this.#local = server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#route[Symbol.dispose]()
    const servers = [...this.#lan.values()].map(({ server }) => server)
    if (this.#local !== undefined) servers.push(this.#local)
    await Promise.all(
      servers.map((server) => {
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        return closed
      }),
    )
  }

  #open(device: string): Server {
    const { port } = this.#config.page
    const address = encodeSockaddr6(knownAddress('::'), port)
    const options = {
      address,
      multipath: false,
      transparent: false,
      reusePort: false,
      device,
      receiveBytes: RECEIVE_BYTES,
    }
    const server = this.#supervised(this.#visitors.server(SERVER))
    server.listen({ fd: openListener(options, `${device} port ${port} (page.port)`) })
    return server
  }

  #supervised(server: Server): Server {
    return server.on('error', this.#failed)
  }
}

/** All that stands in what is read at once is taken apart, whoever has been shown the door meanwhile. A request has 1 KB. */
const RECEIVE_BYTES = 4_096
const REQUEST_MS_MAX = 10_000
const SERVER = {
  requestTimeout: REQUEST_MS_MAX,
  connectionsCheckingInterval: REQUEST_MS_MAX,
} as const
