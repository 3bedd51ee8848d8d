/**
 * What the process that holds a street's lines is told: once at start (a file), then over its socket.
 */
import { z } from 'zod'
import { directionsOf, heldBytes, RING_BYTES } from './line.ts'
import { type LineState, STRIPS } from './line-cells.ts'
import type { LineParams } from './pairs.ts'

const mbps = z.number().min(0.01).max(1_000)

const params = {
  /** Towards the near end, of IP packets. */
  downMbps: mbps,
  upMbps: mbps,
  rttMs: z.number().min(0).max(4_000),
  /** The round trip wanders around `rttMs` by at most this much. */
  jitterMs: z.number().min(0).max(1_000),
  /** Of the packets of each direction. */
  lossPercent: z.number().min(0).max(100),
  queueMs: z.number().min(1).max(10_000),
}

const state = {
  ...params,
  carrier: z.boolean(),
  silent: z.boolean(),
  strip: z.enum(STRIPS),
}

const end = z.strictObject({ netns: z.string().min(1), device: z.string().min(1).max(15) })

const lineSpec = z.strictObject({
  near: end,
  far: end,
  mtu: z.int().min(576).max(65_535),
  params: z.strictObject(params).superRefine(mustFit),
  /** Of everything that chance decides on this line. */
  seed: z.int(),
})

const linesSpec = z.strictObject({
  /** Where the unix socket stands. */
  socket: z.string().min(1),
  lines: z.record(z.string(), lineSpec),
})

/** One JSON object a line; so is every answer. */
const request = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('status') }),
  z.strictObject({
    op: z.literal('set'),
    line: z.string(),
    params: z.strictObject(state).partial(),
  }),
  z.strictObject({ op: z.literal('stop') }),
])

export type LineEnd = z.infer<typeof end>
export type LineSpec = z.infer<typeof lineSpec>
export type LinesSpec = z.infer<typeof linesSpec>
export type LineRequest = z.infer<typeof request>
/** What to change; the rest stays. */
export type LineChange = Extract<LineRequest, { op: 'set' }>['params']

/** Throws `Error` with one sentence. */
export function parseSpec(text: string): LinesSpec {
  return parse(linesSpec, text, 'Cannot read the lines')
}

/** Throws `Error` with one sentence. */
export function parseRequest(text: string): LineRequest {
  return parse(request, text, 'Cannot read the request')
}

/** `before` with `change`. Throws `Error` with one sentence when no line can be like that. */
export function changed(before: LineState, change: LineChange): LineState {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  const after = { ...before, ...Object.fromEntries(given) }
  return check(z.strictObject(state).superRefine(mustFit), after, 'Cannot change the line')
}

function mustFit(line: LineParams, context: z.core.$RefinementCtx): void {
  if (line.jitterMs > line.rttMs) {
    context.addIssue({ code: 'custom', path: ['jitterMs'], message: 'more than rttMs' })
  }
  for (const [way, direction] of Object.entries(directionsOf(line))) {
    if (heldBytes(direction) <= RING_BYTES) continue
    const message = `at this delay and queue more than ${RING_BYTES} bytes would be under way`
    context.addIssue({ code: 'custom', path: [`${way}Mbps`], message })
  }
}

function parse<Value>(schema: z.ZodType<Value>, text: string, doing: string): Value {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${doing}: not JSON: ${(cause as Error).message}`, { cause })
  }
  return check(schema, json, doing)
}

function check<Value>(schema: z.ZodType<Value>, value: unknown, doing: string): Value {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw new Error(`${doing}: ${[...path, message].join(': ')}`)
}
