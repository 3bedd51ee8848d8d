/**
 * Draining: before a concentrator is taken out, new requests are sent elsewhere while what runs goes on.
 * The listener stays, for without it a home's second leg could not join again after a flap.
 *
 *    SIGUSR1   serving ──▶ draining: warm connections are closed, requests are answered Resource Exceeded
 *    SIGUSR1   draining ──▶ serving
 */
import { log } from './log.ts'

export interface Drain extends Disposable {
  isDraining(): boolean
  /** `by`: who wants it, for the log. */
  set(draining: boolean, by: string): void
  /** For as long as it lasts. */
  onChange(hear: (draining: boolean) => void): void
}

/** Also by the signal, until disposed of; `wake` tells the data threads to look at `memory`. */
export function openDrain(memory: SharedArrayBuffer, wake: () => void, waitS: number): Drain {
  const cell = new Int32Array(memory)
  const listeners: Array<(draining: boolean) => void> = []
  const drain: Drain = {
    isDraining: () => Atomics.load(cell, 0) === 1,
    set(draining, by) {
      if (draining === drain.isDraining()) return
      Atomics.store(cell, 0, draining ? 1 : 0)
      wake()
      for (const hear of listeners) hear(draining)
      if (draining) log.info('draining', { by, waitS })
      else log.info('serving again', { by })
    },
    onChange: (hear) => void listeners.push(hear),
    [Symbol.dispose]: () => void process.off('SIGUSR1', onSignal),
  }
  const onSignal = () => drain.set(!drain.isDraining(), 'SIGUSR1')
  process.on('SIGUSR1', onSignal)
  return drain
}
