/**
 * The whole policy of one home, as an operator writes it and as it travels to the home: JSON, in layers.
 *
 *    the defaults here  <  plan `default`  <  the home's plan  <  the home's own
 *
 * A layer names what it changes and nothing else. Mappings are merged key by key; lists are taken whole.
 */
import { z } from 'zod'
import { isMapping } from '../core/leaves.ts'
import { bare } from './keys.ts'
import { policyContradictions, policyKeys } from './policy.ts'
import { sentencesOf } from './problems.ts'
import { caps } from './subscriber.ts'

/** One layer, as it was written. */
export interface PolicyLayer {
  readonly [key: string]: unknown
}

/** What the home itself obeys, and what is kept to where its packets come from. */
export type OperatorPolicy = z.infer<typeof operatorPolicy>

export type ReadPolicy =
  | { readonly kind: 'policy'; readonly policy: OperatorPolicy; readonly document: PolicyLayer }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }

/**
 * What `layers` amount to, the last one winning: the value, and the document that says every key. Network
 * input does not throw here.
 */
export function readPolicy(layers: readonly PolicyLayer[]): ReadPolicy {
  const merged = layers.reduce<PolicyLayer>(mergeLayers, {})
  const parsed = operatorPolicy.safeParse(merged, { reportInput: true })
  if (!parsed.success)
    return { kind: 'problems', problems: sentencesOf(parsed.error, operatorPolicy, WHOLE) }
  const document = spelledOut(operatorPolicy, merged) as PolicyLayer
  return { kind: 'policy', policy: parsed.data, document }
}

/** What is wrong with one layer by itself. */
export function layerProblems(layer: unknown): string[] {
  const parsed = layerSchema.safeParse(layer, { reportInput: true })
  return parsed.success ? [] : sentencesOf(parsed.error, layerSchema, WHOLE)
}

/** `over` on top of `under`. A key that `over` sets to null is the one below again (RFC 7396). */
export function mergeLayers(under: PolicyLayer, over: PolicyLayer): PolicyLayer {
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key]
    if (value === null) delete merged[key]
    else if (isMapping(value)) merged[key] = mergeLayers(isMapping(old) ? old : {}, value)
    else merged[key] = value
  }
  return merged
}

/** The same keys, each of them optional and without a default. */
function partially(schema: z.core.$ZodType): z.ZodType {
  const here = bare(schema)
  if (!(here instanceof z.ZodObject)) return here as z.ZodType
  const shape = here.shape as Readonly<Record<string, z.core.$ZodType>>
  const optional = Object.entries(shape).map(([key, value]) => [key, partially(value).optional()])
  return z.strictObject(Object.fromEntries(optional))
}

/** `document` with every default that it leaves to the schema, in the words of a document. */
function spelledOut(schema: z.core.$ZodType, document: unknown): unknown {
  const here = bare(schema)
  if (!(here instanceof z.ZodObject)) {
    return document ?? (schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined)
  }
  const written = isMapping(document) ? document : {}
  const shape = here.shape as Readonly<Record<string, z.core.$ZodType>>
  const spelled = Object.entries(shape).map(([key, value]) => [
    key,
    spelledOut(value, written[key]),
  ])
  return Object.fromEntries(spelled.filter(([, value]) => value !== undefined))
}

/** The form of a layer, for those who describe it. */
export function policyLayerForm(): z.ZodType {
  return layerSchema
}

const operatorPolicy = z
  .strictObject({
    ...policyKeys(),
    /** What may go down each leg, in Mbit/s; needs shaping.interface of the concentrator. Default: its file's caps. */
    rates: caps(),
  })
  .superRefine((policy, context) => {
    for (const { path, message } of policyContradictions(policy)) {
      context.addIssue({ code: 'custom', path, message })
    }
  })
const layerSchema = partially(operatorPolicy)
const WHOLE = 'the policy'
