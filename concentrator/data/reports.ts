/**
 * What a human should hear of, and no more than a human reads: a flood of one kind becomes a few lines,
 * before it costs the thread a message each.
 */
import { formatAddress } from '../../shared/wire/address.ts'
import type { Incident, StreetNews } from './room.ts'

export interface Report {
  readonly incident: Incident
  readonly address: Uint8Array | undefined
  readonly why: string
  readonly subscriber: number | undefined
}

export class Reports {
  readonly #tell: (news: StreetNews) => void
  readonly #kinds = new Map<Incident, Kind>()

  constructor(tell: (news: StreetNews) => void) {
    this.#tell = tell
  }

  /** In each window a kind has few lines, and no two about the same. */
  report({ incident, address, why, subscriber }: Report, nowMs: number): void {
    let kind = this.#kinds.get(incident)
    if (kind === undefined || nowMs - kind.sinceMs >= WINDOW_MS) {
      kind = { sinceMs: nowMs, said: new Set(), hidden: kind?.hidden ?? 0 }
      this.#kinds.set(incident, kind)
    }
    // Of a subscriber or of a source one line says it all.
    const about = `${why} ${subscriber ?? ''}`
    if (kind.said.size >= LINES_MAX || kind.said.has(about)) {
      kind.hidden++
      return
    }
    kind.said.add(about)
    const { hidden } = kind
    kind.hidden = 0
    const source = address === undefined ? 'somebody' : formatAddress(address)
    this.#tell({ event: 'incident', incident, source, why, subscriber, hidden })
  }
}

interface Kind {
  readonly sinceMs: number
  readonly said: Set<string>
  hidden: number
}

const WINDOW_MS = 10_000
const LINES_MAX = 20
