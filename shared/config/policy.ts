/**
 * What an operator may tune for a home: which connections want what of the lines, when LTE helps, and what
 * it may cost. It stands in the home's own file; nothing in it is about cables or addresses.
 */
import { z } from 'zod'
import { AT_CAP } from '../core/lte-allowance.ts'
import { STANDBY_POLICIES } from '../core/standby.ts'
import { numberBetween, wholeNumber } from './bounds.ts'
import { classesSection } from './classes.ts'
import type { Contradiction } from './document.ts'
import { mustBeText } from './must.ts'

/** The keys of a policy, each with its unit and its default. */
export function policyKeys() {
  return {
    /** What connections want of the lines. */
    classes: classesSection(),
    /** When LTE helps a DSL that is full (ADR 0019). */
    overflow: z
      .strictObject({
        /** Part of DSL's capacity from which it may be full, and for how long it must be. */
        engagePercent: wholeNumber(50, 100, 'percent').default(93),
        engageMs: wholeNumber(50, 10_000, 'milliseconds').default(100),
        /** Part of DSL's capacity below which both lines together must be, and for how long. */
        releasePercent: wholeNumber(10, 99, 'percent').default(91),
        releaseMs: wholeNumber(100, 60_000, 'milliseconds').default(1_000),
        /** Seconds until LTE is let go for a trial, where nobody can tell otherwise. Default 5. */
        trialS: wholeNumber(1, 3_600, 'seconds').default(5),
        /** The largest burst that DSL is left alone with once the home has had one like it. */
        burstMegabytes: wholeNumber(0, 1_000, 'megabytes').default(15),
      })
      .prefault({}),
    /**
     * Whether LTE is joined before it is needed: hot, or built when DSL is full or dead: cold (ADR 0026).
     * Default hot.
     */
    standby: z.enum(STANDBY_POLICIES, { error: mustBeText('hot or cold') }).default('hot'),
    /** What LTE may cost. */
    budget: z
      .strictObject({
        /** What a month of LTE may be, both directions together. Default: no limit. */
        monthlyGigabytes: numberBetween(0.001, 100_000, 'gigabytes').optional(),
        /** Day on which the month begins, in UTC. Default 1. */
        resetDay: wholeNumber(1, 28).default(1),
        /**
         * When all is spent: standby, LTE carries only while DSL is dead; throttle, it helps on, slowed down; off,
         * it carries nothing. Default standby.
         */
        atCap: z.enum(AT_CAP, { error: mustBeText('standby, throttle or off') }).default('standby'),
        /** What a throttled LTE may send, in Mbit/s of IP packets. Default 1. */
        throttleMbps: numberBetween(0.1, 10_000, 'Mbit/s').default(1),
      })
      .prefault({}),
    /** Whether LTE may carry anything while it roams (legs.lte.roamingFile). Default deny. */
    roaming: z.enum(['deny', 'allow'], { error: mustBeText('deny or allow') }).default('deny'),
  }
}

/** A policy by itself, whoever writes it. */
export const policySchema = z.strictObject(policyKeys()).superRefine((policy, context) => {
  for (const { path, message } of policyContradictions(policy)) {
    context.addIssue({ code: 'custom', path, message })
  }
})

/** What each key alone cannot know. */
export function* policyContradictions({ overflow }: Policy): Generator<Contradiction> {
  const { engagePercent, releasePercent } = overflow
  if (releasePercent >= engagePercent) {
    const message = `is ${releasePercent}, but overflow.engagePercent is ${engagePercent}; LTE would come and go, choose less`
    yield { path: ['overflow', 'releasePercent'], message }
  }
}

/** The part of a home's file that is its policy. */
export function policyOf(config: Policy): Policy {
  return Object.fromEntries(KEYS.map((key) => [key, config[key]])) as Policy
}

const KEYS = Object.keys(policySchema.shape) as ReadonlyArray<keyof Policy>

export type Policy = z.infer<typeof policySchema>
