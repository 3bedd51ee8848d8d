/**
 * What both daemons need to know about the machine they run on.
 */
import { z } from 'zod'
import { share, wholeNumber } from './bounds.ts'
import { mustBeText } from './must.ts'

/** A network interface's name, as `ip link` shows it. It need not exist yet: lines come and go. */
export function interfaceName() {
  const error = mustBeText('the name of an interface as `ip link` shows it (1 to 15 characters)')
  return (
    z
      .string({ error })
      // dev_valid_name() of the kernel: no slash, no colon, no space; neither . nor ..
      .regex(/^(?!\.{1,2}$)[!-~]{1,15}$/, { error })
      .regex(/^[^/:]*$/, { error })
  )
}

/** Threads that carry bytes. One fills 4 Gbit/s; more help only where there are more cores. */
export function workers() {
  return wholeNumber(1, WORKERS_MAX)
}

/** Where the daemon keeps what a start after a crash must know. Made when missing. Default below. */
export function stateDirectory() {
  return absolutePath('/run/hybridge').default('/run/hybridge')
}

/** `example` is what the refusal of another one names. */
export function absolutePath(example: string) {
  const error = mustBeText(`an absolute path without \`..\`, such as ${example}`)
  return z
    .string({ error })
    .max(PATH_CHARACTERS_MAX, { error })
    .regex(/^(?!.*\/\.\.(?:\/|$))\/\P{Cc}+$/u, { error })
}

/** The part of RLIMIT_NOFILE that flows may use; at the limit new ones are turned away. Default 0.9. */
export function descriptorsShare() {
  return share(0.01, 0.95).default(0.9)
}

/** Milliseconds for a TCP connect, whatever the kernel's own patience. Default 10,000. */
export function connectMs() {
  return wholeNumber(100, 120_000, 'milliseconds').default(10_000)
}

/** What goes to standard output, one JSON object a line. */
export function logSection() {
  const error = mustBeText('debug, info, warn or error')
  return z
    .strictObject({
      /** The least that is said. Default info. */
      level: z.enum(['debug', 'info', 'warn', 'error'], { error }).default('info'),
    })
    .prefault({})
}

const WORKERS_MAX = 16
const PATH_CHARACTERS_MAX = 200
