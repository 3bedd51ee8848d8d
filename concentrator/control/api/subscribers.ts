/**
 * Homes: who they are, and their own layer of the policy.
 */
import { z } from 'zod'
import { mustBeText } from '../../../shared/config/must.ts'
import { leavesOf } from '../../../shared/core/leaves.ts'
import { HOMES_MAX, type Home } from '../../subscribers/homes.ts'
import type { JsonObject } from '../../subscribers/keeper.ts'
import { planId } from '../../subscribers/records.ts'
import type { Store } from '../../subscribers/store.ts'
import { agreedPolicy, effectOfHome } from './effect.ts'
import {
  dryRunQuery,
  newSubscriberForm,
  pageKeys,
  patchForm,
  shownHome,
  subscriberParameter,
  written,
} from './forms.ts'
import { type HomeRecord, newHomeRecord, patchedHomeRecord } from './home-record.ts'
import { Problem } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { catchUpTo, commitOrRefuse, expectedVersion, tag } from './versions.ts'

export function subscriberRoutes(app: Routes, room: ApiRoom): void {
  readRoutes(app, room.store)
  writeRoutes(app, room)
}

function readRoutes(app: Routes, store: Store): void {
  app.get('/v1/subscribers', { schema: { tags: TAGS, querystring: listQuery } }, (request) => {
    const { cursor = '', limit, ...wanted } = request.query
    const found = homesAfter(store, cursor, limit + 1, wanted)
    // One more than asked for tells whether there is a next page.
    const items = found.slice(0, limit)
    const next = found.length > limit ? items.at(-1)?.id : undefined
    return { items: items.map(shownHome), ...(next !== undefined && { next }) }
  })

  app.get('/v1/subscribers/:id', { schema: ONE }, (request, reply) => {
    const home = knownHome(store, request.params.id)
    tag(reply, home.version)
    return shownHome(home)
  })

  app.get('/v1/subscribers/:id/policy', { schema: ONE }, (request) => {
    const home = knownHome(store, request.params.id)
    const { document, revision, problems } = store.homes.policyFrom(store.homes.layersOf(home))
    return {
      subscriber: home.id,
      revision,
      policy: document,
      origins: originsOf(store, home),
      problems,
    }
  })
}

function writeRoutes(app: Routes, room: ApiRoom): void {
  const { store } = room
  app.post(
    '/v1/subscribers',
    { schema: { tags: TAGS, body: newSubscriberForm }, config: OPERATOR },
    async (request, reply) => {
      const { id } = request.body
      const { id: _, ...fields } = written(request.body)
      refuseBeyond(store, 1)
      const { body, read, made } = newHomeRecord(room, id, fields)
      agreedPolicy(store.homes, read)
      const change = { kind: 'subscriber', id, after: body, expected: 0 } as const
      if (store.homes.isOfFile(id)) throw new Problem(409, `${id} stands in the configuration file`)
      await commitOrRefuse(store, [change], request.holder.name)
      const home = knownHome(store, id)
      tag(reply, home.version)
      reply.status(201).header('location', `/v1/subscribers/${id}`)
      return { ...shownHome(home), ...made }
    },
  )

  app.patch(
    '/v1/subscribers/:id',
    { schema: { ...ONE, querystring: dryRunQuery, body: patchForm }, config: OPERATOR },
    async (request, reply) => {
      const { id } = request.params
      const patch = written(request.body)
      if (request.query.dryRun) {
        const home = knownHome(store, id)
        return effectOfHome(store.homes, patchedHomeRecord(room, home, patch).read)
      }
      knownHome(store, id)
      await changeHome(store, id, expectedVersion(request), request.holder.name, (home) =>
        patchedHomeRecord(room, home, patch),
      )
      const home = knownHome(store, id)
      tag(reply, home.version)
      return shownHome(home)
    },
  )

  app.delete('/v1/subscribers/:id', { schema: ONE, config: OPERATOR }, async (request, reply) => {
    const { id } = request.params
    const expected = expectedVersion(request)
    const home = knownHome(store, id)
    if (home.source === 'file') throw new Problem(409, `${id} stands in the configuration file`)
    const change = { kind: 'subscriber', id, after: undefined, expected } as const
    await commitOrRefuse(store, [change], request.holder.name)
    return reply.status(204).send()
  })
}

export function knownHome(store: Store, id: string): Home {
  const home = store.homes.home(id)
  if (home !== undefined) return home
  throw new Problem(404, `There is no subscriber ${id}`)
}

export function homesAfter(
  store: Store,
  cursor: string,
  max: number,
  wanted: { readonly [key in 'plan' | 'state' | 'source']?: string | undefined },
): Home[] {
  const found: Home[] = []
  for (const id of store.homes.ids) {
    if (id <= cursor) continue
    const home = store.homes.home(id)
    if (home === undefined || (wanted.plan !== undefined && home.plan !== wanted.plan)) continue
    if (wanted.state !== undefined && home.state !== wanted.state) continue
    if (wanted.source !== undefined && home.source !== wanted.source) continue
    found.push(home)
    if (found.length === max) break
  }
  return found
}

export function refuseBeyond(store: Store, more: number): void {
  if (store.homes.ids.length + more <= HOMES_MAX) return
  throw new Problem(409, `There would be more than ${HOMES_MAX} subscribers; remove some first`)
}

/** With `expected` undefined it is done on whatever is there, also when somebody else is at it. */
async function changeHome(
  store: Store,
  id: string,
  expected: number | undefined,
  who: string,
  recordOf: (home: Home) => HomeRecord,
): Promise<void> {
  await catchUpTo(store, 'subscriber', id, expected)
  for (let tries = 1; ; tries++) {
    const home = knownHome(store, id)
    const { body, read } = recordOf(home)
    agreedPolicy(store.homes, read)
    const change = { kind: 'subscriber', id, after: body } as const
    if (expected !== undefined || tries === TRIES_MAX) {
      await commitOrRefuse(store, [{ ...change, expected: expected ?? home.version }], who)
      return
    }
    const committed = await store.commit([{ ...change, expected: home.version }], who)
    if (committed.kind === 'done') return
  }
}

/** Which layer says each key that is not a default. */
function originsOf(store: Store, home: Home): JsonObject {
  const origins: Record<string, string> = {}
  for (const { from, policy } of store.homes.layersOf(home)) {
    for (const key of leavesOf(policy).keys()) origins[key] = from
  }
  return origins
}

const TAGS = ['subscribers']
const ONE = { tags: TAGS, params: subscriberParameter }
const OPERATOR = { role: 'operator' } as const
const TRIES_MAX = 20
const listQuery = z.strictObject({
  ...pageKeys,
  plan: planId().optional(),
  state: z.enum(['active', 'suspended'], { error: mustBeText('active or suspended') }).optional(),
  source: z.enum(['file', 'keeper'], { error: mustBeText('file or keeper') }).optional(),
})
