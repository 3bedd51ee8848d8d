/**
 * From what an operator writes of a home to what is kept of it: checked against everything that the form
 * alone cannot know.
 */
import { randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { mergeLayers } from '../../../shared/config/home-policy.ts'
import { sentencesOf } from '../../../shared/config/problems.ts'
import { cookie as cookieForm, sessionSecret } from '../../../shared/config/subscriber.ts'
import { credentialOf } from '../../../shared/session/credential.ts'
import type { Home } from '../../subscribers/homes.ts'
import type { Json, JsonObject } from '../../subscribers/keeper.ts'
import {
  DEFAULT_PLAN,
  type SubscriberBody,
  subscriberBody,
  type Verifier,
  verifierOf,
} from '../../subscribers/records.ts'
import { subscriberForm } from './forms.ts'
import { Problem } from './problem.ts'
import type { ApiRoom } from './server.ts'

export interface HomeRecord {
  readonly body: JsonObject
  readonly read: SubscriberBody & { readonly id: string }
  /** Made here, to be told once. */
  readonly made: { readonly secret: string; readonly cookie: string } | undefined
}

/** `written` are the keys of the form. */
export function newHomeRecord(room: ApiRoom, id: string, written: JsonObject): HomeRecord {
  if (written['cookie'] !== undefined || written['secret'] !== undefined) {
    return recordFrom(room, id, written, undefined)
  }
  const bytes = randomBytes(SECRET_BYTES)
  const secret = bytes.toString('hex')
  const cookie = Buffer.from(credentialOf(bytes).cookie).toString('hex')
  return { ...recordFrom(room, id, { ...written, secret }, undefined), made: { secret, cookie } }
}

/** `patch` over what is kept of `home` (RFC 7396). */
export function patchedHomeRecord(room: ApiRoom, home: Home, patch: JsonObject): HomeRecord {
  const { verifier: _, enrolment: _code, ...kept } = home.body
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
  const { cookie, secret, ...fields } = written
  if (before?.source === 'file') refuseIdentity(written)
  const said = credentialFrom(cookie, secret)
  const verifier = said === undefined ? before?.body['verifier'] : room.store.homes.kept(id, said)
  // Who has a credential of its own now needs no code any more.
  const enrolment = said === undefined ? before?.body['enrolment'] : undefined
  const body: JsonObject = {
    ...fields,
    ...(verifier !== undefined && { verifier }),
    ...(enrolment !== undefined && { enrolment }),
  }
  const read = { ...subscriberBody.parse(body), id }
  refuseUnfit(room, read)
  return { body, read, made: undefined }
}

/** Of a secret, or of a cookie where there is none; undefined where neither is said. */
function credentialFrom(cookie: Json | undefined, secret: Json | undefined): Verifier | undefined {
  const shown = cookie === undefined ? undefined : cookieForm().parse(cookie)
  if (secret === undefined) return shown && verifierOf(shown)
  const own = credentialOf(sessionSecret().parse(secret))
  return verifierOf(shown ?? own.cookie, own.verifier)
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
const OF_FILE = ['secret', 'cookie', 'prefixes', 'acl']
const SECRET_BYTES = 32
