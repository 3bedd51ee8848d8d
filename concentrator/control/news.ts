/**
 * What the data threads tell becomes a line in the log, and a flood of it becomes a few.
 */
import { log } from '../../shared/daemon/log.ts'
import type { StreetNews } from '../data/room.ts'

export function reportNews(news: StreetNews, worker: number): void {
  switch (news.event) {
    case 'serving':
      log.debug('worker serves', { worker })
      return
    case 'refused':
      refusals.report(Date.now(), (hidden) =>
        log.warn('refused', { source: news.source, why: news.why, ...(hidden > 0 && { hidden }) }),
      )
  }
}

/** At most LINES_MAX lines in a window; how many were hidden stands in the first of the next. */
class Quiet {
  #windowMs = 0
  #lines = 0
  #hidden = 0

  report(nowMs: number, say: (hidden: number) => void): void {
    if (nowMs - this.#windowMs >= WINDOW_MS) {
      this.#windowMs = nowMs
      this.#lines = 0
    }
    if (this.#lines >= LINES_MAX) {
      this.#hidden++
      return
    }
    this.#lines++
    say(this.#hidden)
    this.#hidden = 0
  }
}

const WINDOW_MS = 10_000
const LINES_MAX = 20
const refusals = new Quiet()
