/**
 * The connections to the page: what a host cannot have of them, whatever it asks. Node reads up to 64 KiB at a time and
 * answers what stands in it before anything else has its turn: 60 connections that asked 500 times at once took 4.3 s, in
 * which nobody steered. No browser asks anew before it was answered.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { Places } from '../../../shared/core/places.ts'
import { TokenBuckets } from '../../../shared/core/token-buckets.ts'

export class Visitors {
  readonly #answer: RequestListener
  readonly #nowMs: () => number
  /** Open ones, by address. */
  readonly #open = new Places(OF_ONE_MAX)
  readonly #asking = new WeakSet<Socket>()
  /** Addresses that asked anew before they were answered, and until when they find no door. */
  readonly #rude = new Map<string, number>()
  /** New ones: of each address, and of all together. */
  readonly #dialledBy = new TokenBuckets(SOURCES_MAX)
  readonly #dialled = new TokenBuckets(1)

  constructor(answer: RequestListener, nowMs: () => number) {
    this.#answer = answer
    this.#nowMs = nowMs
  }

  /** Whoever comes by it is one. */
  server(options: ServerOptions): Server {
    // What Node refuses by itself, it refuses as often as it stands in what was read.
    const server = createServer({ ...options, requireHostHeader: false }, this.#ask)
    server.on('checkExpectation', this.#ask)
    server.maxConnections = CONNECTIONS_MAX
    server.on('connection', (socket) => this.#come(socket))
    return server
  }

  readonly #ask = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    if (socket.destroyed) return
    if (this.#asking.has(socket)) {
      this.#avoid(socket.remoteAddress ?? '')
      socket.destroy()
      return
    }
    this.#asking.add(socket)
    response.once('close', () => this.#asking.delete(socket))
    this.#answer(request, response)
  }

  #come(socket: Socket): void {
    const source = socket.remoteAddress ?? ''
    const nowMs = this.#nowMs()
    const isAvoided = nowMs < (this.#rude.get(source) ?? -Infinity)
    const leave = isAvoided ? undefined : this.#open.take(source)
    if (leave !== undefined && this.#mayDial(source, nowMs)) {
      socket.once('close', leave)
      return
    }
    leave?.()
    socket.destroy()
  }

  #mayDial(source: string, nowMs: number): boolean {
    if (!this.#dialledBy.has(source, DIALS_OF_ONE_PER_S_MAX, nowMs)) return false
    if (!this.#dialled.spend('all', DIALS_PER_S_MAX, nowMs)) return false
    return this.#dialledBy.spend(source, DIALS_OF_ONE_PER_S_MAX, nowMs)
  }

  /** The one that was rude longest ago is forgotten where there are too many. */
  #avoid(source: string): void {
    this.#rude.delete(source)
    this.#rude.set(source, this.#nowMs() + AVOIDED_MS)
    const [oldest] = this.#rude.keys()
    if (this.#rude.size > SOURCES_MAX && oldest !== undefined) this.#rude.delete(oldest)
  }
}

/** Of one interface. */
const CONNECTIONS_MAX = 32
/** Of one address: a browser has six. */
const OF_ONE_MAX = 8
/** Two seconds' worth at once, of all; and of one address, so that none shuts the door to the others. */
const DIALS_PER_S_MAX = 50
const DIALS_OF_ONE_PER_S_MAX = 10
const AVOIDED_MS = 10_000
const SOURCES_MAX = 64
