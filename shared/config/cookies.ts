/**
 * The cookies that the concentrator issues beside the one that stands in the configuration (ADR 0015).
 */
import { z } from 'zod'
import { wholeNumber } from './bounds.ts'
import { mustBe, mustBeText, wrong } from './must.ts'

export function issuedCookies() {
  return z
    .strictObject({
      /** Whether a home that shows none is given one, where its address tells who it is. Default true. */
      issue: z.boolean({ error: mustBe('true or false') }).default(true),
      /** By leg: where its IPv4 address tells who a home is. */
      issueTo: z
        .strictObject({
          /** Default probed: a DSL line has an address of its own. */
          dsl: told().default('probed'),
          /** Default prefixes: carriers' NAT gives one to many. */
          lte: told().default('prefixes'),
        })
        .prefault({}),
      /** How long one is good for. Default 3,600. */
      lifetimeS: wholeNumber(60, 604_800, 'seconds').default(3_600),
      /** How much of the first subflow's address one is bound to. Default 32. */
      ipv4Bits: wholeNumber(8, 32, 'bits').default(32),
      /** Default 64. */
      ipv6Bits: wholeNumber(16, 128, 'bits').default(64),
      /**
       * How long an address is a home's after a probe came from it, and how far the home's clock may be
       * from ours: two of LTE's idle probes. Default 600.
       */
      tieS: wholeNumber(10, 86_400, 'seconds').default(600),
      /** What the keys are made from. Default: one of our own, kept in `stateDirectory`. */
      secret: secret().optional(),
    })
    .prefault({})
}

/** Addresses from which a home's probes came, or the operator's prefixes alone. */
function told() {
  return z.enum(['probed', 'prefixes'], { error: mustBeText('probed or prefixes') })
}

function secret() {
  return z.unknown().transform((input, context): Uint8Array => {
    if (typeof input === 'string' && /^(?:[0-9a-f]{2}){32,64}$/i.test(input)) {
      return Uint8Array.from({ length: input.length / 2 }, (_, i) =>
        Number.parseInt(input.slice(2 * i, 2 * i + 2), 16),
      )
    }
    // Says how long it is and not what it is: terminals and logs are read by many.
    const shown = typeof input === 'string' ? `${input.length} characters` : input
    context.addIssue({ code: 'custom', message: wrong(SECRET, shown) })
    return z.NEVER
  })
}

const SECRET = '64 to 128 hex digits in quotes'
