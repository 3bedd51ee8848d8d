/**
 * What changes in the store reaches those who let homes in: the data threads, the probes, the shaper.
 */
import type { Roster, RosterChange } from '../subscribers/roster.ts'
import type { Store } from '../subscribers/store.ts'

/** `tell` is called for everybody who comes, is another or goes, until disposed of. */
export function followRoster(
  store: Store,
  roster: Roster,
  tell: (change: RosterChange) => void,
): Disposable {
  const look = (id: string) => {
    const change = roster.look(id, process.hrtime()[0])
    if (change !== undefined) tell(change)
  }
  const following = store.onChange(({ kind, id }) => {
    if (kind === 'subscriber') look(id)
  })
  // What has changed since the threads were given their first list, and who waits for a number.
  const lookAtAll = () => {
    for (const id of store.homes.ids) look(id)
  }
  lookAtAll()
  const timer = setInterval(lookAtAll, LOOK_MS)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      following[Symbol.dispose]()
    },
  }
}

const LOOK_MS = 60_000
