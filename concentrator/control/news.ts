/**
 * What the data threads tell becomes a line in the log. They tell little: a flood was made a few lines
 * before it came here (data/reports.ts).
 */
import type { Incident, StreetNews } from '../data/room.ts'
import type { Roster } from '../subscribers/roster.ts'
import { log } from './log.ts'
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
        if (!news.fastOpen) log.warn('kernel takes no data in SYN', { worker })
        return
      case 'translations':
        return translations.write(news.translations)
      case 'incident': {
        const { incident, source, why, hidden } = news
        const subscriber = news.subscriber === undefined ? undefined : roster.idOf(news.subscriber)
        const told = hidden > 0 ? hidden : undefined
        log.warn(EVENT_OF[incident], { source, subscriber, why, hidden: told })
      }
    }
  }
}

const EVENT_OF = {
  refused: 'connection refused',
  limited: 'limit reached',
  'cookie shown from elsewhere': 'cookie shown from elsewhere',
} as const satisfies Record<Incident, string>
