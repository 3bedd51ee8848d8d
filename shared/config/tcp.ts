/**
 * What both daemons ask of their TCP sockets.
 */
import { z } from 'zod'
import { wholeNumber } from './bounds.ts'
import { mustBeText } from './must.ts'

/** linux/tcp.h: MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL. */
export const KEEPALIVE_S_MAX = 32_767
/** linux/tcp.h: MAX_TCP_KEEPCNT. */
const KEEPALIVE_PROBES_MAX = 127

/**
 * For the sides where a host may vanish without a word (the LAN, the servers): a flow ends after
 * `idleS + intervalS * probes` seconds of silence, 420 by default.
 */
export const keepaliveKeys = {
  /** Seconds without a byte before the first question. Default 300. */
  idleS: wholeNumber(1, KEEPALIVE_S_MAX, 'seconds').default(300),
  /** Seconds between questions. Default 30. */
  intervalS: wholeNumber(1, KEEPALIVE_S_MAX, 'seconds').default(30),
  /** Questions without an answer that end the flow. Default 4. */
  probes: wholeNumber(1, KEEPALIVE_PROBES_MAX).default(4),
}

/**
 * The access side's congestion control, `bbr` by default: it keeps its rate where a line loses packets
 * (five times cubic's with 0.5 % loss on LTE). `cubic` is smoother on clean lines; `system` leaves what
 * the kernel's default is. What the kernel does not have becomes the kernel's default, with a log line.
 */
export function congestionControl() {
  const error = mustBeText('bbr, cubic or system')
  return z.enum(['bbr', 'cubic', 'system'], { error }).default('bbr')
}
