/**
 * What the data threads tell becomes a line in the log, and a doubt for steering.
 */
import type { HouseNews } from '../data/room.ts'
import { log } from './log.ts'

export function reportNews(news: HouseNews, suspect: () => void): void {
  switch (news.event) {
    case 'serving':
      return
    case 'bonding':
      log.info('bonding')
      return
    case 'bypassing':
      log.warn('bypassing', { why: news.why })
      return
    case 'marked':
      log.warn('leg avoided for new connections', { leg: news.leg, why: news.why, s: news.forS })
      return
    case 'refused':
      log.warn('connection not bonded', { why: news.why })
      return
    case 'eager':
      log.warn('connections are accepted before their server has answered', { why: news.why })
      return
    case 'suspect':
      log.debug('concentrator suspect', { why: news.why })
      suspect()
  }
}
