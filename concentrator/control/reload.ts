/**
 * SIGHUP: the operator's file is read again, and the policies in it reach the homes at once. What else is
 * different there waits for a restart. A bad file changes nothing.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { Given } from '../../shared/daemon/arguments.ts'
import { log } from '../../shared/daemon/log.ts'

export function reloadOnHangup(
  readAgain: Given<ConcentratorConfig>['readAgain'],
  adopt: (subscribers: ConcentratorConfig['subscribers']) => void,
): Disposable {
  const onHangup = () => {
    const reading = readAgain()
    if (reading.kind === 'problems') log.warn('policies not changed', { why: reading.problems })
    else {
      adopt(reading.value.subscribers)
      log.info('policies read again')
    }
  }
  process.on('SIGHUP', onHangup)
  return { [Symbol.dispose]: () => void process.off('SIGHUP', onHangup) }
}
