/**
 * A policy as it travels from the concentrator to a home, and as an operator writes it down for one: the keys
 * that shall differ, in the words of the home's own file.
 */
import { isMapping } from '../core/leaves.ts'
import { keysAt, type Path } from './keys.ts'
import { type Policy, policyContradictions, policySchema } from './policy.ts'

export type PolicyDocument = Readonly<Record<string, unknown>>

export type Overlaid =
  | {
      readonly kind: 'policy'
      readonly policy: Policy
      /** Keys of a later release. */
      readonly ignored: readonly string[]
    }
  | { readonly kind: 'problem'; readonly why: string }

/**
 * What a document that came over the network makes of the home's own policy: what it names goes before
 * what the home's file says. Never throws.
 */
export function overlaid(own: Policy, document: PolicyDocument): Overlaid {
  const ignored: string[] = []
  const known = knownPart(document, [], ignored)
  const parsed = policySchema.safeParse(known, { reportInput: true })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const at = issue?.path.join('.') ?? 'policy'
    return { kind: 'problem', why: `${at} ${issue?.message ?? 'is wrong'}`.slice(0, WHY_MAX) }
  }
  const policy = named(own, parsed.data, known) as Policy
  const [contradiction] = policyContradictions(policy)
  if (contradiction === undefined) return { kind: 'policy', policy, ignored }
  const why = `${contradiction.path.join('.')} ${contradiction.message}`
  return { kind: 'problem', why: why.slice(0, WHY_MAX) }
}

/** `own`, with the values of `parsed` wherever `document` says something. */
function named(own: unknown, parsed: unknown, document: unknown): unknown {
  if (!isMapping(own) || !isMapping(parsed) || !isMapping(document)) return parsed
  const merged: Record<string, unknown> = { ...own }
  for (const key of Object.keys(document)) merged[key] = named(own[key], parsed[key], document[key])
  return merged
}

function knownPart(document: PolicyDocument, path: Path, ignored: string[]): PolicyDocument {
  const keys = keysAt(policySchema, path)
  if (keys.length === 0) return document
  const known: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(document)) {
    const here = [...path, key]
    if (!keys.includes(key)) ignored.push(here.join('.').slice(0, KEY_SHOWN_MAX))
    else known[key] = isMapping(value) ? knownPart(value, here, ignored) : value
  }
  ignored.splice(IGNORED_MAX)
  return known
}

/** Characters. */
const WHY_MAX = 300
const KEY_SHOWN_MAX = 64
const IGNORED_MAX = 20
