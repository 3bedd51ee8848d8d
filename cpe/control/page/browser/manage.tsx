/**
 * What only whoever looks after the router may do.
 */
import { TEXTS } from '../texts.ts'
import type { Actions } from './app.tsx'
import type { ManageView } from './view.ts'

export function Manage({
  manage,
  actions,
}: {
  readonly manage: ManageView
  readonly actions: Actions
}) {
  const texts = TEXTS.manage
  return (
    <details class="card">
      <summary>{texts.title}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const data = new FormData(event.currentTarget)
          const password = data.get('password')
          if (typeof password !== 'string') return
          actions.restart(password)
        }}
      >
        <label>
          {texts.password}
          <input type="password" name="password" autocomplete="current-password" required />
        </label>
        <div class="choice">
          <button type="submit" disabled={manage.busy}>
            {texts.restart}
          </button>
          <p class="quiet">{texts.restartExplain}</p>
        </div>
        <p role="status">{manage.said}</p>
      </form>
    </details>
  )
}
