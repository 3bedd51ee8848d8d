/**
 * SIGHUP: the operator's file is read again. What is policy in it is applied while flows run; what is not waits
 * for a restart, and is named. A bad file changes nothing.
 */
import { isDeepStrictEqual } from 'node:util'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { policyOf } from '../../shared/config/policy.ts'
import type { Given } from '../../shared/daemon/arguments.ts'
import { type CpeLog, log } from './log.ts'
import type { LivePolicy } from './policy.ts'

/** `started`: what the daemon runs on. Until disposed. */
export function reloadOnHangup(
  started: CpeConfig,
  readAgain: Given<CpeConfig>['readAgain'],
  policy: Pick<LivePolicy, 'apply'>,
): Disposable {
  const onHangup = () => reload(started, readAgain, policy, log)
  process.on('SIGHUP', onHangup)
  return { [Symbol.dispose]: () => process.off('SIGHUP', onHangup) }
}

/** Read and apply. */
export function reload(
  started: CpeConfig,
  readAgain: Given<CpeConfig>['readAgain'],
  policy: Pick<LivePolicy, 'apply'>,
  to: Pick<CpeLog, 'info' | 'warn'>,
): void {
  const reading = readAgain()
  if (reading.kind === 'problems') {
    to.warn('policy not changed', { why: reading.problems })
    return
  }
  const changed = policy.apply(reading.value, reading.value.classes.appliesTo)
  to.info('policy read again', { changed })
  const waiting = differences(withoutPolicy(started), withoutPolicy(reading.value))
  if (waiting.length > 0) to.warn('changes that wait for a restart', { keys: waiting })
}

function withoutPolicy(config: CpeConfig): Record<string, unknown> {
  const policyKeys = Object.keys(policyOf(config))
  return Object.fromEntries(Object.entries(config).filter(([key]) => !policyKeys.includes(key)))
}

/** The keys whose values differ, as `legs.dsl.interface`. */
function differences(before: object, after: object, path = ''): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => {
    const one: unknown = Reflect.get(before, key)
    const other: unknown = Reflect.get(after, key)
    if (isDeepStrictEqual(one, other)) return []
    if (isMapping(one) && isMapping(other)) return differences(one, other, `${path}${key}.`)
    return [`${path}${key}`]
  })
}

function isMapping(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]'
}
