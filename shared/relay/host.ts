/**
 * What a daemon asks of the machine before it starts, and what follows from the answers.
 */
import { descriptorLimit, descriptorsPerWorker } from '../linux/descriptors.ts'
import { hasCongestionControl, multipathProblem } from '../linux/multipath.ts'

export interface HostWishes {
  readonly workers: number
  /** The part of RLIMIT_NOFILE that flows may use, 0 to 1. */
  readonly descriptorsShare: number
  /** A congestion control by name, or `system` for what the kernel takes by itself. */
  readonly congestionControl: string
}

export interface Host {
  /** RLIMIT_NOFILE. */
  readonly descriptors: number
  /** Watched descriptors from which a data thread is full. */
  readonly descriptorsPerWorker: number
  /** Relayed connections until then, all threads together. */
  readonly flowsMax: number
  /** For setsockopt; undefined for the kernel's own choice. */
  readonly congestion: string | undefined
  /** For sockets into the LAN, which loses nothing; undefined for the kernel's own choice. */
  readonly lanCongestion: string | undefined
  /** The wish for a congestion control could not be met. */
  readonly congestionMissing: boolean
}

/** As a daemon says them in its log when it is ready. */
export const HOST_FIELDS = [
  'descriptors',
  'descriptorsPerWorker',
  'flowsMax',
  'congestion',
  'lanCongestion',
  'congestionMissing',
] as const satisfies ReadonlyArray<keyof Host>

/** Throws a sentence that says what to do when the machine cannot run us. */
export function surveyHost(wishes: HostWishes): Host {
  if (process.getuid?.() !== 0) {
    throw new Error('Cannot start: not root; run it as root')
  }
  const problem = multipathProblem()
  if (problem !== undefined) throw new Error(problem)
  const descriptors = descriptorLimit()
  const perWorker = descriptorsPerWorker(descriptors, wishes.descriptorsShare, wishes.workers)
  const wanted = wishes.congestionControl === 'system' ? undefined : wishes.congestionControl
  const usable = wanted !== undefined && hasCongestionControl(wanted) ? wanted : undefined
  return {
    descriptors,
    descriptorsPerWorker: perWorker,
    flowsMax: Math.floor(perWorker / DESCRIPTORS_PER_FLOW) * wishes.workers,
    congestion: usable,
    lanCongestion: hasCongestionControl(LAN_CONGESTION) ? LAN_CONGESTION : undefined,
    congestionMissing: wanted !== usable,
  }
}

/** bbr paces every burst by a timer: into a LAN that costs a tenth of the relay and gains nothing. */
const LAN_CONGESTION = 'cubic'
const DESCRIPTORS_PER_FLOW = 2
