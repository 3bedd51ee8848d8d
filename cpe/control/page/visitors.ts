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
  /** The bucket of new ones, of all addresses. */
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
    const spent = spendToken(this.#dialled, DIALS_PER_S_MAX, ticksAt(nowMs))
    if (isAvoided || open >= OF_ONE_MAX || spent === undefined) {
      socket.destroy()
      return
    }
    this.#dialled = spent
    this.#open.set(source, open + 1)
    socket.once('close', () => {
      const left = (this.#open.get(source) ?? 1) - 1
      if (left > 0) this.#open.set(source, left)
      else this.#open.delete(source)
    })
  }

  #avoid(source: string): void {
    this.#rude.delete(source)
    this.#rude.set(source, this.#nowMs() + AVOIDED_MS)
    const [oldest] = this.#rude.keys()
    if (this.#rude.size > RUDE_MAX && oldest !== undefined) this.#rude.delete(oldest)
  }
}

/** Of one interface. */
const CONNECTIONS_MAX = 32
/** Of one address: a browser has six. */
const OF_ONE_MAX = 8
/** Two seconds' worth at once. */
const DIALS_PER_S_MAX = 50
const AVOIDED_MS = 10_000
const RUDE_MAX = 64
