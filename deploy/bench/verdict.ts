/**
 * `npm run bench -- verdict`: whether what is said to limit a home is what limits it.
 *
 * Painted: seeded evenings with one true cause each, from a generator that knows no threshold of the verdict.
 */
import { Command } from 'commander'
import { paintEvening } from '../../shared/core/evening.fake.ts'
import { CAUSES, type Cause, causeOf, judge } from '../../shared/core/verdict.ts'
import { overSpan } from '../../shared/core/verdict-span.ts'

export const verdictBench = new Command('verdict')
  .description('The causes that painted evenings have, against those that they are said to have.')
  .option('--evenings <N>', 'how many are painted', Number, 1_000)
  .option('--seed <N>', 'of the first; the tests have those from 0 on', Number, 100_000)
  .action(({ evenings, seed }: { evenings: number; seed: number }) => {
    const told = Array.from({ length: evenings }, (_, i) => {
      const cause = NAMES[i % NAMES.length]!
      const seen = paintEvening(cause, seed + i)
      const verdict = overSpan(seen.map(({ home, street }) => judge(home, street)))
      return { cause, said: verdict && causeOf(verdict.limit) }
    })
    sayConfusion(told)
  })

interface ToldEvening {
  readonly cause: Cause
  readonly said: Cause | undefined
}

/** A line for each true cause, a column for each that was said. */
function sayConfusion(evenings: readonly ToldEvening[]): void {
  const width = Math.max(...NAMES.map((name) => name.length)) + 1
  const line = (cells: readonly string[]) =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(width) : cell.padStart(5))).join(''))
  line(['', ...NAMES.map((_, i) => letter(i))])
  for (const [i, cause] of NAMES.entries()) {
    const of = evenings.filter((evening) => evening.cause === cause)
    const counts = NAMES.map((name) => of.filter(({ said }) => said === name).length)
    line([`${letter(i)} ${cause}`, ...counts.map((count) => (count === 0 ? '.' : String(count)))])
  }
  const right = evenings.filter(({ cause, said }) => cause === said).length
  console.log(
    `right: ${right} of ${evenings.length}, ${((100 * right) / evenings.length).toFixed(1)} %`,
  )
}

function letter(index: number): string {
  return String.fromCharCode(A + index)
}

const A = 65
const NAMES = Object.keys(CAUSES) as Cause[]
