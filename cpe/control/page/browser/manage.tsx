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
          if (manage.busy) return
          const password = new FormData(event.currentTarget).get('password')
          if (typeof password !== 'string') return
          if (event.submitter?.getAttribute('value') === 'restart') actions.restart(password)
          else actions.saveBundle(password)
        }}
      >
        <label>
          {texts.password}
          <input type="password" name="password" autocomplete="current-password" required />
        </label>
        {/* The first is what Enter in the field does: the one that interrupts nobody. */}
        <Choice what="bundle" title={texts.bundle} explain={texts.bundleExplain} manage={manage} />
        <Choice
          what="restart"
          title={texts.restart}
          explain={texts.restartExplain}
          manage={manage}
        />
        <p role="status">{manage.said}</p>
      </form>
    </details>
  )
}

function Choice({
  what,
  title,
  explain,
  manage,
}: {
  readonly what: 'bundle' | 'restart'
  readonly title: string
  readonly explain: string
  readonly manage: ManageView
}) {
  // Not `disabled`: the keyboard would lose its place.
  return (
    <div class="choice">
      <button
        type="submit"
        value={what}
        aria-disabled={manage.busy}
        aria-describedby={`${what}-explained`}
      >
        {title}
      </button>
      <p class="quiet" id={`${what}-explained`}>
        {explain}
      </p>
    </div>
  )
}
