/**
 * What the month's mobile data are, and what is left of them.
 */
import type { BudgetNow } from '../page-state.ts'
import { TEXTS } from '../texts.ts'
import { amount, date } from './units.ts'

export function Budget({ budget }: { readonly budget: BudgetNow }) {
  const { usedBytes, monthlyBytes, endMs } = budget
  const percent = Math.min(100, (100 * usedBytes) / monthlyBytes)
  const said = TEXTS.budget.used(amount(usedBytes), amount(monthlyBytes))
  return (
    <section class="card">
      <h2>{TEXTS.budget.title}</h2>
      <meter class="heard" aria-label={TEXTS.budget.title} min={0} max={100} value={percent}>
        {said}
      </meter>
      {/* Browsers draw a meter each in its own way. */}
      <svg
        class={percent < NEARLY_PERCENT ? 'meter' : 'meter nearly'}
        viewBox="0 0 100 1"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <rect width={percent} height={1} />
      </svg>
      <p>
        {said}. {TEXTS.budget.until(date(endMs))}
      </p>
    </section>
  )
}

const NEARLY_PERCENT = 90
