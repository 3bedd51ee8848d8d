/**
 * The page in the browser: what the router tells goes into the view, and the view is drawn.
 */
import { render } from 'preact'
import { TEXTS } from '../texts.ts'
import { type Actions, App } from './app.tsx'
import {
  type Bundle,
  fetchBundle,
  listen,
  readHistory,
  readTest,
  restart,
  startTest,
  stopTest,
} from './router.ts'
import { fileSize } from './units.ts'
import { NOTHING, type View, withState } from './view.ts'

const MINUTE_MS = 60_000
/** The router puts the day together once a second. */
const TOLD_MS = 1_500
const SAVING_MS = 60_000

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
  restart: (password) =>
    void manage('', async () => {
      const status = await restart(password)
      return status === 202 ? TEXTS.manage.restarting : refusal(status)
    }),
  saveBundle: (password) =>
    void manage(TEXTS.manage.bundling, async () => {
      const bundle = await fetchBundle(password)
      return typeof bundle === 'number' ? refusal(bundle) : save(bundle)
    }),
}

async function manage(saying: string, doing: () => Promise<string>): Promise<void> {
  show({ manage: { busy: true, said: saying } })
  show({ manage: { busy: false, said: await doing() } })
}

function refusal(status: number): string {
  const { wrong, tooOften, bundleBusy, noAnswer, failed } = TEXTS.manage
  const known: Readonly<Record<number, string>> = {
    0: noAnswer,
    401: wrong,
    409: bundleBusy,
    429: tooOften,
  }
  return known[status] ?? failed
}

/** The first whole one, for no seconds are shown. */
function minuteAfter(seconds: number): number {
  return Math.ceil((Date.now() + seconds * 1_000) / MINUTE_MS) * MINUTE_MS
}

/** As a file, where the browser puts those. */
function save({ name, content }: Bundle): string {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), SAVING_MS)
  return TEXTS.manage.bundled(name, fileSize(content.size))
}

/** What may have changed while nobody told. */
async function refresh(): Promise<void> {
  const [history, test] = await Promise.all([readHistory(), readTest()])
  show({ ...(history && { history }), ...(test && { test }) })
}

function foundAgain(): void {
  const { manage } = view
  const hasRestarted = manage.said === TEXTS.manage.restarting
  show({
    lately: NOTHING.lately,
    ...(hasRestarted && { manage: { ...manage, said: TEXTS.manage.restarted } }),
  })
  void refresh()
}

listen({
  state: (state) => {
    const before = view.state?.helps ?? state.helps
    show(withState(view, state))
    // When mobile helps, or no longer does, stands in the day.
    const { down, up } = state.helps
    if (down !== before.down || up !== before.up) setTimeout(() => void refresh(), TOLD_MS)
  },
  test: (test) => show({ test }),
  foundAgain,
  lost: () => show({ contact: false }),
  // A router that was brought up to date has another page than this one.
  script: (path) => {
    if (new URL(import.meta.url).pathname !== path) location.reload()
  },
})
setInterval(() => {
  if (!document.hidden) void refresh()
}, MINUTE_MS)
void refresh()
