/**
 * How the line is, in a sentence, and both legs as they are this second.
 */
import { LEGS, type LegName } from '../../../../shared/core/leg.ts'
import { lineText } from '../line-text.ts'
import type { LegNow, PageState } from '../page-state.ts'
import { TEXTS } from '../texts.ts'
import { Nothing } from './nothing.tsx'
import { age, milliseconds, rate } from './units.ts'
import { SECONDS_SHOWN } from './view.ts'

export function Line({ state, contact }: { readonly state: PageState; readonly contact: boolean }) {
  const { tone, sentence, advice } = lineText(state)
  return (
    <section class={`line ${contact ? tone : 'bad'}`} role="status" aria-live="polite">
      <Mark tone={contact ? tone : 'bad'} />
      <div>
        <p class="sentence">{contact ? sentence : TEXTS.offline}</p>
        {contact && advice !== '' && <p class="advice">{advice}</p>}
      </div>
    </section>
  )
}

/** A shape of its own for each, for who does not see colours. */
function Mark({ tone }: { readonly tone: keyof typeof MARKS }) {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d={MARKS[tone]} />
    </svg>
  )
}

export function Legs({
  state,
  lately,
  contact,
}: {
  readonly state: PageState
  readonly lately: Readonly<Record<LegName, readonly number[]>>
  readonly contact: boolean
}) {
  return (
    <section class={`legs ${contact ? '' : 'stale'}`} aria-label={TEXTS.now}>
      {LEGS.map((leg) => (
        <Leg key={leg} name={leg} leg={state.legs[leg]} lately={lately[leg]} />
      ))}
    </section>
  )
}

function Leg({
  name,
  leg,
  lately,
}: {
  readonly name: LegName
  readonly leg: LegNow
  readonly lately: readonly number[]
}) {
  const { condition, sinceMs, downBitsPerS, upBitsPerS } = leg
  return (
    <article class={`card leg ${name} ${condition}`}>
      <h2>
        <span class="name">{TEXTS.legs[name]}</span>
        <span class="condition">{TEXTS.conditions[condition]}</span>
      </h2>
      <p class="since">{TEXTS.since(age(sinceMs))}</p>
      <Spark name={name} values={lately} />
      <dl>
        <div>
          <dt>{TEXTS.download}</dt>
          <dd>{rate(downBitsPerS)}</dd>
        </div>
        <div>
          <dt>{TEXTS.upload}</dt>
          <dd>{rate(upBitsPerS)}</dd>
        </div>
        <div>
          <dt>{TEXTS.roundTrip}</dt>
          <dd>{delay(leg) ?? <Nothing />}</dd>
        </div>
      </dl>
    </article>
  )
}

/** An idle mobile line is asked rarely, for every question costs. */
function delay({ condition, rtt }: LegNow): string | undefined {
  if (condition !== 'works' || rtt === undefined) return undefined
  const ms = milliseconds(rtt.ms)
  return rtt.ageMs < OLD_MS ? ms : TEXTS.agedDelay(ms, age(rtt.ageMs))
}

/** The last minute's download. */
function Spark({ name, values }: { readonly name: LegName; readonly values: readonly number[] }) {
  const most = Math.max(LEAST_SCALE, ...values)
  const at = (value: number, i: number) => {
    const x = SECONDS_SHOWN - values.length + i + 1
    return `${x},${(SPARK_HEIGHT - 1 - (value / most) * (SPARK_HEIGHT - 3)).toFixed(1)}`
  }
  const points = values.map(at)
  const from = SECONDS_SHOWN - values.length + 1
  return (
    <svg
      class={`spark ${name}`}
      viewBox={`1 0 ${SECONDS_SHOWN - 1} ${SPARK_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {points.length > 1 && (
        <>
          <polygon
            points={`${from},${SPARK_HEIGHT} ${points.join(' ')} ${SECONDS_SHOWN},${SPARK_HEIGHT}`}
          />
          <polyline points={points.join(' ')} />
        </>
      )}
    </svg>
  )
}

const MARKS = {
  good: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1.4 14.6L6 12l1.6-1.6 3 3 5.8-5.8L18 9.2z',
  notice: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1.2 15h-2.4v-6.6h2.4zm0-8.6h-2.4V6h2.4z',
  bad: 'M12 2 1 21h22zm1.2 16h-2.4v-2.4h2.4zm0-4h-2.4V9h2.4z',
} as const
const OLD_MS = 60_000
const SPARK_HEIGHT = 30
/** In bits a second: an idle line is not drawn as a busy one. */
const LEAST_SCALE = 1_000_000
