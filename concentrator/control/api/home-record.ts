/**
 * From what an operator writes of a home to what is kept of it: checked against everything that the form
 * alone cannot know.
 */
import { randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { mergeLayers } from '../../../shared/config/home-policy.ts'
import { sentencesOf } from '../../../shared/config/problems.ts'
import { cookie as cookieForm } from '../../../shared/config/subscriber.ts'
import type { Home } from '../../subscribers/homes.ts'
import type { JsonObject } from '../../subscribers/keeper.ts'
import {
  DEFAULT_PLAN,
  type SubscriberBody,
  subscriberBody,
  verifierOf,
} from '../../subscribers/records.ts'
import { subscriberForm } from './forms.ts'
import { Problem } from './problem.ts'
import type { ApiRoom } from './server.ts'

export interface HomeRecord {
  readonly body: JsonObject
  readonly read: SubscriberBody & { readonly id: string }
  /** Made here, to be told once. */
  readonly cookie: string | undefined
}

/** `written` are the keys of the form. */
export function newHomeRecord(room: ApiRoom, id: string, written: JsonObject): HomeRecord {
  if (written['cookie'] !== undefined) return recordFrom(room, id, written, undefined)
  const cookie = randomBytes(COOKIE_BYTES).toString('hex')
  return { ...recordFrom(room, id, { ...written, cookie }, undefined), cookie }
}

/** `patch` over what is kept of `home` (RFC 7396). */
export function patchedHomeRecord(room: ApiRoom, home: Home, patch: JsonObject): HomeRecord {
  const { verifier: _, ...kept } = home.body
  const merged = mergeLayers(kept, patch) as JsonObject
  const problems = problemsIn(subscriberForm, merged)
  if (problems.length > 0) throw new Problem(400, 'Mend the body', { problems })
  return recordFrom(room, home.id, merged, home)
}

export function problemsIn(form: z.ZodType, written: unknown): string[] {
  const parsed = form.safeParse(written, { reportInput: true })
  return parsed.success ? [] : sentencesOf(parsed.error, form, 'the body')
}

function recordFrom(
  room: ApiRoom,
  id: string,
  written: JsonObject,
  before: Home | undefined,
): HomeRecord {
  const { cookie, ...fields } = written
  if (before?.source === 'file') refuseIdentity(written)
  const verifier =
    cookie === undefined ? before?.body['verifier'] : verifierOf(cookieForm().parse(cookie))
  const body: JsonObject = { ...fields, ...(verifier !== undefined && { verifier }) }
  const read = { ...subscriberBody.parse(body), id }
  refuseUnfit(room, read)
  return { body, read, cookie: undefined }
}

/** Throws a Problem where a home names what is not there, or shows what another shows. */
export function refuseUnfit({ store, egressPool }: ApiRoom, read: HomeRecord['read']): void {
  const problems: string[] = []
  const { id, plan, egress } = read
  if (plan !== undefined && plan !== DEFAULT_PLAN && store.homes.plan(plan) === undefined) {
    problems.push(`plan is ${plan}, which does not exist; make it first`)
  }
  for (const address of [egress.ipv4, egress.ipv6]) {
    if (address === undefined || egressPool.includes(address)) continue
    problems.push(`egress names ${address}, which is not in egress.addresses of the configuration`)
  }
  const hash = read.verifier?.hash
  const owner = hash === undefined ? undefined : store.homes.ownerOf(hash)
  if (owner !== undefined && owner !== id) {
    problems.push(`cookie is the one of ${owner} as well; each home needs one of its own`)
  }
  if (problems.length > 0) throw new Problem(422, `${id} cannot be as written`, { problems })
}

function refuseIdentity(written: JsonObject): void {
  const named = OF_FILE.filter((key) => key in written)
  if (named.length === 0) return
  const detail = `This home stands in the configuration file: change ${named.join(', ')} there`
  throw new Problem(409, detail)
}

/** What the configuration file says of its homes. */
const OF_FILE = ['cookie', 'prefixes', 'acl']
const COOKIE_BYTES = 32
