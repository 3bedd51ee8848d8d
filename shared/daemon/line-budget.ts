/**
 * How many lines of each name may be written, so that no flood of them fills a disk or holds up the thread that writes
 * them. What is not written is counted, and the next line of that name says how many it were.
 */
export class LineBudget {
  /** As many as there are names. */
  readonly #windows = new Map<string, Window>()

  /**
   * How many lines of that name were left out since the last; undefined when this one is to be left out too. It stands for
   * `lines`, itself among them: what sends it may have left out some already.
   */
  take(name: string, linesMax: number, nowMs: number, lines = 1): number | undefined {
    let window = this.#windows.get(name)
    if (window === undefined || nowMs - window.sinceMs >= WINDOW_MS) {
      window = { sinceMs: nowMs, lines: 0, hidden: window?.hidden ?? 0 }
      this.#windows.set(name, window)
    }
    if (window.lines >= linesMax) {
      window.hidden += lines
      return undefined
    }
    window.lines++
    const { hidden } = window
    window.hidden = 0
    return hidden
  }
}

interface Window {
  readonly sinceMs: number
  lines: number
  hidden: number
}

const WINDOW_MS = 60_000
