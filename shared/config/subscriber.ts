/**
 * Who a home is, as both daemons write it down. The same id and cookie stand in the home's file and in
 * the concentrator's.
 */
import { z } from 'zod'
import { credentialOf } from '../session/credential.ts'
import { prefix } from './address.ts'
import { list, numberBetween } from './bounds.ts'
import { mustBeText, wrong } from './must.ts'

/** A name for people and logs; it never travels. */
export function subscriberId() {
  const error = mustBeText(`a text of 1 to ${ID_CHARACTERS_MAX} letters, digits or . _ @ : -`)
  return z
    .string({ error })
    .regex(/^[A-Za-z0-9._@:-]+$/, { error })
    .max(ID_CHARACTERS_MAX, { error })
}

/**
 * The secret that stands in every Convert message (RFC 8803 section 6.2.7), and from which the keys of
 * the probes come. Whole words, so that no padding has to be guessed when it is compared.
 */
export function cookie() {
  return z.string({ error: cookieError }).transform((text, context): Uint8Array => {
    if (HEX.test(text) && text.length % WORD_CHARACTERS === 0) return fromHex(text)
    context.addIssue({ code: 'custom', message: cookieProblem(text) })
    return z.NEVER
  })
}

/**
 * What a home proves itself with over the control session, and from which its cookie comes where none is
 * said. It is never sent.
 */
export function sessionSecret() {
  return hexBytes(SECRET_BYTES_MIN, SECRET_BYTES_MAX, SECRET)
}

/** What the concentrator keeps of such a secret (session/credential.ts). */
export function sessionVerifier() {
  return hexBytes(VERIFIER_BYTES, VERIFIER_BYTES, VERIFIER)
}

/** The cookie that is said, else the one that comes from the secret; undefined where neither is. */
export function cookieOf(said: {
  readonly cookie?: Uint8Array | undefined
  readonly secret?: Uint8Array | undefined
}): Uint8Array | undefined {
  return said.cookie ?? (said.secret === undefined ? undefined : credentialOf(said.secret).cookie)
}

/** What a home's two lines are numbered from, where the operator knows it. Default: not known. */
export function legPrefixes() {
  const prefixes = () => list(prefix(), 0, PREFIXES_MAX, 'prefixes').default([])
  return z.strictObject({ dsl: prefixes(), lte: prefixes() }).prefault({})
}

/** What may go down each leg of a home, in Mbit/s. Default: all it takes. */
export function caps() {
  const mbps = () => numberBetween(0.1, 10_000, 'Mbit/s').optional()
  return z
    .strictObject({
      /** What the DSL line carries; shaping.dslShare of it is used. */
      dslDownMbps: mbps(),
      /** At most this. */
      lteDownMbps: mbps(),
    })
    .prefault({})
}

function hexBytes(from: number, to: number, what: string) {
  return z.unknown().transform((input, context): Uint8Array => {
    if (typeof input === 'string' && /^(?:[0-9a-f]{2})+$/i.test(input)) {
      const bytes = fromHex(input)
      if (bytes.length >= from && bytes.length <= to) return bytes
    }
    const shown = typeof input === 'string' ? `${input.length} characters` : input
    context.addIssue({ code: 'custom', message: wrong(what, shown) })
    return z.NEVER
  })
}

/** Says how long the text is and not what it is: terminals and logs are read by many. */
function cookieProblem(text: string): string {
  const length = `${text.length} ${text.length === 1 ? 'character' : 'characters'}`
  return `must be ${COOKIE}, but is ${/^[0-9a-f]*$/i.test(text) ? length : `${length}, not all of them hex digits`}`
}

/** Digits alone are a number to YAML, which would lose the last of them. */
function cookieError({ input }: { readonly input: unknown }): string {
  return typeof input === 'number'
    ? `must be ${COOKIE} in quotes: without them YAML reads digits as a number`
    : mustBeText(COOKIE)({ code: 'custom', input })
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(i * 2, i * 2 + 2), 16),
  )
}

const ID_CHARACTERS_MAX = 64
const PREFIXES_MAX = 16
/** 8 to 64 bytes: shorter can be guessed, longer makes nothing harder. */
const HEX = /^(?:[0-9a-f]{2}){8,64}$/i
/** Hex digits of one 32-bit word. */
const WORD_CHARACTERS = 8
/** Shorter could be tried out by whoever has read a cookie on the line. */
const SECRET_BYTES_MIN = 16
const SECRET_BYTES_MAX = 64
const SECRET = '32 to 128 hex digits in quotes (16 to 64 bytes)'
const VERIFIER_BYTES = 32
const VERIFIER = '64 hex digits in quotes, as `hybridge credential` shows them'
const COOKIE = '16 to 128 hex digits, a multiple of 8 (8 to 64 bytes in whole words)'
/** What is missing where neither is said. */
export const COOKIE_OR_SECRET = `is missing; it must be ${COOKIE}, unless secret is there, from which it comes`
