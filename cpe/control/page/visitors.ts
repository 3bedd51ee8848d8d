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
import { spendToken, ticksAt } from '../../../shared/core/token-bucket.ts'

export class Visitors {
  readonly #answer: RequestListener
  readonly #nowMs: () => number
  /** Open ones, by address. */
  readonly #open = new Map<string, number>()
  readonly #asking = new WeakSet<Socket>()
  /** Addresses that asked anew before they were answered, and until when they find no door. */
  readonly #rude = new Map<string, number>()
  /** The buckets of new ones: of each address, the one that dialled last at the end, and of all together. */
  readonly #dialledBy = new Map<string, number>()
  #dialled = 0

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
    const open = this.#open.get(source) ?? 0
    const nowMs = this.#nowMs()
    const isAvoided = nowMs < (this.#rude.get(source) ?? -Infinity)
    if (isAvoided || open >= OF_ONE_MAX || !this.#mayDial(source, ticksAt(nowMs))) {
      socket.destroy()
      return
    }
    this.#open.set(source, open + 1)
    socket.once('close', () => {
      const left = (this.#open.get(source) ?? 1) - 1
      if (left > 0) this.#open.set(source, left)
      else this.#open.delete(source)
    })
  }

  #mayDial(source: string, now: number): boolean {
    const own = spendToken(this.#dialledBy.get(source) ?? 0, DIALS_OF_ONE_PER_S_MAX, now)
    const all = spendToken(this.#dialled, DIALS_PER_S_MAX, now)
    if (own === undefined || all === undefined) return false
    this.#dialled = all
    keepLast(this.#dialledBy, source, own)
    return true
  }

  #avoid(source: string): void {
    keepLast(this.#rude, source, this.#nowMs() + AVOIDED_MS)
  }
}

/** The oldest is forgotten where there are too many. */
function keepLast(map: Map<string, number>, source: string, value: number): void {
  map.delete(source)
  map.set(source, value)
  const [oldest] = map.keys()
  if (map.size > SOURCES_MAX && oldest !== undefined) map.delete(oldest)
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
