/**
 * The page from top to bottom: what matters most stands first.
 */
import { TEXTS } from '../texts.ts'
import { Budget } from './budget.tsx'
import { Day } from './day.tsx'
import { Helps } from './helps.tsx'
import { Legs, Line } from './line.tsx'
import { Manage } from './manage.tsx'
import { SpeedTest } from './speed-test.tsx'
import type { View } from './view.ts'

export interface Actions {
  readonly startTest: () => void
  readonly stopTest: () => void
  readonly restart: (password: string) => void
  readonly saveBundle: (password: string) => void
}

export function App({ view, actions }: { readonly view: View; readonly actions: Actions }) {
  const { state, contact, lately, history, test, testAgain, manage } = view
  if (state === undefined) return null
  return (
    <>
      <h1>{TEXTS.title}</h1>
      <Line state={state} contact={contact} />
      <Legs state={state} lately={lately} contact={contact} />
      {state.budget !== undefined && <Budget budget={state.budget} />}
      <Day history={history} minute={Math.floor(state.atMs / MINUTE_MS)} />
      <Helps history={history} />
      {test !== undefined && <SpeedTest test={test} again={testAgain} actions={actions} />}
      {state.manageable && <Manage manage={manage} actions={actions} />}
    </>
  )
}

const MINUTE_MS = 60_000
