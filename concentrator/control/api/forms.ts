/**
 * What may be asked of homes and plans, and how they are shown.
 */
import { z } from 'zod'
import { wholeNumber } from '../../../shared/config/bounds.ts'
import { policyLayerForm } from '../../../shared/config/home-policy.ts'
import { cookie, sessionSecret, subscriberId } from '../../../shared/config/subscriber.ts'
import type { Home, Plan } from '../../subscribers/homes.ts'
import type { JsonObject } from '../../subscribers/keeper.ts'
import { planId, subscriberFields, title, trialPercent } from '../../subscribers/records.ts'

const CURSOR_CHARACTERS_MAX = 200
const PAGE_MAX = 1_000
const PAGE_DEFAULT = 100
const ENROLMENT_HOURS_MAX = 2_160

const layer = policyLayerForm()

/** A home as it may be written. */
export const subscriberForm = z.strictObject({
  ...subscriberFields.shape,
  policy: layer.optional(),
  /** The secret that stands in the home's own file too; it is never shown again. Default: one is made. */
  secret: sessionSecret().optional(),
  /** Of a home that has no secret: whoever reads its lines can read it there, and come as the home. */
  cookie: cookie().optional(),
})

export const newSubscriberForm = z.strictObject({ id: subscriberId(), ...subscriberForm.shape })

export const planForm = z.strictObject({
  title: title(),
  policy: layer.optional(),
  /** A layer on top for some of the plan's homes, always the same ones. */
  trial: z.strictObject({ percent: trialPercent(), policy: layer }).optional(),
})

/** RFC 7396 over one of the above: what is not named stays, null is the default again. */
export const patchForm = z.looseObject({}, { error: 'must be a mapping' })

/** A code for enrolment. */
export const enrolmentForm = z.strictObject({
  /** How long it is good for. Default 168, a week. */
  hours: wholeNumber(1, ENROLMENT_HOURS_MAX, 'hours').default(168),
})

export const subscriberParameter = z.strictObject({ id: subscriberId() })
export const planParameter = z.strictObject({ id: planId() })
/** `dryRun=true`: say what would change for whom, and change nothing. */
export const dryRunQuery = z.strictObject({ dryRun: z.stringbool().default(false) })

/** `cursor` is `next` of the page before. */
export const pageKeys = {
  cursor: z.string().max(CURSOR_CHARACTERS_MAX).optional(),
  limit: z.coerce.number().pipe(wholeNumber(1, PAGE_MAX)).default(PAGE_DEFAULT),
}

/** Of its credential it is told only that there is one, of a code whether it waits. */
export function shownHome({ id, version, source, state, body, enrolment }: Home): JsonObject {
  const { verifier: _, enrolment: _code, ...said } = body
  const shown = { id, version, source, state, policy: {}, ...said }
  return enrolment === undefined ? shown : { ...shown, enrolment: shownEnrolment(enrolment) }
}

function shownEnrolment({ untilMs, spentFor }: NonNullable<Home['enrolment']>): JsonObject {
  return { until: new Date(untilMs).toISOString(), spent: spentFor !== undefined }
}

export function shownPlan({ id, version, title: name, body }: Plan): JsonObject {
  return { id, version, title: name, policy: {}, ...body }
}

/** A body as it was written: server.ts hands it on so. */
export function written(body: unknown): JsonObject {
  return body as JsonObject
}
