/**
 * The speed test: started here, and told as it goes.
 */
import {
  type SpeedTestState,
  SUBJECTS,
  type Subject,
  type SubjectResult,
} from '../../../../shared/core/speed-result.ts'
import { TEXTS } from '../texts.ts'
import type { Actions } from './app.tsx'
import { Nothing } from './nothing.tsx'
import { amount, clock, megabits, milliseconds } from './units.ts'

export function SpeedTest({
  test,
  again,
  actions,
}: {
  readonly test: SpeedTestState
  /** When the next may be started, where that was said. */
  readonly again: number | undefined
  readonly actions: Actions
}) {
  const texts = TEXTS.test
  const { running, result } = test
  return (
    <section class="card">
      <h2>{texts.title}</h2>
      <p class="quiet">{texts.explain(test.megabytes, test.lteMegabytes)}</p>
      <p class="act">
        <button
          type="button"
          onClick={running === undefined ? actions.startTest : actions.stopTest}
        >
          {running === undefined ? texts.start : texts.stop}
        </button>
        <span role="status">
          {running !== undefined
            ? doing(running)
            : again === undefined
              ? done(result)
              : texts.again(clock(again))}
        </span>
      </p>
      {result === undefined ? (
        running === undefined && <p class="quiet">{texts.never}</p>
      ) : (
        <>
          <div class="wide">
            <table>
              <thead>
                <tr>
                  <td />
                  {SUBJECTS.map((subject) => (
                    <th key={subject} scope="col">
                      {nameOf(subject)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {ROWS.map(({ title, value }) => (
                  <tr key={title}>
                    <th scope="row">{title}</th>
                    {SUBJECTS.map((subject) => (
                      <td key={subject}>{cell(result.subjects[subject], value) ?? <Nothing />}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Why subjects={result.subjects} />
          {running === undefined && (
            <p class="quiet">{texts.used(amount(result.usedBytes), amount(result.lteUsedBytes))}</p>
          )}
        </>
      )}
    </section>
  )
}

function Why({
  subjects,
}: {
  readonly subjects: Readonly<Partial<Record<Subject, SubjectResult>>>
}) {
  return (
    <ul class="plain">
      {SUBJECTS.map((subject) => {
        const why = subjects[subject]?.why
        if (why === undefined) return null
        return <li key={subject}>{TEXTS.test.reason(nameOf(subject), TEXTS.test.why[why])}</li>
      })}
    </ul>
  )
}

function doing({ subject, step }: NonNullable<SpeedTestState['running']>): string {
  const { running, checking } = TEXTS.test
  if (step === 'path') return checking(nameOf(subject))
  return running(nameOf(subject), TEXTS.help.directions[step])
}

/** Whoever hears the page hears that it is over. */
function done(result: SpeedTestState['result']): string {
  return result === undefined ? '' : TEXTS.test.measured[result.by](clock(result.atMs))
}

function nameOf(subject: Subject): string {
  return subject === 'both' ? TEXTS.test.both : TEXTS.legs[subject]
}

function cell(
  result: SubjectResult | undefined,
  value: (result: SubjectResult) => string | undefined,
): string | undefined {
  return result && value(result)
}

const ROWS: ReadonlyArray<{
  readonly title: string
  readonly value: (result: SubjectResult) => string | undefined
}> = [
  {
    title: TEXTS.test.rate(TEXTS.download),
    value: ({ downBitsPerS: rate }) => (rate === undefined ? undefined : megabits(rate)),
  },
  {
    title: TEXTS.test.rate(TEXTS.upload),
    value: ({ upBitsPerS: rate }) => (rate === undefined ? undefined : megabits(rate)),
  },
  {
    title: TEXTS.test.idle,
    value: ({ idleMs: ms }) => (ms === undefined ? undefined : milliseconds(ms)),
  },
  {
    title: TEXTS.test.loadedDown,
    value: ({ loadedDownMs: ms }) => (ms === undefined ? undefined : milliseconds(ms)),
  },
  {
    title: TEXTS.test.loadedUp,
    value: ({ loadedUpMs: ms }) => (ms === undefined ? undefined : milliseconds(ms)),
  },
  {
    title: TEXTS.test.path.mptcp,
    value: ({ multipath }) => {
      if (multipath === undefined) return undefined
      return multipath ? TEXTS.test.path.joins : TEXTS.test.path.stripped
    },
  },
  {
    title: TEXTS.test.path.mtu,
    value: ({ mtuBytes }) => (mtuBytes === undefined ? undefined : TEXTS.test.bytes(mtuBytes)),
  },
]
