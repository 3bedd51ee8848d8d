/**
 * A street that Debian's Prometheus watches: every expression of every panel, annotation, variable and rule is asked of
 * it, and each has an answer, or the test names the panel. Grafana itself does not run here.
 *
 *   prometheus, on the router ── 127.0.0.1:9803 ── cpe
 *                             └─ 192.0.2.10:9804 ── concentrator
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { concentratorEvents } from '../../concentrator/control/events.ts'
import { cpeEvents } from '../../cpe/control/events.ts'
import { lifeEvents } from '../../shared/daemon/events.ts'
import { type LogEvents, WHATEVER_IS_KNOWN } from '../../shared/daemon/log-event.ts'
import { filledIn, type Question, questionsOf } from '../grafana/asked.ts'
import { allDashboards } from '../grafana/dashboards.ts'
import { recorded } from '../prometheus/recorded.ts'
import { ALERTS, rulesFile } from '../prometheus/rules.ts'
import { CONCENTRATOR, INTERNET } from './addresses.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually, logOf } from './onlooker.ts'
import { download, upload } from './transfer.ts'

const skip = streetImpossible()

describe('what Prometheus sees of a street', { skip }, () => {
  let street: Street
  let beganS: number

  before(async () => {
    const { ipv4, ipv6 } = CONCENTRATOR.own
    street = await raiseStreet({
      name: 'hyb-monitor',
      session: true,
      cpe: {
        legs: { dsl: { downMbps: 50, upMbps: 10 } },
        tunnel: { enabled: true },
        budget: { monthlyGigabytes: 20 },
      },
      concentrator: {
        tunnel: { enabled: true },
        control: { reportS: 1 },
        egress: { addresses: [ipv4, ipv6] },
        metrics: { address: ipv4 },
      },
    })
    startPrometheus(street)
    beganS = Math.floor(Date.now() / 1_000)
    await eventually(async () => {
      const [up = []] = await ask(street, ['sum(up{job=~"hybridge-.*"})'], beganS)
      assert.equal(up.at(-1), 2)
    }, 20_000)
    // DSL full in both directions, so that LTE helps; and something that is not TCP.
    await Promise.all([
      download(street, '/bytes/1000000000', { seconds: LOAD_S }),
      upload(street, LOAD_S * UP_BYTES_PER_S),
      street.exec('home', ['ping', '-c', '10', '-i', '0.3', INTERNET.own.ipv4]),
    ])
  })
  after(() => street.down())

  test('every expression of the dashboards has an answer', async () => {
    const questions = Object.entries(allDashboards()).flatMap(([name, one]) =>
      questionsOf(name, one),
    )
    assert.ok(questions.length > 80, `only ${questions.length} questions`)
    assert.deepEqual(await unanswered(questions), [])
    const wrong = { where: 'nowhere', expr: 'hybridge_no_such_metric' }
    assert.deepEqual(await unanswered([wrong]), ['nowhere: hybridge_no_such_metric'])
  })

  test('the value of every rule has an answer, and nothing of it is wrong on a good day', async () => {
    const questions = [
      ...ALERTS.map(({ name, value }) => ({ where: name, expr: value })),
      ...Object.values(recorded).map(({ name }) => ({ where: 'recorded', expr: name })),
    ]
    assert.deepEqual(await unanswered(questions), [])
    const { stdout } = await street.exec('cpe', ['curl', '-s', `${PROMETHEUS}/api/v1/rules`])
    const { data } = JSON.parse(stdout) as RulesAnswer
    const rules = data.groups.flatMap((group) => group.rules)
    assert.equal(rules.length, ALERTS.length + Object.keys(recorded).length)
    for (const { name, health, lastError } of rules)
      assert.equal(health, 'ok', `${name}: ${lastError}`)
  })

  test('what both daemons have said is declared, with its level and every field', () => {
    for (const [daemon, events] of Object.entries(SAID)) {
      const lines = logOf(street, daemon as keyof typeof SAID)
        .split('\n')
        .filter((line) => line.startsWith('{'))
      assert.ok(lines.length > 3, daemon)
      for (const line of lines) {
        const { msg, level, ...fields } = logLine.parse(JSON.parse(line))
        const event = events[msg]
        assert.equal(level, event?.level, line)
        const known = ['time', 'pid', 'hidden', ...(event?.fields ?? [])]
        if (event?.fields === WHATEVER_IS_KNOWN) continue
        for (const field of Object.keys(fields))
          assert.ok(known.includes(field), `${field}: ${line}`)
      }
    }
  })

  async function unanswered(questions: readonly Question[]): Promise<string[]> {
    const exprs = questions.map(({ expr }) => filledIn(expr, VALUES))
    const answers = await ask(street, exprs, beganS)
    return questions.flatMap(({ where, expr }, i) =>
      answers[i]?.length ? [] : `${where}: ${expr}`,
    )
  }
})

/** For each expression all values that it has had since then, of all its series. */
async function ask(street: Street, exprs: readonly string[], fromS: number): Promise<number[][]> {
  const toS = Math.ceil(Date.now() / 1_000)
  const requests = exprs.map((expr) =>
    [
      `url = "${PROMETHEUS}/api/v1/query_range"`,
      `data-urlencode = ${JSON.stringify(`query=${expr}`)}`,
      `data = "start=${fromS}&end=${toS}&step=1"`,
      'get',
      'write-out = "\\n"',
    ].join('\n'),
  )
  const { stdout } = await street.exec('cpe', ['curl', '-s', '-K', '-'], {
    input: requests.join('\nnext\nsilent\n'),
  })
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => {
      const { status, error, data } = JSON.parse(line) as RangeAnswer
      assert.equal(status, 'success', `${exprs[i]}: ${error}`)
      return (data?.result ?? []).flatMap(({ values }) => values.map(([, value]) => Number(value)))
    })
}

function startPrometheus(street: Street): void {
  const directory = join(street.directory, 'prometheus')
  mkdirSync(directory, { recursive: true })
  writeFileSync(
    join(directory, 'hybridge.rules.yml'),
    rulesFile().replace(/"interval": "\w+"/g, '"interval": "1s"'),
  )
  const job = (name: string, target: string) => ({
    job_name: name,
    static_configs: [{ targets: [target] }],
  })
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    rule_files: ['hybridge.rules.yml'],
    scrape_configs: [
      job('hybridge-cpe', '127.0.0.1:9803'),
      job('hybridge-concentrator', `${CONCENTRATOR.own.ipv4}:9804`),
    ],
  }
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config))
  street.spawn(
    'cpe',
    [
      'prometheus',
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${PROMETHEUS.slice('http://'.length)}`,
    ],
    { stdio: 'ignore' },
  )
}

interface RangeAnswer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly result: ReadonlyArray<{ values: ReadonlyArray<[number, string]> }> }
}

interface RulesAnswer {
  readonly data: {
    readonly groups: ReadonlyArray<{
      readonly rules: ReadonlyArray<{ name: string; health: string; lastError?: string }>
    }>
  }
}

const SAID: Readonly<Record<'concentrator' | 'cpe', LogEvents>> = {
  cpe: { ...lifeEvents, ...cpeEvents },
  concentrator: { ...lifeEvents, ...concentratorEvents },
}
const logLine = z.looseObject({ msg: z.string(), level: z.string() })
/** What Grafana puts in. */
const VALUES = {
  __rate_interval: '4s',
  __range: '15s',
  __interval: '1s',
  subscriber: 'home-1',
  cause: '.*',
  concentrator: '.*',
  cpe: '.*',
  price_per_gigabyte: '2',
} as const
const PROMETHEUS = 'http://127.0.0.1:9090'
const LOAD_S = 5
const UP_BYTES_PER_S = 1_000_000
