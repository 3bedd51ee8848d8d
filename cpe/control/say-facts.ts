/**
 * SIGUSR2: what is known of the lines goes to the log, in one line, for who asks at the router itself.
 */
import { log } from './log.ts'

/** Listen for the signal until disposed of. */
export function sayFactsOnSignal(facts: () => object): Disposable {
  const onSignal = () => log.info('facts', { ...facts() })
  process.on('SIGUSR2', onSignal)
  return { [Symbol.dispose]: () => void process.off('SIGUSR2', onSignal) }
}
