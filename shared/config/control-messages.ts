/**
 * What a home and its concentrator say to each other over the control session (ADR 0036), one frame each
 * (wire/control-frame.ts).
 *
 *    home                                   concentrator
 *    hello: who I am, and the proof   ──▶
 *                                     ◀──   welcome: the version we speak, and the time
 *                                     ◀──   policy: a version and what differs from the home's own
 *    applied: that version            ──▶
 *    report, every reportS            ──▶
 *                                     ◀──   heard: that report, and the time
 *                                     ◀──   cookie: for a leg, when its address is known
 *                                     ◀──   concentrators: where else it may go, and whether it shall
 *                                     ◀──   speedTest: begin one, or stop it
 *    speedTest: how it goes           ──▶
 *                                     ◀──   goodbye: why, and when to come again
 *
 *    enrol: a code, and what shall be known of me  ──▶        in place of hello (ADR 0046)
 *                                     ◀──   enrolled: who I am from now on
 *
 * Ends of neighbouring versions understand each other: a field that is not known is ignored, a message that is
 * not known is answered `unknown`, and one that lacks what it must have ends the session.
 */
import { z } from 'zod'
import { LEGS } from '../core/leg.ts'
import { homeInterval, streetInterval } from './interval-messages.ts'
import { PIN } from './reach.ts'
import { speedTestNews, speedTestOrder } from './speed-messages.ts'

/** The versions of this protocol that this release speaks. */
export const CONTROL_VERSIONS = { min: 1, max: 1 } as const

/** Intervals in one report. */
export const INTERVALS_MAX = 8
/** Those that homes are told of. */
export const CONCENTRATORS_MAX = 16

/** Fields that end up in logs, on screens and in files. */
const word = z.string().max(64)
const sentence = z.string().max(300)
const bytes = (max: number) =>
  z
    .base64()
    .max(Math.ceil(max / 3) * 4)
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
/** Sums of bytes: below it a number is exact. */
const count = z.int().min(0)
const rate = z.number().min(0).max(1e12)
const milliseconds = z.number().min(0).max(8.64e15)

const carried = z.object({ upBytes: count, downBytes: count })

const legReport = z.object({
  state: word,
  reason: sentence,
  rttMs: z.number().min(0).max(1e6).optional(),
})

const portNumber = z.int().min(1).max(65_535)

const versions = z.object({ min: z.int().min(0), max: z.int().min(0) })

const reason = z.object({ atMs: milliseconds, text: sentence })

/** What a home says. */
const fromHome = {
  hello: z.object({
    versions,
    id: word,
    proof: bytes(32),
    software: word,
    /** Where this connection began. */
    leg: z.enum(LEGS),
  }),
  enrol: z.object({
    versions,
    code: word,
    /** The secret itself stays in the home (session/credential.ts). */
    cookie: bytes(64),
    verifier: bytes(32),
    software: word,
  }),
  applied: z.object({ version: word, problem: sentence.optional() }),
  report: z.object({
    /** When it was made, on the concentrator's clock as far as the home knows it. */
    atMs: milliseconds,
    legs: z.object({ dsl: legReport, lte: legReport }),
    concentrator: z.object({ state: word, reason: sentence }),
    /**
     * What the interfaces have carried since `epoch`, a name that changes with every start of the agent:
     * sums, so that a report that is lost, or said twice, changes nothing.
     */
    usage: z.object({ epoch: word, dsl: carried, lte: carried }),
    /** In bytes a second, where the home knows it. */
    dslCapacity: z.object({ up: rate.optional(), down: rate.optional() }).optional(),
    lte: z
      .object({
        /** For what kind of reason it helps DSL; nothing where it does not. */
        helps: z.object({ up: word.optional(), down: word.optional() }),
        /** Of the month's budget, where there is one. */
        budgetUsed: z.number().min(0).max(1e6).optional(),
      })
      .optional(),
    /** Since the report before. */
    reasons: z.array(reason).max(256),
    /** Not heard yet: what there is to judge why the home is as fast as it is (ADR 0049). */
    intervals: z.array(homeInterval).max(INTERVALS_MAX).optional(),
  }),
  speedTest: speedTestNews,
  unknown: z.object({ of: word }),
} as const

/** A concentrator that homes may come to. */
export const announced = z.object({
  name: word,
  addresses: z.array(word).min(1).max(2),
  port: portNumber,
  session: portNumber,
  pin: z.string().regex(PIN),
  /** The least first. */
  priority: z.int().min(0).max(255),
  weight: z.int().min(1).max(255),
})
export type Announced = Readonly<z.infer<typeof announced>>

/** What a concentrator says. */
const fromConcentrator = {
  welcome: z.object({
    version: z.int().min(0),
    software: word,
    /** Its clock: a home may have none. */
    timeMs: milliseconds,
    /** Seconds between reports. */
    reportS: z.int().min(1).max(3_600),
  }),
  policy: z.object({
    version: word,
    /** Part of a policy: what stands in it goes before what stands in the home's own file. */
    document: z.record(z.string(), z.unknown()),
  }),
  /** Where else the home may go, and whether it shall (ADR 0052). */
  concentrators: z.object({
    /** The one that speaks is being taken out: go when nothing is open, after `leaveS` in any case. */
    draining: z.boolean(),
    leaveS: z.int().min(0).max(86_400),
    list: z.array(announced).max(CONCENTRATORS_MAX),
  }),
  /** The home has a credential here; the session ends, and the home comes again with it. */
  enrolled: z.object({ id: word }),
  /** The report has arrived: the session is alive in both directions. */
  heard: z.object({
    timeMs: milliseconds,
    /** What it has seen of the home meanwhile. */
    street: streetInterval.optional(),
  }),
  /** To be shown on uplinks that begin on this leg. */
  cookie: z.object({
    leg: z.enum(LEGS),
    /** The family of the address that it is good from. */
    family: z.enum(['ipv4', 'ipv6']),
    cookie: bytes(64),
  }),
  speedTest: speedTestOrder,
  goodbye: z.object({
    code: word,
    why: sentence,
    /** Seconds until it makes sense to come again. */
    waitS: z.int().min(0).max(86_400),
  }),
  unknown: z.object({ of: word }),
} as const

export type FromHome = Said<typeof fromHome>
export type FromConcentrator = Said<typeof fromConcentrator>
export type HomeReport = z.infer<typeof fromHome.report>

/** What an object says, or what is wrong with it. */
export type Understood<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'unknown'; readonly of: string }
  | { readonly kind: 'wrong'; readonly why: string }

export function understandHome(object: Readonly<Record<string, unknown>>): Understood<FromHome> {
  return understand(fromHome, object)
}

export function understandConcentrator(
  object: Readonly<Record<string, unknown>>,
): Understood<FromConcentrator> {
  return understand(fromConcentrator, object)
}

/** The version that both speak; undefined where there is none. */
export function versionOfBoth(theirs: {
  readonly min: number
  readonly max: number
}): number | undefined {
  const version = Math.min(theirs.max, CONTROL_VERSIONS.max)
  return version >= Math.max(theirs.min, CONTROL_VERSIONS.min) ? version : undefined
}

/** As it crosses: bytes are base64. */
export function spoken(bytesOrText: Uint8Array): string {
  return Buffer.from(bytesOrText).toString('base64')
}

type Table = Readonly<Record<string, z.ZodObject>>
type Said<T extends Table> = {
  [Type in keyof T & string]: { readonly type: Type } & Readonly<z.infer<T[Type]>>
}[keyof T & string]

function understand<T extends Table>(
  table: T,
  object: Readonly<Record<string, unknown>>,
): Understood<Said<T>> {
  const type = word.safeParse(object['type'])
  if (!type.success) return { kind: 'wrong', why: 'it has no type' }
  const schema = Object.hasOwn(table, type.data) ? table[type.data] : undefined
  if (schema === undefined) return { kind: 'unknown', of: type.data }
  const parsed = schema.safeParse(object)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const at = issue?.path.join('.') ?? ''
    return {
      kind: 'wrong',
      why: `${type.data}${at && `.${at}`} is not as it must be`.slice(0, 300),
    }
  }
  return { kind: 'message', message: { type: type.data, ...parsed.data } as Said<T> }
}
