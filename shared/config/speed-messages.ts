/**
 * A speed test that the concentrator orders, as it crosses the control session (ADR 0053): what is to be measured, and what
 * the home tells of it. What a later home tells beyond that is ignored; why something was not measured is told as it came.
 */
import { z } from 'zod'
import { SUBJECTS } from '../core/speed-result.ts'

const word = z.string().max(64)
const rate = z.number().min(0).max(1e12)
const milliseconds = z.number().min(0).max(1e6)
const bytes = z.int().min(0)

/** From the concentrator. */
export const speedTestOrder = z.object({
  /** A name for it, which the home repeats. */
  order: word,
  wish: z.enum(['start', 'stop']),
  /** Of `start`; all of them unless said. */
  subjects: z.array(z.enum(SUBJECTS)).min(1).max(SUBJECTS.length).optional(),
})
export type SpeedTestOrder = Readonly<z.infer<typeof speedTestOrder>>

const path = z.object({
  why: word.optional(),
  multipath: z.boolean().optional(),
  mtuBytes: bytes.optional(),
})

const subject = z.object({
  why: word.optional(),
  paths: z.object({ ipv4: path.optional(), ipv6: path.optional() }).optional(),
  family: word.optional(),
  multipath: z.boolean().optional(),
  mtuBytes: bytes.optional(),
  downBitsPerS: rate.optional(),
  upBitsPerS: rate.optional(),
  idleMs: milliseconds.optional(),
  loadedDownMs: milliseconds.optional(),
  loadedUpMs: milliseconds.optional(),
})

/** From the home: why it does not begin, or how it goes. Over is what has a result and does not run. */
export const speedTestNews = z.object({
  order: word,
  refused: z.object({ why: word, waitS: z.number().min(0).max(86_400) }).optional(),
  /** What one test may carry. */
  megabytes: bytes.optional(),
  lteMegabytes: bytes.optional(),
  running: z.object({ subject: word, step: word }).optional(),
  result: z
    .object({
      atMs: z.number().min(0).max(8.64e15),
      by: word,
      subjects: z.object({
        dsl: subject.optional(),
        lte: subject.optional(),
        both: subject.optional(),
      }),
      usedBytes: bytes,
      lteUsedBytes: bytes,
    })
    .optional(),
})
export type SpeedTestNews = Readonly<z.infer<typeof speedTestNews>>
