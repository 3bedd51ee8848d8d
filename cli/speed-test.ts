/**
 * `hybridge speed-test`: on the home router, the test that the home's page offers.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import {
  type SpeedTestResult,
  type SpeedTestState,
  SUBJECTS,
  type Subject,
  type SubjectResult,
} from '../shared/core/speed-result.ts'
import { askAgent } from './agent.ts'
import { bytes, table } from './table.ts'

export function speedTestCommand(exit: (status: number) => void): Command {
  return new Command('speed-test')
    .description('On the home router: measure DSL, LTE and both together against the concentrator.')
    .option('--json', 'as one object, for programs')
    .addHelpText('after', STATUS)
    .action(async ({ json }: { readonly json?: true }) => {
      const result = await measured(json === true)
      console.log(json === true ? JSON.stringify(result, undefined, 2) : describe(result))
      exit(SUBJECTS.some((subject) => isMissing(result.subjects[subject])) ? EXIT_INCOMPLETE : 0)
    })
}

async function measured(quiet: boolean): Promise<SpeedTestResult> {
  const { status } = await askAgent('POST', '/api/speed-test')
  if (status === CONFLICT && !quiet) console.error('A test runs already; this is that one.')
  let said = ''
  for (;;) {
    const { running, result } = (await askAgent('GET', '/api/speed-test')).answer as SpeedTestState
    const doing = running === undefined ? '' : `${NAMES[running.subject]}: ${running.step}`
    if (doing !== '' && doing !== said && !quiet) console.error(doing)
    said = doing
    if (running === undefined && result !== undefined) return result
    await pause(LOOK_MS)
  }
}

function describe({ subjects, usedBytes, lteUsedBytes }: SpeedTestResult): string {
  const rows = SUBJECTS.map((subject) => {
    const { why, multipath, mtuBytes, ...figures } = subjects[subject] ?? {}
    const { downBitsPerS, upBitsPerS, idleMs, loadedDownMs, loadedUpMs } = figures
    const mptcp = multipath === undefined ? undefined : multipath ? 'passes' : 'stripped'
    return [
      NAMES[subject],
      mbps(downBitsPerS),
      mbps(upBitsPerS),
      idleMs,
      loadedDownMs,
      loadedUpMs,
      mptcp,
      mtuBytes,
      why ?? '',
    ]
  })
  const used = `${bytes(usedBytes)} carried, ${bytes(lteUsedBytes)} of them over LTE`
  return `${table(HEAD, rows)}\n\n${used}`
}

function mbps(bitsPerS: number | undefined): string | undefined {
  return bitsPerS === undefined ? undefined : (bitsPerS / 1e6).toFixed(1)
}

function isMissing(result: SubjectResult | undefined): boolean {
  return result?.downBitsPerS === undefined || result.upBitsPerS === undefined
}

const NAMES: Readonly<Record<Subject, string>> = { dsl: 'DSL', lte: 'LTE', both: 'both' }
const HEAD = [
  '',
  'DOWN Mbit/s',
  'UP Mbit/s',
  'IDLE ms',
  'DOWN ms',
  'UP ms',
  'MPTCP',
  'MTU',
  'WHY NOT',
]
const LOOK_MS = 300
const CONFLICT = 409
const EXIT_INCOMPLETE = 1
const STATUS = `
Exit status:
  0  all was measured
  1  something was not, and the table says why
  3  no agent answers here`
