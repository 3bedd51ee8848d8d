/**
 * The operator's API: HTTP and JSON, described by the OpenAPI document that it serves itself.
 */
import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance } from 'fastify'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { ConcentratorConfig } from '../../../shared/config/concentrator.ts'
import { sentencesOf } from '../../../shared/config/problems.ts'
import type { Reach } from '../../../shared/config/reach.ts'
import { sentenceOf } from '../../../shared/daemon/log.ts'
import type { ToldReason } from '../../subscribers/home-log.ts'
import type { Store } from '../../subscribers/store.ts'
import type { Holder, Role } from '../../subscribers/tokens.ts'
import type { VerdictsOfHome } from '../../subscribers/verdict-log.ts'
import type { Drain } from '../drain.ts'
import { log } from '../log.ts'
import type { SpeedTests } from '../speed-tests.ts'
import { Access } from './access.ts'
import { auditRoutes } from './audit.ts'
import { bulkRoutes } from './bulk.ts'
import { enrolmentRoutes } from './enrolment.ts'
import { planRoutes } from './plans.ts'
import { documentOf, Problem, problemOf } from './problem.ts'
import { speedTestRoutes } from './speed-tests.ts'
import { streetRoutes } from './street.ts'
import { subscriberRoutes } from './subscribers.ts'
import { tokenRoutes } from './tokens.ts'
import { usageRoutes } from './usage.ts'
import { verdictRoutes } from './verdicts.ts'

/** What the routes are made with. */
export interface ApiRoom {
  readonly store: Store
  readonly drain: Drain
  /** This concentrator, as its configuration calls it. */
  readonly concentrator: string
  /** How homes find this concentrator; undefined where that is not known, or they hold no sessions. */
  readonly reach: Reach | undefined
  /** Addresses that a home may leave from. */
  readonly egressPool: readonly string[]
  /** Why a home did what it did, oldest first; undefined where homes tell nothing. */
  readonly told: ((subscriber: string) => readonly ToldReason[]) | undefined
  /** What limited a home lately; undefined where homes tell nothing. */
  readonly verdicts: ((subscriber: string) => VerdictsOfHome | undefined) | undefined
  /** What homes have measured; undefined where they hold no sessions. */
  readonly speedTests: Pick<SpeedTests, 'ask' | 'of' | 'stop'> | undefined
}

export type Routes = ReturnType<typeof typed>

declare module 'fastify' {
  interface FastifyRequest {
    holder: Holder
  }
  interface FastifyContextConfig {
    /** The least role; reader unless said otherwise. */
    role?: Role
    /** Without a token. */
    open?: true
  }
}

/** The application, not yet listening: a test asks it without a socket. */
export async function buildApi(
  room: ApiRoom,
  { api }: Pick<ConcentratorConfig, 'api'>,
  localToken: string,
): Promise<FastifyInstance> {
  const tls = api.tls && {
    https: {
      key: readFileSync(api.tls.key),
      cert: readFileSync(api.tls.certificate),
      minVersion: 'TLSv1.2' as const,
    },
  }
  const app: FastifyInstance = fastify({
    ...tls,
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: CONNECTION_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
  })
  app.server.maxConnections = CONNECTIONS_MAX
  const access = new Access(room.store.tokens, localToken, api)
  app.setValidatorCompiler(({ schema, httpPart }) => validatorOf(schema as z.ZodType, httpPart))
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
  app.setErrorHandler((thrown, _request, reply) => {
    const problem = problemOf(thrown) ?? ourFault(thrown)
    if (problem.retryAfterS !== undefined) reply.header('retry-after', problem.retryAfterS)
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
    return reply
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(documentOf(problem)))
  })
  app.setNotFoundHandler((request) => {
    throw new Problem(
      404,
      `There is no ${request.method} ${request.url}; /docs shows what there is`,
    )
  })
  app.decorateRequest('holder')
  app.addHook('onRequest', (request, _reply, done) => {
    const { role = 'reader', open } = request.routeOptions.config
    if (open !== true) request.holder = access.admit(request, role, performance.now())
    done()
  })
  await describe(app)
  const routes = typed(app)
  for (const add of ROUTES) add(routes, room)
  await app.ready()
  return app
}

/** Listens until disposed of. Rejects with a sentence when it cannot. */
export async function serveApi(
  room: ApiRoom,
  config: Pick<ConcentratorConfig, 'api'>,
  localToken: string,
): Promise<AsyncDisposable> {
  const { address, port } = config.api
  const app = await buildApi(room, config, localToken)
  try {
    await app.listen({ host: address, port })
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Error(`Cannot serve the API on ${address}:${port}: listen answered ${why}`, {
      cause: error,
    })
  }
  return { [Symbol.asyncDispose]: () => app.close() }
}

async function describe(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Hybridge concentrator',
        version: '1',
        description: DESCRIPTION,
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: createJsonSchemaTransformObject({}),
  })
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, open: true }
      route.schema = { ...route.schema, hide: true }
    })
    // Its badge would ask a server in the Internet whether the document is valid.
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { validatorUrl: null },
      staticCSP: true,
    })
    docs.get('/openapi.json', () => app.swagger())
  })
}

function typed(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>()
}

/** Bodies are handed on as they were written, for that is what is kept; the rest as it was read. */
function validatorOf(schema: z.ZodType, httpPart: string | undefined) {
  const whole = httpPart === 'body' ? 'the body' : 'the request'
  return (data: unknown) => {
    const parsed = schema.safeParse(data, { reportInput: true })
    if (parsed.success) return { value: httpPart === 'body' ? data : parsed.data }
    const problems = sentencesOf(parsed.error, schema, whole)
    return { error: new Problem(400, `Mend ${whole}`, { problems }) }
  }
}

function ourFault(thrown: unknown): Problem {
  log.error('API request failed', {
    error: sentenceOf(thrown),
    stack: thrown instanceof Error ? thrown.stack : undefined,
  })
  return new Problem(500, 'We made a mistake; the log of the concentrator has it')
}

const ROUTES = [
  subscriberRoutes,
  enrolmentRoutes,
  planRoutes,
  bulkRoutes,
  usageRoutes,
  streetRoutes,
  verdictRoutes,
  speedTestRoutes,
  tokenRoutes,
  auditRoutes,
] as const

const DESCRIPTION = `Subscribers, plans and policies of the homes behind this concentrator, and what they use.

Every request shows a token: \`Authorization: Bearer ...\`. A change names the version that it changes
(\`If-Match\`, from the \`ETag\` of what was read), so that nobody overwrites what somebody else has just
written; \`If-Match: *\` overwrites. Refusals are problem+json, and their detail says what to do. Lists come in
pages: ask again with \`cursor\` set to \`next\`.`

/** An import of 20,000 homes has 4 MiB. */
const BODY_BYTES_MAX = 32 * 1_024 * 1_024
/** Each is a descriptor that no home's connection can have. */
const CONNECTIONS_MAX = 256
const CONNECTION_MS_MAX = 60_000
const REQUEST_MS_MAX = 60_000
const PARAM_CHARACTERS_MAX = 100
