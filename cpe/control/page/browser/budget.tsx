/**
 * What the month's mobile data are, and what is left of them.
 */
import type { BudgetNow } from '../page-state.ts'
import { TEXTS } from '../texts.ts'
import { amount, date } from './units.ts'

export function Budget({ budget }: { readonly budget: BudgetNow }) {
  const { usedBytes, monthlyBytes, endMs } = budget
  const share = Math.min(1, usedBytes / monthlyBytes)
  const said = TEXTS.budget.used(amount(usedBytes), amount(monthlyBytes))
  return (
    <section class="card">
      <h2>{TEXTS.budget.title}</h2>
      <meter aria-label={TEXTS.budget.title} min={0} max={1} high={NEARLY} value={share}>
        {said}
      </meter>
      <p>
        {said}. {TEXTS.budget.until(date(endMs))}
      </p>
    </section>
  )
}

const NEARLY = 0.9
