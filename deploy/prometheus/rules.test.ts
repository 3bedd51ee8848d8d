import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { filledIn, questionsOf } from '../grafana/asked.ts'
import { allDashboards } from '../grafana/dashboards.ts'
import { recorded } from './recorded.ts'
import { ALERTS, rulesFile } from './rules.ts'

const skip =
  spawnSync('promtool', ['--version']).error === undefined ? false : 'there is no promtool'

test('promtool takes the rules, and each fires when it should and not before', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-rules-'))
  try {
    writeFileSync(join(directory, 'hybridge.rules.yml'), rulesFile())
    promtool('check', 'rules', join(directory, 'hybridge.rules.yml'))
    for (const file of ['rules.test.yml', 'recorded.test.yml']) {
      copyFileSync(join(HERE, file), join(directory, file))
      promtool('test', 'rules', join(directory, file))
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('each rule is tried by promtool, firing and at rest, and has its paragraph in the runbook', () => {
  const tried = readFileSync(`${HERE}rules.test.yml`, 'utf8')
  const runbook = readFileSync(`${HERE}../../docs/runbook.md`, 'utf8')
  for (const { name } of ALERTS) {
    assert.ok(tried.includes(`alertname: ${name}\n`), `rules.test.yml does not try ${name}`)
    assert.match(runbook, new RegExp(`^## ${name}\n\n\\S`, 'm'), `docs/runbook.md lacks ${name}`)
  }
  const headings = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading)
  assert.deepEqual(
    headings,
    ALERTS.map(({ name }) => name),
  )
})

test('each series that is recorded is tried by promtool, and has the labels that it is said to have', () => {
  const tried = readFileSync(`${HERE}recorded.test.yml`, 'utf8')
  for (const { name, labels } of Object.values(recorded)) {
    const [, shown = ''] = new RegExp(`'${name}(?:\\{([^}]*)\\})?'`).exec(tried) ?? []
    assert.ok(tried.includes(`- expr: ${name}\n`), `recorded.test.yml does not try ${name}`)
    const said = new Set([...shown.matchAll(/(\w+)=/g)].map(([, label]) => label))
    assert.deepEqual(said, new Set(labels), name)
  }
})

test('what LTE has cost is what has been seen of it, where Prometheus has seen a part of the time shown', {
  skip,
}, () => {
  const expr = (title: string) => {
    const asked = questionsOf('fleet', allDashboards()['fleet']!)
    const found = asked.find(({ where }) => where === `fleet: ${title}`)?.expr ?? ''
    return filledIn(found, { __range: '1d', price_per_gigabyte: '2' })
  }
  const home = 'subscriber="a",leg="lte",direction="down",instance="c1"'
  const [series, values] = [`hybridge_home_leg_bytes_total{${home}}`, '0+15000000x40']
  const at = (title: string, value: number) => ({
    expr: expr(title),
    eval_time: '10m',
    exp_samples: [{ labels: '{}', value }],
  })
  const promql = [at('LTE, in the time shown', 600e6), at('What that costs', 1.2)]
  const tests = [{ interval: '15s', input_series: [{ series, values }], promql_expr_test: promql }]
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-rules-'))
  try {
    writeFileSync(join(directory, 'hybridge.rules.yml'), rulesFile())
    const file = join(directory, 'cost.test.yml')
    writeFileSync(file, JSON.stringify({ rule_files: ['hybridge.rules.yml'], tests }))
    promtool('test', 'rules', file)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('names are told once, and what is said of an alert fits into a line', () => {
  assert.equal(new Set(ALERTS.map(({ name }) => name)).size, ALERTS.length)
  for (const { name, summary } of ALERTS) assert.ok(summary.length < 120, name)
})

test('what the containers mount is there, or is printed by `npm run dashboards`, and versions are pinned', () => {
  const compose = readYaml('../container/compose.yaml') as Compose
  for (const [name, { image, volumes }] of Object.entries(compose.services)) {
    assert.match(image, /^[a-z/]+:v?\d+\.\d+\.\d+$/, name)
    for (const volume of volumes) {
      const [path = ''] = volume.split(':')
      if (!path.startsWith('.') || path.startsWith('../../build/monitoring/')) continue
      assert.ok(existsSync(join(HERE, '../container', path)), `${name} mounts ${path}`)
    }
  }
})

test('promtool takes the configuration, and its jobs are those that the rules ask for', {
  skip,
}, () => {
  const text = readFileSync(`${HERE}prometheus.yml`, 'utf8')
  for (const [, job = ''] of rulesFile().matchAll(/job=\\"([\w-]+)\\"/g)) {
    assert.ok(text.includes(`job_name: ${job}\n`), job)
  }
  promtool('check', 'config', '--syntax-only', `${HERE}prometheus.yml`)
})

/** Fails with what it says. */
function promtool(...argv: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', argv, { encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
}

function readYaml(file: string): unknown {
  return parse(readFileSync(join(HERE, file), 'utf8'))
}

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly image: string; readonly volumes: readonly string[] }>
  >
}

const HERE = new URL('.', import.meta.url).pathname
