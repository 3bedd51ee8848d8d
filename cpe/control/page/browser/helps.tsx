/**
 * When LTE helped, and why: the last of it first.
 */
import type { PageHistory } from '../page-state.ts'
import { TEXTS } from '../texts.ts'
import { age, clock } from './units.ts'

export function Helps({ history }: { readonly history: PageHistory | undefined }) {
  const { title, empty, now, directions, more, what, why } = TEXTS.help
  const episodes = history?.episodes.toReversed() ?? []
  const shown = episodes.slice(0, SHOWN)
  return (
    <section class="card">
      <h2>{title}</h2>
      {history !== undefined && shown.length === 0 && <p class="quiet">{empty}</p>}
      {shown.length > 0 && (
        <ul class="helps">
          {shown.map(({ direction, fromMs, untilMs, kind }) => (
            <li key={`${direction} ${fromMs}`}>
              <time>{clock(fromMs)}</time>
              <span>{what(why(kind), directions[direction])}</span>
              <span class="long">{untilMs === undefined ? now : age(untilMs - fromMs)}</span>
            </li>
          ))}
        </ul>
      )}
      {episodes.length > SHOWN && <p class="quiet">{more(episodes.length - SHOWN)}</p>}
    </section>
  )
}

const SHOWN = 8
