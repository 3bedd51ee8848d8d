/**
 * Who may use the API.
 */
import { z } from 'zod'
import { wholeNumber } from '../../../shared/config/bounds.ts'
import { mustBeText } from '../../../shared/config/must.ts'
import { subscriberId } from '../../../shared/config/subscriber.ts'
import { hashOfToken, newToken, ROLES, type Tokens } from '../../subscribers/tokens.ts'
import { LOCAL } from './access.ts'
import { Problem } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { commitOrRefuse } from './versions.ts'

export function tokenRoutes(app: Routes, { store }: ApiRoom): void {
  app.get('/v1/tokens', { schema: { tags: TAGS }, config: ADMIN }, () => ({
    items: store.tokens.list().map(shown),
  }))

  app.post(
    '/v1/tokens',
    { schema: { tags: TAGS, body: form }, config: ADMIN },
    async (request, reply) => {
      const { name, role, days } = request.body
      // The audit log must tell them apart.
      if (name === LOCAL.name)
        throw new Problem(409, `${name} is who reads our files; choose another name`)
      const token = newToken()
      const untilMs = days === undefined ? undefined : Date.now() + days * DAY_MS
      const after = { role, hash: hashOfToken(token), ...(untilMs !== undefined && { untilMs }) }
      await commitOrRefuse(
        store,
        [{ kind: 'token', id: name, after, expected: 0 }],
        request.holder.name,
      )
      reply.status(201)
      return { name, role, ...(untilMs !== undefined && { untilMs }), token }
    },
  )

  app.delete('/v1/tokens/:name', { schema: ONE, config: ADMIN }, async (request, reply) => {
    const { name } = request.params
    if (store.tokens.get(name) === undefined) throw new Problem(404, `There is no token ${name}`)
    const change = { kind: 'token', id: name, after: undefined, expected: undefined } as const
    await commitOrRefuse(store, [change], request.holder.name)
    return reply.status(204).send()
  })
}

function shown({ name, role, version, untilMs }: ReturnType<Tokens['list']>[number]) {
  return { name, role, version, ...(untilMs !== undefined && { untilMs }) }
}

const TAGS = ['tokens']
const ADMIN = { role: 'admin' } as const
const ONE = { tags: TAGS, params: z.strictObject({ name: subscriberId() }) }
const form = z.strictObject({
  /** For people, and for the audit log. */
  name: subscriberId(),
  role: z.enum(ROLES, { error: mustBeText('reader, operator or admin') }),
  /** How long it is good for. Default: until it is removed. */
  days: wholeNumber(1, 3_650, 'days').optional(),
})
const DAY_MS = 86_400_000
