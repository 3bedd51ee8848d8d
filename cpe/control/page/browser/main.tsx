/**
 * The page in the browser: what the router tells goes into the view, and the view is drawn.
 */
import { render } from 'preact'
import { TEXTS } from '../texts.ts'
import { type Actions, App } from './app.tsx'
import { listen, readHistory, readTest, restart, startTest, stopTest } from './router.ts'
import { NOTHING, type View, withState } from './view.ts'

const MINUTE_MS = 60_000
let view: View = NOTHING
const root = document.createElement('main')
root.id = 'page'

function show(next: Partial<View>): void {
  view = { ...view, ...next }
  // What came with the page says how the line is until more is known.
  if (view.state === undefined) return
  if (!root.isConnected) document.getElementById('page')?.replaceWith(root)
  render(<App view={view} actions={actions} />, root)
}

const actions: Actions = {
  startTest: () => void startTest().then((inS) => show({ testAgain: inS && minuteAfter(inS) })),
  stopTest: () => void stopTest(),
  restart: (password) => void manage(restart(password).then(told(TEXTS.manage.restarting))),
}

async function manage(doing: Promise<string>): Promise<void> {
  show({ manage: { busy: true, said: '' } })
  show({ manage: { busy: false, said: await doing } })
}

function told(done: string): (status: number) => string {
  const { wrong, tooOften, failed } = TEXTS.manage
  return (status) => {
    if (status >= 200 && status < 300) return done
    if (status === 401) return wrong
    return status === 429 ? tooOften : failed
  }
}

/** The first whole one, for no seconds are shown. */
function minuteAfter(seconds: number): number {
  return Math.ceil((Date.now() + seconds * 1_000) / MINUTE_MS) * MINUTE_MS
}

async function refresh(): Promise<void> {
  const history = await readHistory()
  if (history !== undefined) show({ history })
}

listen({
  state: (state) => show(withState(view, state)),
  test: (test) => show({ test }),
  lost: () => show({ contact: false }),
})
setInterval(() => void refresh(), MINUTE_MS)
void refresh()
void readTest().then((test) => test && show({ test }))
