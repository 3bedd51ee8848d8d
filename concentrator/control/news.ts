/**
 * What the data threads tell becomes a line in the log. They tell little: a flood was made a few lines
 * before it came here (data/reports.ts).
 */
import { log } from '../../shared/daemon/log.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { StreetNews } from '../data/room.ts'
import type { Translation } from '../data/translations.ts'
import type { Join } from '../subscribers/doorkeeper.ts'
import type { Roster } from '../subscribers/roster.ts'

/** What writes the lines, with the subscribers' names, which the data threads do not know. */
export function newsWriter(
  idOf: (subscriber: number) => string | undefined,
  translated: (translations: readonly Translation[]) => void,
) {
  return (news: StreetNews, worker: number): void => {
    switch (news.event) {
      case 'serving':
        log.debug('worker serves', { worker })
        if (!news.fastOpen) log.warn('no data in SYN: this kernel has none for MPTCP', { worker })
        return
      case 'translations':
        return translated(news.translations)
      case 'incident': {
        const { incident, source, why, hidden } = news
        const subscriber = news.subscriber === undefined ? undefined : idOf(news.subscriber)
        log.warn(incident, {
          source,
          ...(subscriber !== undefined && { subscriber }),
          why,
          ...(hidden > 0 && { hidden }),
        })
      }
    }
  }
}

/** What writes a line when a join was destroyed for where it came from: of each home one a minute. */
export function strayWriter(
  numberOf: (token: number) => number | undefined,
  roster: Pick<Roster, 'idOf'>,
): (join: Join) => void {
  let said = new Set<number>()
  let sinceMs = 0
  return ({ token, remote }) => {
    const number = numberOf(token)
    if (number === undefined) return
    const nowMs = performance.now()
    if (nowMs - sinceMs > STRAY_MS) {
      said = new Set()
      sinceMs = nowMs
    }
    if (said.has(number)) return
    said.add(number)
    log.warn('joined from elsewhere', {
      subscriber: roster.idOf(number),
      source: formatAddress(remote.address),
    })
  }
}

const STRAY_MS = 60_000
