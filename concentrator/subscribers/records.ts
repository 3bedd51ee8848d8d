/**
 * What an operator keeps of a home and of a plan, as it is written (JSON) and as it is read.
 */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { ownAcl } from '../../shared/config/acl.ts'
import { ipv4HostAddress, ipv6HostAddress, prefix } from '../../shared/config/address.ts'
import { numberBetween } from '../../shared/config/bounds.ts'
import { layerProblems, type PolicyLayer } from '../../shared/config/home-policy.ts'
import { mustBeText } from '../../shared/config/must.ts'
import { legPrefixes, subscriberId } from '../../shared/config/subscriber.ts'
import { credentialOf } from '../../shared/session/credential.ts'
import {
  controlSecret,
  type ProbeSecret,
  probeSecret,
  type TunnelSecret,
  tunnelSecretFrom,
} from '../../shared/tunnel/keys.ts'

/** Characters. */
const TITLE_CHARACTERS_MAX = 200
const SEALED_CHARACTERS_MAX = 200

/** What a home is known by; neither its cookie nor its secret is kept (ADR 0033). All hex digits. */
export type Verifier = {
  /** SHA-256: tells whose cookie a Convert message shows. */
  readonly hash: string
  /** What its probes are called, and what they are judged by (shared/tunnel/keys.ts). */
  readonly sessionId: string
  readonly probeKey: string
  /** What the keys of its tunnel are made from. */
  readonly controlKey: string
  /** What the proof of its control session is judged by; nobody can come as the home with it (ADR 0036). */
  readonly session: string
}

/** As it is kept (vault.ts). */
const sealedVerifier = z.strictObject({
  hash: hexOf(32),
  sessionId: hexOf(8),
  session: hexOf(32),
  sealed: z.string().max(SEALED_CHARACTERS_MAX),
})
export type SealedVerifier = z.infer<typeof sealedVerifier>

/** As it was kept before there were seals: it is sealed at the next start. */
const plainVerifier = z.strictObject({
  hash: hexOf(32),
  sessionId: hexOf(8),
  session: hexOf(32).optional(),
  probeKey: hexOf(32),
  controlKey: hexOf(32),
})
export type PlainVerifier = z.infer<typeof plainVerifier>

/** `session`: of a home with a secret for it; else what comes from the cookie must do. */
export function verifierOf(cookie: Uint8Array, session?: Uint8Array): Verifier {
  const { sessionId, key } = probeSecret(cookie)
  const control = controlSecret(cookie)
  return {
    hash: hash('sha256', cookie, 'hex'),
    sessionId: hex(sessionId),
    probeKey: hex(key),
    controlKey: hex(control),
    session: hex(session ?? credentialOf(control).verifier),
  }
}

export function openedPlain({ session, ...kept }: PlainVerifier): Verifier {
  const control = Buffer.from(kept.controlKey, 'hex')
  return { ...kept, session: session ?? hex(credentialOf(control).verifier) }
}

export function probeSecretOf({ sessionId, probeKey }: Verifier): ProbeSecret {
  return { sessionId: Buffer.from(sessionId, 'hex'), key: Buffer.from(probeKey, 'hex') }
}

export function tunnelSecretOf({
  sessionId,
  controlKey,
}: Pick<Verifier, 'sessionId' | 'controlKey'>): TunnelSecret {
  return tunnelSecretFrom(Buffer.from(sessionId, 'hex'), Buffer.from(controlKey, 'hex'))
}

/** A code with which a home comes to a credential (ADR 0046). */
const enrolment = z.strictObject({
  /** Of the code (vault.ts). */
  hash: hexOf(32),
  /** Unix time. */
  untilMs: z.number(),
  /** A hash of the credential that it was spent for. */
  spentFor: hexOf(32).optional(),
})

/** A home, without who it is. */
export const subscriberFields = z.strictObject({
  /** Suspended: it is refused, and what it has open ends. Default active. */
  state: z
    .enum(['active', 'suspended'], { error: mustBeText('active or suspended') })
    .default('active'),
  /** Default none: then plan `default` alone applies. */
  plan: planId().optional(),
  /** Where it comes from, by leg. Its cookies are worth nothing elsewhere. Default anywhere. */
  prefixes: legPrefixes(),
  /** Destinations, judged before everybody's. */
  acl: ownAcl(),
  /** The address of the pool from which its connections leave. Default: chosen by its id. */
  egress: z
    .strictObject({
      ipv4: ipv4HostAddress().optional(),
      ipv6: ipv6HostAddress().optional(),
      /** Its own of tunnel.pool6, for what is not TCP. Default: the one that comes of its id. */
      prefix6: prefix().optional(),
    })
    .prefault({}),
  /** Its own layer of the policy. */
  policy: policyLayer(),
})

export const subscriberBody = subscriberFields.extend({
  /** None where the configuration file says who this home is. */
  verifier: z.union([sealedVerifier, plainVerifier]).optional(),
  enrolment: enrolment.optional(),
})
export type SubscriberBody = z.output<typeof subscriberBody>

export const planBody = z.strictObject({
  title: title(),
  policy: policyLayer(),
  /** A layer on top for some of its homes, always the same: a change is tried before all have it. */
  trial: z.strictObject({ percent: trialPercent(), policy: policyLayer() }).optional(),
})
export type PlanBody = z.output<typeof planBody>

/** The plan under all others. */
export const DEFAULT_PLAN = 'default'

export function planId() {
  return subscriberId()
}

/** For people. */
export function title() {
  const error = mustBeText(`a text of at most ${TITLE_CHARACTERS_MAX} characters`)
  return z.string({ error }).max(TITLE_CHARACTERS_MAX, { error }).default('')
}

export function trialPercent() {
  return numberBetween(0, 100, 'percent of the homes of the plan')
}

/** Whether a home is among the first `percent` of its plan: who is at 5 % is at 20 % too. */
export function isInTrial(plan: string, id: string, percent: number): boolean {
  const place = Number.parseInt(hash('sha256', `${plan} ${id}`, 'hex').slice(0, 8), 16)
  return place < (percent / 100) * 2 ** 32
}

function policyLayer() {
  return z
    .custom<PolicyLayer>((value) => typeof value === 'object' && value !== null, {
      error: 'must be a mapping',
    })
    .superRefine((layer, context) => {
      for (const message of layerProblems(layer)) context.addIssue({ code: 'custom', message })
    })
    .default({})
}

function hexOf(bytes: number) {
  return z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
