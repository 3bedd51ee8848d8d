/**
 * What the page and the command line ask of the agent, over HTTP (ADR 0050). Nothing here knows where it is served:
 * doors.ts does.
 */
import type { IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { SUBJECTS } from '../../../shared/core/speed-result.ts'
import type { SpeedTester } from '../speed-test/speed-test.ts'
import type { Asset, Assets } from './assets.ts'
import { isForUs, isFromUs, type Password, passwordIn } from './guard.ts'
import type { LineWatch } from './line-watch.ts'
import type { Live } from './live.ts'
import { shell } from './shell.ts'

export interface PageParts {
  readonly watch: Pick<LineWatch, 'history' | 'state'>
  readonly live: Pick<Live, 'add'>
  readonly tester: Pick<SpeedTester, 'start' | 'state' | 'stop'>
  readonly assets: Assets | undefined
  readonly names: readonly string[]
  readonly password: Password
  /** Who came over the agent's own socket: root, by its file's mode. */
  readonly isLocal: (request: IncomingMessage) => boolean
  readonly restart: () => void
  readonly failed: (error: unknown) => void
}

/** Ready to be given requests: `routing`. */
export async function buildPage(parts: PageParts): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS)
    const no = whyNot(parts, request)
    if (no === undefined) done()
    else void reply.status(403).type('text/plain').send(no)
  })
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
    if (status >= 500) parts.failed(error)
    return reply
      .status(status)
      .type('text/plain')
      .send(status >= 500 ? 'We made a mistake' : 'No')
  })
  app.get('/', (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(shell(parts.watch.state, parts.assets)),
  )
  for (const asset of Object.values<Asset>({ ...parts.assets })) {
    app.get(asset.path, (_request, reply) => sendAsset(reply, asset))
  }
  app.get('/api/state', () => parts.watch.state)
  app.get('/api/history', (request, reply) => sendZipped(request, reply, parts.watch.history()))
  app.get('/api/live', (_request, reply) => {
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' })
    raw.write(`event: state\ndata: ${JSON.stringify(parts.watch.state)}\n\n`)
    parts.live.add(raw)
  })
  app.get('/api/speed-test', () => parts.tester.state)
  app.post<{ Querystring: { subjects?: string } }>('/api/speed-test', ({ raw, query }, reply) => {
    const words = String(query.subjects ?? SUBJECTS).split(',')
    const wanted = SUBJECTS.filter((subject) => words.includes(subject))
    if (wanted.length === 0) return reply.status(400).type('text/plain').send('No such subject')
    // Who is root on the router is no guest of the LAN.
    const refused = parts.tester.start(parts.isLocal(raw) ? 'operator' : 'household', wanted)
    if (refused === undefined) return reply.status(202).send(parts.tester.state)
    const againInS = Math.ceil(refused.waitMs / 1_000)
    return reply
      .status(refused.why === 'runs' ? 409 : 429)
      .header('retry-after', againInS)
      .send({ ...parts.tester.state, againInS })
  })
  app.delete('/api/speed-test', () => {
    parts.tester.stop()
    return parts.tester.state
  })
  app.post('/api/restart', (request, reply) => {
    if (!mayManage(parts, request, reply)) return reply
    // The answer shall arrive.
    setTimeout(parts.restart, RESTART_IN_MS)
    return reply.status(202).send({})
  })
  await app.ready()
  return app
}

function whyNot(
  { isLocal, names }: PageParts,
  { raw, method }: FastifyRequest,
): string | undefined {
  if (isLocal(raw)) return undefined
  if (!isForUs(raw, names)) {
    return 'This is not the name of this router: use its address, or have it named in page.names.'
  }
  return method === 'GET' || method === 'HEAD' || isFromUs(raw) ? undefined : 'Only our page may.'
}

/** False when the answer has been given. */
function mayManage(parts: PageParts, request: FastifyRequest, reply: FastifyReply): boolean {
  if (parts.isLocal(request.raw)) return true
  const { password } = parts
  const verdict = password.isSet ? password.judge(passwordIn(request.headers)) : 'wrong'
  if (verdict === 'right') return true
  void reply.status(verdict === 'wrong' ? 401 : 429).send({})
  return false
}

function sendAsset(reply: FastifyReply, { type, zipped }: Asset) {
  return reply
    .type(type)
    .header('cache-control', 'public, max-age=31536000, immutable')
    .header('content-encoding', 'gzip')
    .send(zipped)
}

function sendZipped(request: FastifyRequest, reply: FastifyReply, value: unknown) {
  const json = JSON.stringify(value)
  void reply.type('application/json')
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(json)
  return reply.header('content-encoding', 'gzip').send(gzipSync(json, { level: 4 }))
}

/** The browser is told to ask nobody else, to run nothing that stands in the page, and to keep no answer. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const
const BODY_BYTES_MAX = 1_024
const RESTART_IN_MS = 200
