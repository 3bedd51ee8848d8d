/**
 * The home's file as people may write it: three lines, which become the long form that cpe.ts knows (ADR 0046).
 *
 *    concentrator: "hybridge://192.0.2.10/?pin=sha256//..."        enrol: "hybridge://192.0.2.10/?pin=...&code=..."
 *    subscriber: home-1                                      or
 *    secret: "5ec4e75e..."
 *
 * What the short form leaves out is known beside the file: who the home was enrolled as, which concentrator serves
 * it now, and which interfaces there are.
 */
import { z } from 'zod'
import type { HouseLines } from '../core/house-lines.ts'
import { readEnrolmentCode } from '../session/enrolment-code.ts'
import { cpeConfig } from './cpe.ts'
import { type Reach, readReach, SCHEME } from './reach.ts'

export interface KnownBeside {
  /** Who the home is by the code in the file; undefined where it has not been enrolled yet. */
  readonly enrolled: { readonly id: string; readonly secret: string } | undefined
  /** The concentrator that serves it now, in place of the file's. */
  readonly concentrator: Reach | undefined
  /** Or why they are not known. */
  readonly lines: () => HouseLines | string
}

/** Before anything is known beside it. */
export const asWritten = z.unknown()

/** The whole of such a file. */
export function homeFile(known: KnownBeside) {
  return z.preprocess((raw, context) => {
    if (!isMapping(raw)) return raw
    return longForm(raw, known, (key, message) =>
      context.issues.push({ code: 'custom', path: [key], message, input: raw[key] }),
    )
  }, cpeConfig)
}

/** The code that a file names, and where a home with it is to go; undefined where it names none, or a wrong one. */
export function enrolmentOf(raw: unknown): { readonly code: string } | undefined {
  if (!isMapping(raw) || typeof raw['enrol'] !== 'string') return undefined
  const read = readEnrol(raw['enrol'])
  return typeof read === 'string' ? undefined : { code: read.code }
}

/** What says who the home is and where it goes, as one text. */
export function identityIn(raw: unknown): string {
  const { concentrator, enrol, secret, subscriber } = isMapping(raw) ? raw : {}
  return JSON.stringify([concentrator, enrol, secret, subscriber])
}

/** Where the home keeps what it must know at its next start. */
export function stateDirectoryOf(raw: unknown): string {
  const said = isMapping(raw) ? raw['stateDirectory'] : undefined
  if (typeof said === 'string' && said.startsWith('/')) return said
  return isMapping(raw) && raw['enrol'] !== undefined ? ENROLLED_DIRECTORY : '/run/hybridge'
}

type Mapping = Readonly<Record<string, unknown>>

function longForm(
  { enrol, secret, ...raw }: Mapping,
  known: KnownBeside,
  complain: (key: string, message: string) => void,
): Mapping {
  const long: Record<string, unknown> = { ...raw }
  if (typeof raw['subscriber'] === 'string') long['subscriber'] = { id: raw['subscriber'] }
  if (secret !== undefined) {
    const subscriber = long['subscriber']
    if (isMapping(subscriber) && subscriber['secret'] === undefined) {
      long['subscriber'] = { ...subscriber, secret }
    } else complain('secret', 'stands in subscriber as well, or without it; keep one')
  }
  if (enrol !== undefined) {
    const read = typeof enrol === 'string' ? readEnrol(enrol) : 'must be a code in quotes'
    if (typeof read === 'string') complain('enrol', read)
    else if (read.reach !== undefined) long['concentrator'] ??= concentratorAt(read.reach)
    if (long['subscriber'] !== undefined) complain('enrol', 'stands beside subscriber; keep one')
    long['subscriber'] = known.enrolled ?? NOT_YET
    long['stateDirectory'] ??= ENROLLED_DIRECTORY
  }
  const { concentrator } = long
  if (typeof concentrator === 'string') {
    const read = readReach(concentrator)
    if (typeof read === 'string') complain('concentrator', read)
    else long['concentrator'] = concentratorAt(read.reach)
  }
  if (known.concentrator !== undefined) long['concentrator'] = concentratorAt(known.concentrator)
  if (long['legs'] === undefined || long['lan'] === undefined) {
    const lines = known.lines()
    if (typeof lines === 'string') complain('legs', `must be said, and lan: ${lines}`)
    else {
      long['legs'] ??= { dsl: { interface: lines.dsl }, lte: { interface: lines.lte } }
      long['lan'] ??= { interfaces: lines.lan }
    }
  }
  return long
}

/** A code alone, or the whole line. */
function readEnrol(
  text: string,
): { readonly code: string; readonly reach: Reach | undefined } | string {
  if (text.startsWith(SCHEME)) {
    const read = readReach(text)
    if (typeof read === 'string') return read
    return read.code === undefined ? 'has no code in it' : { code: read.code, reach: read.reach }
  }
  const code = readEnrolmentCode(text)
  return code === undefined
    ? 'must be a code such as K7QM-2XPD-9F3R-8ABC, and this one has a slip in it'
    : { code, reach: undefined }
}

function concentratorAt({ addresses, port, session, pin }: Reach) {
  return { addresses, port, session: { port: session, pin } }
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** So that the rest of the file can be judged. Nobody runs on it: main.ts enrols first. */
const NOT_YET = { id: 'not-enrolled-yet', secret: '00'.repeat(32) }
/** What is kept of an enrolment must outlive a reboot. */
const ENROLLED_DIRECTORY = '/var/lib/hybridge'
