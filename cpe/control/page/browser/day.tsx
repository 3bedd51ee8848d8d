/**
 * What both lines carried over the last day: a chart for each direction, and a table that says the same.
 */
import { Component } from 'preact'
import type { Direction } from '../../../../shared/core/dsl-queue.ts'
import { LEGS } from '../../../../shared/core/leg.ts'
import type { PageHistory } from '../page-state.ts'
import { TEXTS } from '../texts.ts'
import { cellsOf, type DayCell, scaleOf } from './day-cells.ts'
import { clock, megabits, rate, round } from './units.ts'

interface DayProps {
  readonly history: PageHistory | undefined
  /** The last minute that is shown, since 1970. */
  readonly minute: number
}

/** Drawn once a minute: it is the most of the page, and the rest of it changes every second. */
export class Day extends Component<DayProps> {
  override shouldComponentUpdate(next: DayProps): boolean {
    return next.history !== this.props.history || next.minute !== this.props.minute
  }

  override render({ history, minute }: DayProps) {
    const texts = TEXTS.day
    const nowMs = minute * MINUTE_MS
    if (history === undefined || history.minutes.length < MINUTES_MIN) {
      return (
        <section class="card day">
          <h2>{texts.title}</h2>
          {history !== undefined && <p class="quiet">{texts.empty}</p>}
        </section>
      )
    }
    const bars = cellsOf(history.minutes, nowMs, BAR_MINUTES)
    return (
      <section class="card day">
        <h2>{texts.title}</h2>
        <Chart bars={bars} direction="down" title={TEXTS.download} />
        <Chart bars={bars} direction="up" title={TEXTS.upload} />
        <p class="hours" aria-hidden="true">
          {HOURS.map((hours) => (
            <span key={hours}>{clock(nowMs - hours * HOUR_MS)}</span>
          ))}
        </p>
        <ul class="legend" aria-hidden="true">
          <li class="dsl">{TEXTS.legs.dsl}</li>
          <li class="lte">{TEXTS.legs.lte}</li>
          <li class="dead">{texts.down}</li>
        </ul>
        <Table hours={cellsOf(history.minutes, nowMs, 60)} />
      </section>
    )
  }
}

function Chart({
  bars,
  direction,
  title,
}: {
  readonly bars: readonly DayCell[]
  readonly direction: Direction
  readonly title: string
}) {
  const of = ({ bitsPerS: { dsl, lte } }: DayCell) => dsl[direction] + lte[direction]
  const most = Math.max(...bars.map(of))
  const scale = scaleOf(most)
  const height = (bitsPerS: number) => (bitsPerS / scale) * HEIGHT
  const dsl = bars.map(({ bitsPerS }, i) => bar(i, 0, height(bitsPerS.dsl[direction])))
  const lte = bars.map((one, i) => bar(i, height(one.bitsPerS.dsl[direction]), height(of(one))))
  const down = bars.map(({ deadSeconds }, i) =>
    deadSeconds.dsl > 0 || deadSeconds.lte > 0 ? bar(i, -DEAD_HEIGHT - 1, -1) : '',
  )
  return (
    <figure>
      <figcaption>
        <span>{title}</span>
        <span>{round(scale)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${bars.length} ${HEIGHT + DEAD_HEIGHT + 1}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${TEXTS.day.chart(title)}, ${TEXTS.day.most(rate(most))}`}
      >
        <path class="grid" d={GRID.map((part) => `M0 ${part * HEIGHT}h${bars.length}`).join('')} />
        <path class="dsl" d={dsl.join('')} />
        <path class="lte" d={lte.join('')} />
        <path class="dead" d={down.join('')} />
      </svg>
    </figure>
  )
}

/** Heights from the ground up. */
function bar(i: number, from: number, to: number): string {
  if (to - from <= 0) return ''
  return `M${i} ${(HEIGHT - from).toFixed(1)}V${(HEIGHT - to).toFixed(1)}h1V${(HEIGHT - from).toFixed(1)}z`
}

function Table({ hours }: { readonly hours: readonly DayCell[] }) {
  const texts = TEXTS.day
  return (
    <details>
      <summary>{texts.table}</summary>
      <div class="wide">
        <table>
          <caption>{texts.unit}</caption>
          <thead>
            <tr>
              <th scope="col">{texts.hour}</th>
              {LEGS.flatMap((leg) => [
                <th key={`${leg} down`} scope="col">
                  {texts.column(TEXTS.legs[leg], TEXTS.help.directions.down)}
                </th>,
                <th key={`${leg} up`} scope="col">
                  {texts.column(TEXTS.legs[leg], TEXTS.help.directions.up)}
                </th>,
              ])}
              <th scope="col">{texts.down}</th>
            </tr>
          </thead>
          <tbody>
            {hours.toReversed().map((hour) => (
              <tr key={hour.fromMs}>
                <th scope="row">{clock(hour.fromMs)}</th>
                {hour.seen ? (
                  LEGS.flatMap((leg) => [
                    <td key={`${leg} down`}>{megabits(hour.bitsPerS[leg].down)}</td>,
                    <td key={`${leg} up`}>{megabits(hour.bitsPerS[leg].up)}</td>,
                  ])
                ) : (
                  <td class="quiet" colSpan={4}>
                    {texts.gap}
                  </td>
                )}
                <td>{downtime(hour)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

function downtime({ deadSeconds }: DayCell): string {
  const said = LEGS.filter((leg) => deadSeconds[leg] > 0).map((leg) =>
    TEXTS.day.downtime(TEXTS.legs[leg], Math.ceil(deadSeconds[leg] / 60)),
  )
  return said.join(', ') || TEXTS.day.never
}

const BAR_MINUTES = 5
/** Less is no picture. */
const MINUTES_MIN = 2
const HOURS = [24, 18, 12, 6, 0]
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const HEIGHT = 100
const DEAD_HEIGHT = 5
const GRID = [0, 0.5, 1]
