/**
 * Several who want to know which subflows there are, as one.
 */
import type { SubflowListener } from './doorkeeper.ts'

export function together(some: ReadonlyArray<SubflowListener | undefined>): SubflowListener {
  const listeners = some.filter((one) => one !== undefined)
  return {
    hear(event) {
      for (const listener of listeners) listener.hear(event)
    },
    get stale() {
      return listeners.some(({ stale }) => stale)
    },
    resync(subflows) {
      for (const listener of listeners) listener.resync(subflows)
    },
    turn() {
      for (const listener of listeners) listener.turn()
    },
  }
}
