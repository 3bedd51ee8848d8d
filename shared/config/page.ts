/**
 * The page that the home is shown, and the speed test that it may start.
 */
import { z } from 'zod'
import { list, port, wholeNumber } from './bounds.ts'
import { mustBeText } from './must.ts'
import { hostName } from './session.ts'

/** Served to the LAN alone: its listeners are bound to `lan.interfaces` (ADR 0050). */
export function pageSection() {
  return z
    .strictObject({
      /** Default true. */
      enabled: z.boolean({ error: mustBeText('true or false') }).default(true),
      /** Default 8806. */
      port: port().default(8_806),
      /** Names under which the LAN knows the router; its addresses always do. Default none. */
      names: list(hostName(), 0, NAMES_MAX, 'names').default([]),
      /** Who says it may restart the agent and save a support bundle. Default: nobody may. */
      password: password().optional(),
    })
    .prefault({})
}

/** What one speed test may carry, both directions together (ADR 0051). */
export function speedTestSection() {
  return z
    .strictObject({
      /** Over both lines. Default 50. */
      megabytes: wholeNumber(1, 10_000, 'megabytes').default(50),
      /** Of these, over LTE; 0: it is not tested. Default 20. */
      lteMegabytes: wholeNumber(0, 10_000, 'megabytes').default(20),
    })
    .prefault({})
}

/** What is wrong with one is told without it. */
function password() {
  const error = ({ input }: { readonly input?: unknown }) =>
    `must be a text of 8 to 100 characters${typeof input === 'number' ? '; put it in quotes' : ''}`
  return z
    .string({ error })
    .min(8, { error })
    .max(100, { error })
    .regex(/^\P{Cc}+$/u, { error })
}

const NAMES_MAX = 8
