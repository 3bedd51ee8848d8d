/**
 * `hybridge speed-test`: what a home's lines carry, measured against its concentrator. On the home router its own; anywhere
 * else that of the home that is named, over the concentrator's API.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Command, Option } from 'commander'
import {
  type SpeedTestResult,
  type SpeedTestState,
  SUBJECTS,
  type Subject,
  type SubjectResult,
} from '../shared/core/speed-result.ts'
import { askAgent } from './agent.ts'
import { ask, path, Refused } from './api.ts'
import { Misuse } from './misuse.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { bytes, cell, table } from './table.ts'

interface Options extends Json {
  readonly only?: string
  readonly last?: true
  readonly stop?: true
}

export function speedTestCommand(exit: (status: number) => void): Command {
  return new Command('speed-test')
    .description('Measure DSL, LTE and both together of a home against its concentrator.')
    .argument('[SUBSCRIBER]', 'the home, as its operator asks; this router itself unless said')
    .option('--only <WHICH>', 'of dsl, lte and both, with commas; LTE is paid for')
    .addOption(new Option('--last', 'begin none: show the last one').conflicts('stop'))
    .option('--stop', 'end the one that runs')
    .option('--json', JSON_HELP)
    .addHelpText('after', STATUS)
    .action(async (subscriber: string | undefined, { json, only, last, stop }: Options) => {
      const tester = subscriber === undefined ? agentTester() : homeTester(subscriber)
      if (stop) return await tester.stop()
      if (!last) await tester.start(subjectsFrom(only), json === true)
      const seen = last ? await tester.look() : await followed(tester, json === true)
      const { result } = seen
      if (result === undefined) throw new Refused(404, 'no test is remembered', [])
      if (seen.lost) console.error(LOST)
      else if (seen.running !== undefined) console.error('It runs still.')
      show(json, result, () => describe(result))
      exit(isWhole(result) ? 0 : EXIT_INCOMPLETE)
    })
}

/** Whoever can have one made. */
interface Tester {
  readonly start: (subjects: readonly Subject[] | undefined, quiet: boolean) => Promise<void>
  readonly look: () => Promise<Seen>
  readonly stop: () => Promise<void>
}

interface Seen extends Partial<Pick<SpeedTestState, 'result' | 'running'>> {
  /** Nothing is heard of it any more. */
  readonly lost?: boolean
}

function agentTester(): Tester {
  const url = '/api/speed-test'
  return {
    start: async (subjects, quiet) => {
      const wanted = subjects === undefined ? '' : `?subjects=${subjects.join()}`
      const { status, answer } = await askAgent('POST', `${url}${wanted}`)
      const { againInS } = answer as { readonly againInS?: number }
      if (status === CONFLICT && !quiet) console.error('A test runs already; this is that one.')
      if (status !== TOO_MANY) return
      throw new Refused(status, `tested often, or just now; ask again in ${againInS} s`, [])
    },
    look: async () => (await askAgent('GET', url)).answer as SpeedTestState,
    stop: async () => void (await askAgent('DELETE', url)),
  }
}

function homeTester(subscriber: string): Tester {
  const url = path('subscribers', subscriber, 'speed-tests')
  let test = 'latest'
  return {
    start: async (subjects) => {
      const body = subjects === undefined ? {} : { subjects }
      test = String((await ask({ method: 'POST', url, body }))['id'])
    },
    look: async () => {
      const { state, ...seen } = await ask({ method: 'GET', url: `${url}/${test}` })
      return { ...seen, lost: state === 'lost' }
    },
    stop: async () => void (await ask({ method: 'DELETE', url: `${url}/${test}` })),
  }
}

/** To its end. */
async function followed(tester: Tester, quiet: boolean): Promise<Seen> {
  let said: string | undefined
  for (;;) {
    const { running, result, lost } = await tester.look()
    if (lost) throw new Refused(504, `${LOST} Try --last later.`, [])
    // A home tells this, and what it says is a stranger's.
    const doing = running && cell(`${NAMES[running.subject] ?? running.subject}: ${running.step}`)
    if (doing !== undefined && doing !== said && !quiet) console.error(doing)
    said = doing
    if (running === undefined && result !== undefined) return { result }
    await pause(LOOK_MS)
  }
}

function subjectsFrom(only: string | undefined): readonly Subject[] | undefined {
  if (only === undefined) return undefined
  const words = only.split(',')
  const subjects = SUBJECTS.filter((subject) => words.includes(subject))
  if (subjects.length === words.length) return subjects
  throw new Misuse(`--only must name some of ${SUBJECTS.join(', ')}, but is ${only}`)
}

function describe({ atMs, by, subjects, usedBytes, lteUsedBytes }: SpeedTestResult): string {
  const rows = tested(subjects).map(([subject, result]) => {
    const { why, multipath, mtuBytes, ...figures } = result
    const { downBitsPerS, upBitsPerS, idleMs, loadedDownMs, loadedUpMs } = figures
    return [
      NAMES[subject],
      mbps(downBitsPerS),
      mbps(upBitsPerS),
      idleMs,
      loadedDownMs,
      loadedUpMs,
      mptcpWord(multipath),
      mtuBytes,
      why ?? '',
    ]
  })
  const paths = pathRows(subjects)
  const began = `Began ${new Date(atMs).toISOString()}, for the ${cell(by)}.`
  const used = `${bytes(usedBytes)} carried, ${bytes(lteUsedBytes)} of them over LTE.`
  const parts = [table(HEAD, rows), paths.length > 0 ? table(PATH_HEAD, paths) : '']
  return [...parts.filter((part) => part !== ''), `${began} ${used}`].join('\n\n')
}

function pathRows(subjects: SpeedTestResult['subjects']): unknown[][] {
  return tested(subjects).flatMap(([subject, { paths, family }]) =>
    FAMILIES.flatMap(({ key, name }) => {
      const path = paths?.[key]
      if (path === undefined) return []
      const { why, multipath, mtuBytes } = path
      return [
        [
          NAMES[subject],
          name,
          mptcpWord(multipath),
          mtuBytes,
          family === key ? 'yes' : '',
          why ?? '',
        ],
      ]
    }),
  )
}

function mptcpWord(multipath: boolean | undefined): string | undefined {
  return multipath === undefined ? undefined : multipath ? 'passes' : 'stripped'
}

function mbps(bitsPerS: number | undefined): string | undefined {
  return bitsPerS === undefined ? undefined : (bitsPerS / 1e6).toFixed(1)
}

/** Those that were asked for. */
function tested(subjects: SpeedTestResult['subjects']): Array<[Subject, SubjectResult]> {
  return SUBJECTS.flatMap((subject): Array<[Subject, SubjectResult]> => {
    const result = subjects[subject]
    return result === undefined ? [] : [[subject, result]]
  })
}

function isWhole({ subjects }: SpeedTestResult): boolean {
  const results = tested(subjects)
  const measured = results.filter(
    ([, { downBitsPerS, upBitsPerS }]) => downBitsPerS !== undefined && upBitsPerS !== undefined,
  )
  return results.length > 0 && measured.length === results.length
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
const PATH_HEAD = ['PATH', 'BY', 'MPTCP', 'MTU', 'MEASURED', 'WHY NOT']
const FAMILIES = [
  { key: 'ipv4', name: 'IPv4' },
  { key: 'ipv6', name: 'IPv6' },
] as const
const LOST = 'Nothing is heard of the test any more.'
const LOOK_MS = 300
const CONFLICT = 409
const TOO_MANY = 429
const EXIT_INCOMPLETE = 1
const STATUS = `
An interrupt (Ctrl-C) leaves the test running: --stop ends it, --last shows what it found.

Exit status:
  0  all that was asked for was measured
  1  something was not, and the table says why; or there is no test, and a sentence says why
  3  no agent answers here; of a SUBSCRIBER, no concentrator`
