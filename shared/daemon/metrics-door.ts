/**
 * GET /metrics. Who may ask is who reaches the address: by default programs of this machine alone.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Fail, supervise } from './supervise.ts'

/** The whole text in pieces; between two of them others have their turn. */
export type Pieces = () => AsyncIterable<string> | Iterable<string>

export interface MetricsDoor extends AsyncDisposable {
  readonly port: number
}

/** Listen until disposed of. Rejects with a sentence when it cannot. `fail` hears mistakes of ours. */
export async function openMetricsDoor(
  { address, port }: { readonly address: string; readonly port: number },
  pieces: Pieces,
  fail: Fail,
): Promise<MetricsDoor> {
  let scrapes = 0
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return refuse(response, 404)
    if (scrapes >= SCRAPES_MAX) return refuse(response, 503)
    scrapes++
    void answer(pieces, request, response, fail).finally(() => {
      scrapes--
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  server.requestTimeout = REQUEST_MS_MAX
  server.headersTimeout = REQUEST_MS_MAX
  const listening = once(server, 'listening')
  server.listen({ host: address, port })
  try {
    await listening
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Error(`Cannot show metrics on ${address}:${port}: listen answered ${why}`, {
      cause: error,
    })
  }
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => void server.close(closed))
    },
  }
}

/** The same, taken down and opened again when something in it throws. */
export function keepMetricsDoor(
  config: { readonly enabled: boolean; readonly address: string; readonly port: number },
  pieces: Pieces,
  say: (why: string, againMs: number) => void,
): Promise<AsyncDisposable> {
  if (!config.enabled) return Promise.resolve(new AsyncDisposableStack())
  return supervise((fail) => openMetricsDoor(config, pieces, fail), say)
}

async function answer(
  pieces: Pieces,
  request: IncomingMessage,
  response: ServerResponse,
  fail: Fail,
): Promise<void> {
  const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  response.writeHead(200, {
    'content-type': CONTENT_TYPE,
    ...(zipped && { 'content-encoding': 'gzip' }),
  })
  const text = Readable.from(watched(pieces, response, fail), { objectMode: true })
  const slow = setTimeout(() => response.destroy(), ANSWER_MS_MAX)
  try {
    await (zipped
      ? pipeline(text, createGzip({ level: GZIP_LEVEL }), response)
      : pipeline(text, response))
  } catch {
    // It has been told, or there is nobody to be answered.
    response.destroy()
  } finally {
    clearTimeout(slow)
  }
}

async function* watched(
  pieces: Pieces,
  response: ServerResponse,
  fail: Fail,
): AsyncGenerator<string> {
  try {
    yield* pieces()
  } catch (error) {
    // What is thrown because who asked has gone is thrown in here too.
    if (!response.closed) fail(error)
    throw error
  }
}

function refuse(response: ServerResponse, status: 404 | 503): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' })
  response.end(status === 404 ? 'GET /metrics\n' : 'Too many scrapes at once\n')
}

/** Prometheus' text format. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
/** Two Prometheis, each of which may have given up on one and asked again. */
const SCRAPES_MAX = 4
const CONNECTIONS_MAX = 16
const REQUEST_MS_MAX = 10_000
const ANSWER_MS_MAX = 60_000
const GZIP_LEVEL = 1
