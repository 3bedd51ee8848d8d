/**
 * Two operators cannot overwrite each other: a change says which version it changes (RFC 9110 section 13).
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Change, KeptKind } from '../../subscribers/keeper.ts'
import type { Store } from '../../subscribers/store.ts'
import { Problem } from './problem.ts'

/** Version 0 is a home of the file that the store has no record of. */
export function tag(reply: FastifyReply, version: number): void {
  reply.header('etag', `"${version}"`)
}

/** The version that `request` says it changes; undefined for any. */
export function expectedVersion(request: Pick<FastifyRequest, 'headers'>): number | undefined {
  const said = request.headers['if-match']
  if (said === undefined) {
    throw new Problem(428, 'Say which version you change: If-Match with the ETag you read, or *')
  }
  if (said === '*') return undefined
  const [, version] = /^"(\d{1,15})"$/.exec(said) ?? []
  if (version === undefined) throw new Problem(400, 'If-Match must be an ETag such as "12", or *')
  return Number(version)
}

/**
 * What we know of a record must be the version that is named, for the change is put on top of it: where
 * several share a store, the asker may have read it from one who has heard of a change before us.
 */
export async function catchUpTo(
  store: Store,
  kind: KeptKind,
  id: string,
  expected: number | undefined,
): Promise<void> {
  if (expected === undefined || expected === store.versionOf(kind, id)) return
  await store.follow()
  const version = store.versionOf(kind, id)
  if (version !== expected) throw moved(kind, id, version)
}

/** Commit, or say who was quicker. */
export async function commitOrRefuse(
  store: Store,
  changes: readonly Change[],
  who: string,
): Promise<void> {
  const committed = await store.commit(changes, who)
  if (committed.kind === 'done') return
  const { at, version } = committed
  const expected = changes.find(({ kind, id }) => kind === at.kind && id === at.id)?.expected
  if (expected === 0) throw exists(at.kind, at.id)
  throw moved(at.kind, at.id, version)
}

function moved(kind: KeptKind, id: string, version: number): Problem {
  return new Problem(412, `${kind} ${id} is at version ${version} now; read it again`)
}

function exists(kind: KeptKind, id: string): Problem {
  return new Problem(409, `There is a ${kind} ${id} already; change it, or choose another id`)
}
