import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullReport } from './home-report.fake.ts'
import { homeSeries, type ShownHome } from './home-series.ts'
import { homeMetrics } from './metrics.ts'

test('what a home has told is shown, and what it has not told is not', async () => {
  const text = await textOf([
    {
      id: 'home-1',
      connections: 3,
      report: fullReport,
      verdict: VERDICT,
      policyAppliedMs: 1_764_000_000_000,
    },
    { ...NOTHING, id: 'home-2', connections: 1 },
  ])
  assert.deepEqual(linesOf(text, 'home-2'), ['hybridge_home_connections{subscriber="home-2"} 1'])
  assert.ok(text.includes('hybridge_home_leg_rtt_seconds{subscriber="home-1",leg="dsl"} 0.0214\n'))
  assert.ok(
    text.includes(
      'hybridge_home_leg_bytes_total{subscriber="home-1",leg="lte",direction="down"} 1234567890123\n',
    ),
  )
  assert.ok(
    text.includes(
      'hybridge_home_lte_helps{subscriber="home-1",direction="up",reason="dsl-full"} 1\n',
    ),
  )
  assert.ok(text.includes('hybridge_home_limited_by{subscriber="home-1",cause="dsl-sync"} 1\n'))
  assert.ok(text.includes('_applied_timestamp_seconds{subscriber="home-1"} 1764000000\n'))
})

test('a dead leg is down, a doubted one is up', async () => {
  const dsl = { ...fullReport.legs.dsl, state: 'dead' }
  const lte = { ...fullReport.legs.lte, state: 'suspect' }
  const home = { ...whole('home-1'), report: { ...fullReport, legs: { dsl, lte } } }
  const text = await textOf([home])
  assert.match(text, /leg_up\{subscriber="home-1",leg="dsl"\} 0\n/)
  assert.match(text, /leg_up\{subscriber="home-1",leg="lte"\} 1\n/)
})

test('a home cannot make up a label', async () => {
  const helps = { up: 'x"} 1\nevil{a="b' }
  const home = { ...whole('home-1'), report: { ...fullReport, lte: { helps } } }
  const text = await textOf([home])
  assert.match(text, /lte_helps\{subscriber="home-1",direction="up",reason="other"\} 1\n/)
  assert.doesNotMatch(text, /evil/)
})

test('each family stands together, below its help and its type', async () => {
  const text = await textOf([whole('home-1'), whole('home-2')])
  const families = text.split(/^# HELP /m).slice(1)
  assert.deepEqual(
    new Set(families.map((family) => family.split(' ')[0])),
    new Set(Object.values(homeMetrics).map(({ name }) => name)),
  )
  for (const family of families) {
    const [name = ''] = family.split(' ')
    const samples = family.split('\n').slice(2, -1)
    assert.ok(samples.length >= 2 && samples.every((line) => line.startsWith(`${name}{`)), family)
  }
})

test('20,000 homes that tell everything are 340,000 series and less than 30 MB, in slices', async () => {
  const homes = Array.from({ length: 20_000 }, (_, i) => whole(`home-${10_000 + i}`))
  let series = 0
  let bytes = 0
  let longest = 0
  for await (const piece of homeSeries(homes)) {
    const lines = piece.startsWith('#') ? 0 : piece.split('\n').length - 1
    series += lines
    longest = Math.max(longest, lines)
    bytes += piece.length
  }
  assert.equal(series, 20_000 * SERIES_OF_A_HOME)
  assert.ok(bytes < 30e6, `${(bytes / 1e6).toFixed(1)} MB`)
  assert.ok(longest <= 2_000, `${longest} lines in one piece`)
})

const VERDICT = { limit: 'dsl-sync/full', efficiency: 0.8123 } as const
const NOTHING = { report: undefined, verdict: undefined, policyAppliedMs: undefined }
/** ADR 0047 and the operator's file name it. */
const SERIES_OF_A_HOME = 17

function whole(id: string): ShownHome {
  return {
    id,
    connections: 17,
    report: fullReport,
    verdict: VERDICT,
    policyAppliedMs: 1_764_000_000_000,
  }
}

async function textOf(homes: readonly ShownHome[]): Promise<string> {
  let text = ''
  for await (const piece of homeSeries(homes)) text += piece
  return text
}

function linesOf(text: string, id: string): string[] {
  return text.split('\n').filter((line) => line.includes(`"${id}"`))
}
