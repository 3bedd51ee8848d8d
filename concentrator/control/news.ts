/**
 * What the data threads tell becomes a line in the log. They tell little: a flood was made a few lines
 * before it came here (data/reports.ts).
 */
import { log } from '../../shared/daemon/log.ts'
import type { StreetNews } from '../data/room.ts'
import type { Roster } from '../subscribers/roster.ts'
import type { TranslationWriter } from './translation-writer.ts'

/** What writes the lines, with the subscribers' names, which the data threads do not know. */
export function newsWriter(
  roster: Pick<Roster, 'idOf'>,
  translations: Pick<TranslationWriter, 'write'>,
) {
  return (news: StreetNews, worker: number): void => {
    switch (news.event) {
      case 'serving':
        log.debug('worker serves', { worker })
        if (!news.fastOpen) log.warn('no data in SYN: this kernel has none for MPTCP', { worker })
        return
      case 'translations':
        return translations.write(news.translations)
      case 'incident': {
        const { incident, source, why, hidden } = news
        const subscriber = news.subscriber === undefined ? undefined : roster.idOf(news.subscriber)
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
