/**
 * Draining: before a concentrator is taken out, new requests are sent elsewhere while what runs goes on.
 * The listener stays, for without it a home's second leg could not join again after a flap.
 *
 *    SIGUSR1   serving ──▶ draining: warm connections are closed, requests are answered Resource Exceeded
 *    SIGUSR1   draining ──▶ serving
 */
import { log } from '../../shared/daemon/log.ts'

/** Listen for the signal until disposed of; `wake` tells the data threads to look at `memory`. */
export function drainOnSignal(
  memory: SharedArrayBuffer,
  wake: () => void,
  waitS: number,
): Disposable {
  const cell = new Int32Array(memory)
  const onSignal = () => {
    const isDraining = Atomics.xor(cell, 0, 1) === 0
    wake()
    if (isDraining) log.info('draining', { signal: 'SIGUSR1', waitS })
    else log.info('serving again', { signal: 'SIGUSR1' })
  }
  process.on('SIGUSR1', onSignal)
  return { [Symbol.dispose]: () => void process.off('SIGUSR1', onSignal) }
}
