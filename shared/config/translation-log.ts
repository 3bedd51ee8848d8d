/**
 * Where it is written down which home left from which address and port (ADR 0044).
 */
import { z } from 'zod'
import { wholeNumber } from './bounds.ts'
import { absolutePath } from './host.ts'
import { mustBe } from './must.ts'

export function translationLogSection() {
  return z.strictObject({
    /** Made when missing. No default: it is somebody's to keep, and to delete. */
    directory: absolutePath('/var/log/hybridge'),
    /** Whether it is written where to. Default false. */
    destinations: z.boolean({ error: mustBe('true or false') }).default(false),
    /** Megabytes after which a file is followed by another. Default 100. */
    fileMegabytes: wholeNumber(1, 10_000, 'megabytes').default(100),
    /** Hours after which it is. Default 24. */
    fileHours: wholeNumber(1, 8_784, 'hours').default(24),
    /** Files that are kept; then the oldest is removed. Default 100. */
    filesMax: wholeNumber(1, 100_000, 'files').default(100),
  })
}
