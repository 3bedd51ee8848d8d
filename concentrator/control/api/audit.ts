/**
 * Who changed what, when, from what and into what; and back to what it was.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { wholeNumber } from '../../../shared/config/bounds.ts'
import { mustBeText } from '../../../shared/config/must.ts'
import { subscriberId } from '../../../shared/config/subscriber.ts'
import {
  type Change,
  type JournalEntry,
  type JsonObject,
  KEPT_KINDS,
} from '../../subscribers/keeper.ts'
import { planBody, subscriberBody } from '../../subscribers/records.ts'
import { agreedPolicy, effectOfPlan } from './effect.ts'
import { pageKeys, subscriberParameter } from './forms.ts'
import { refuseUnfit } from './home-record.ts'
import { Problem } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { catchUpTo, commitOrRefuse, expectedVersion } from './versions.ts'

export function auditRoutes(app: Routes, room: ApiRoom): void {
  const { store } = room
  app.get('/v1/audit', { schema: { tags: ['audit'], querystring: query } }, async (request) => {
    const { kind, id, cursor, limit } = request.query
    const entries = await store.keeper.journal({
      ...(kind !== undefined && { kind }),
      ...(id !== undefined && { id }),
      ...(cursor !== undefined && { before: cursor }),
      max: limit + 1,
    })
    const items = entries.slice(0, limit)
    const next = entries.length > limit ? items.at(-1)?.seq : undefined
    return { items: items.map(shown), ...(next !== undefined && { next: String(next) }) }
  })

  for (const kind of ['subscriber', 'plan'] as const) {
    const url = `/v1/${kind}s/:id/rollback`
    app.post(url, { schema: { ...ONE, tags: [`${kind}s`] }, config: OPERATOR }, async (request) => {
      const { id } = request.params
      const expected = expectedVersion(request)
      await catchUpTo(store, kind, id, expected)
      const change = await changeBack(room, kind, id, request.body.version)
      await commitOrRefuse(store, [change], request.holder.name)
      return { kind, id, version: store.versionOf(kind, id) }
    })
  }
}

/** The record as it was after that change; a home keeps the credential that it has now. */
async function changeBack(
  room: ApiRoom,
  kind: 'subscriber' | 'plan',
  id: string,
  version: number,
): Promise<Change> {
  const { store } = room
  const [entry] = await store.keeper.journal({ kind, id, before: version + 1, max: 1 })
  if (entry?.seq !== version || entry.after === undefined) {
    const detail = `The journal has no version ${version} of ${kind} ${id}; /v1/audit lists them`
    throw new Problem(404, detail)
  }
  const expected = store.versionOf(kind, id)
  if (kind === 'plan') {
    await effectOfPlan(store.homes, id, planBody.parse(entry.after))
    return { kind, id, after: entry.after, expected }
  }
  const home = store.homes.home(id)
  const verifier = home?.body['verifier'] ?? entry.after['verifier']
  const { enrolment: _, ...said } = entry.after
  const after = { ...said, ...(verifier !== undefined && { verifier }) }
  const read = { ...subscriberBody.parse(after), id }
  refuseUnfit(room, read)
  agreedPolicy(store.homes, read)
  return { kind, id, after, expected }
}

function shown({ seq, atMs, who, kind, id, before, after }: JournalEntry): JsonObject {
  return {
    version: seq,
    at: new Date(atMs).toISOString(),
    who,
    kind,
    id,
    ...(before !== undefined && { before: withoutSecrets(before) }),
    ...(after !== undefined && { after: withoutSecrets(after) }),
  }
}

/** Hashes of secrets are nobody's business either; that one was replaced is. */
function withoutSecrets(kept: JsonObject): JsonObject {
  const { verifier, enrolment: _, hash, ...body } = kept
  const secret = verifier ?? hash
  if (secret === undefined) return body
  const mark = createHash('sha256').update(JSON.stringify(secret)).digest('hex')
  return { ...body, credential: mark.slice(0, MARK_CHARACTERS) }
}

const OPERATOR = { role: 'operator' } as const
const ONE = {
  params: subscriberParameter,
  body: z.strictObject({ version: wholeNumber(1, Number.MAX_SAFE_INTEGER) }),
}
const query = z
  .strictObject({
    kind: z.enum(KEPT_KINDS, { error: mustBeText('subscriber, plan or token') }).optional(),
    id: subscriberId().optional(),
    limit: pageKeys.limit,
    cursor: z.coerce.number().pipe(wholeNumber(1, Number.MAX_SAFE_INTEGER)).optional(),
  })
  .refine(({ kind, id }) => id === undefined || kind !== undefined, {
    error: 'names an id; name its kind too',
  })
/** Enough to tell one from the next. */
const MARK_CHARACTERS = 8
