/**
 * What the page and the command line ask of the agent, over HTTP (ADR 0050). Nothing here knows where it is served:
 * doors.ts does.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { SUBJECTS } from '../../../shared/core/speed-result.ts'
import type { SpeedTester } from '../speed-test/speed-test.ts'
import { type Asked, Askers } from './askers.ts'
import type { Asset, Assets } from './assets.ts'
import type { Bundle } from './bundle-maker.ts'
import { isForUs, isFromUs, type Password, passwordIn } from './guard.ts'
import { type Answer, KeptAnswer } from './kept-answer.ts'
import type { LineWatch } from './line-watch.ts'
import { eventOf, type Live } from './live.ts'
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
  /** Undefined while one is being made. */
  readonly bundle: () => Promise<Bundle> | undefined
  /** Monotonic. */
  readonly nowMs: () => number
  readonly failed: (error: unknown) => void
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `page` unless said otherwise. */
    asked?: Asked
  }
}

/** Ready to be given requests: `routing`. */
export async function buildPage(parts: PageParts): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, frameworkErrors: refuseUnread })
  const askers = new Askers()
  const history = new KeptAnswer(() => parts.watch.history())
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS)
    const no = whyNot(parts, askers, request)
    if (no === undefined) return done()
    // Who floods has to dial anew for each.
    if (no.status === 429) reply.headers({ 'retry-after': AGAIN_IN_S, connection: 'close' })
    void reply.status(no.status).type('text/plain').send(no.sentence)
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
  app.get('/api/state', STATE, () => parts.watch.state)
  app.get('/api/history', HISTORY, (request, reply) =>
    sendAnswer(request, reply, history.at(parts.nowMs())),
  )
  app.get('/api/live', LIVE, (request, reply) => {
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' })
    if (parts.assets !== undefined) raw.write(eventOf('script', parts.assets.script.path))
    raw.write(eventOf('state', parts.watch.state))
    parts.live.add(raw, request.ip)
  })
  addSpeedTest(app, parts)
  app.post('/api/restart', ORDER, (request, reply) => {
    if (!mayManage(parts, request, reply)) return reply
    // The answer shall arrive.
    setTimeout(parts.restart, RESTART_IN_MS)
    return reply.status(202).send({})
  })
  app.post('/api/support-bundle', ORDER, async (request, reply) => {
    if (!mayManage(parts, request, reply)) return reply
    const making = parts.bundle()
    if (making === undefined) return reply.status(409).send({})
    const { name, bytes } = await making
    return reply
      .type('application/gzip')
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(bytes)
  })
  await app.ready()
  return app
}

/** What is no path comes by none of the hooks: who asks so has to dial anew for each. */
function refuseUnread(_error: Error, _request: unknown, { raw }: { raw: ServerResponse }): void {
  raw.writeHead(404, { ...HEADERS, connection: 'close' }).end()
}

function addSpeedTest(app: FastifyInstance, parts: PageParts): void {
  app.get('/api/speed-test', STATE, () => parts.tester.state)
  app.post<{ Querystring: { subjects?: string } }>(
    '/api/speed-test',
    ORDER,
    ({ raw, query }, reply) => {
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
    },
  )
  app.delete('/api/speed-test', ORDER, () => {
    parts.tester.stop()
    return parts.tester.state
  })
}

interface No {
  readonly status: 403 | 429
  readonly sentence: string
}

function whyNot(
  { isLocal, names, nowMs }: PageParts,
  askers: Askers,
  { raw, method, ip, routeOptions }: FastifyRequest,
): No | undefined {
  if (isLocal(raw)) return undefined
  const { asked = 'page' } = routeOptions.config
  if (!askers.may(asked, ip, nowMs())) {
    return { status: 429, sentence: 'Too many questions at once; wait a moment.' }
  }
  if (!isForUs(raw, names)) {
    const help = 'use its address, or have it named in page.names'
    return { status: 403, sentence: `This is not the name of this router: ${help}.` }
  }
  if (method === 'GET' || method === 'HEAD' || isFromUs(raw)) return undefined
  return { status: 403, sentence: 'Only our page may.' }
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

function sendAnswer(request: FastifyRequest, reply: FastifyReply, { json, zipped }: Answer) {
  void reply.type('application/json')
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(json)
  return reply.header('content-encoding', 'gzip').send(zipped)
}

const STATE = { config: { asked: 'state' } } as const
const HISTORY = { config: { asked: 'history' } } as const
const LIVE = { config: { asked: 'live' } } as const
const ORDER = { config: { asked: 'order' } } as const
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
const AGAIN_IN_S = 1
