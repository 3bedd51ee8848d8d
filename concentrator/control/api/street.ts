/**
 * What is there now: concentrators, sessions, and whether this concentrator is being taken out.
 */
import { z } from 'zod'
import { mustBe } from '../../../shared/config/must.ts'
import type { JsonObject, PassingKind } from '../../subscribers/keeper.ts'
import type { Store } from '../../subscribers/store.ts'
import { subscriberParameter } from './forms.ts'
import type { ApiRoom, Routes } from './server.ts'
import { knownHome } from './subscribers.ts'

export function streetRoutes(app: Routes, { store, drain, concentrator, told }: ApiRoom): void {
  app.get('/v1/concentrators', { schema: { tags: TAGS } }, async () => ({
    items: await allOf(store, 'concentrator'),
  }))

  app.get('/v1/sessions', { schema: { tags: TAGS } }, async () => ({
    items: await allOf(store, 'session'),
  }))

  app.get('/v1/drain', { schema: { tags: TAGS } }, () => ({
    concentrator,
    draining: drain.isDraining(),
  }))

  app.put('/v1/drain', { schema: { tags: TAGS, body: form }, config: OPERATOR }, (request) => {
    drain.set(request.body.draining, request.holder.name)
    return { concentrator, draining: drain.isDraining() }
  })

  app.get('/v1/store', { schema: { tags: TAGS } }, () => ({
    homes: store.homes.ids.length,
    staleSince:
      store.staleSinceMs === undefined ? null : new Date(store.staleSinceMs).toISOString(),
  }))

  if (told === undefined) return
  app.get(
    '/v1/subscribers/:id/reasons',
    { schema: { tags: TAGS, params: subscriberParameter } },
    (request) => {
      const { id } = knownHome(store, request.params.id)
      const reasons = told(id).map(({ atMs, text }) => ({ at: new Date(atMs).toISOString(), text }))
      return { subscriber: id, items: reasons }
    },
  )
}

async function allOf(store: Store, kind: PassingKind): Promise<JsonObject[]> {
  const found = new Map<string, JsonObject>()
  for await (const records of store.keeper.all(kind)) {
    for (const { id, body } of records) found.set(id, body)
  }
  return [...found.keys()].sort().map((id) => ({ id, ...found.get(id) }))
}

const TAGS = ['street']
const OPERATOR = { role: 'operator' } as const
const form = z.strictObject({ draining: z.boolean({ error: mustBe('true or false') }) })
