/**
 * Where a number would stand, and there is none: a dash for who sees, words for who hears.
 */
import { TEXTS } from '../texts.ts'

export function Nothing() {
  return (
    <>
      <span aria-hidden="true">{TEXTS.nothing}</span>
      <span class="heard">{TEXTS.notMeasured}</span>
    </>
  )
}
