import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { concentratorMetrics, homeMetrics } from '../../concentrator/control/metrics.ts'
import { cpeMetrics } from '../../cpe/control/metrics.ts'
import { ownMetrics, processMetrics } from '../../shared/daemon/own-metrics.ts'
import { recorded } from '../prometheus/recorded.ts'
import { filledIn, questionsOf } from './asked.ts'
import { allDashboards } from './dashboards.ts'

const dashboards = Object.entries(allDashboards())
const DECLARED = new Map(
  [concentratorMetrics, homeMetrics, cpeMetrics, ownMetrics, processMetrics, recorded]
    .flatMap((catalogue) => Object.values(catalogue))
    .map(({ name, labels }) => [name, new Set<string>(labels)]),
)

test('names of metrics are those of one thing each, in base units', () => {
  const all = [concentratorMetrics, homeMetrics, cpeMetrics, ownMetrics].flatMap((catalogue) =>
    Object.values(catalogue),
  )
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length)
  for (const { name, kind, help } of all) {
    assert.match(name, /^hybridge_(cpe|concentrator|home|kernel|build)_[a-z0-9_]+$/)
    assert.equal(name.endsWith('_total'), kind === 'counter', name)
    assert.doesNotMatch(name, /_(ms|milliseconds|kbps|mbps|percent|megabytes)(_|$)/)
    assert.ok(help.length > 10 && !help.endsWith('.'), `${name}: ${help}`)
  }
})

for (const [name, dashboard] of dashboards) {
  test(`${name}: Grafana can tell its panels apart, and each asks the source that was chosen`, () => {
    const panels = dashboard.panels ?? []
    assert.equal(dashboard.uid, `hybridge-${name}`)
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    for (const panel of panels) {
      if (panel.type === 'row') continue
      assert.ok('targets' in panel && panel.targets !== undefined && panel.targets.length > 0)
      for (const target of [panel, ...panel.targets]) {
        assert.ok('datasource' in target, panel.title)
        assert.deepEqual(target.datasource, { type: 'prometheus', uid: DATASOURCE }, panel.title)
      }
      const ids = panel.targets.map((target) => ('refId' in target ? target.refId : undefined))
      assert.equal(new Set(ids).size, ids.length, panel.title)
    }
    const [first] = dashboard.templating.list ?? []
    assert.deepEqual([first?.type, first?.name], ['datasource', 'datasource'])
  })

  test(`${name}: each panel has a unit, and says what to do`, () => {
    const titles = new Set<string>()
    for (const panel of dashboard.panels ?? []) {
      const { title = '', type } = panel
      assert.ok(!titles.has(title), `two panels are called ${title}`)
      titles.add(title)
      if (type === 'row') continue
      assert.ok('description' in panel && (panel.description ?? '').length > 30, title)
      assert.ok('fieldConfig' in panel && panel.fieldConfig?.defaults.unit !== undefined, title)
    }
  })

  test(`${name}: panels stand side by side, none over another`, () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of dashboard.panels ?? []) {
      assert.ok(gridPos !== undefined)
      const { x, y, w, h } = gridPos
      assert.ok(x + w <= GRID_WIDTH, title)
      for (let cell = 0; cell < w * h; cell++) {
        const at = `${x + (cell % w)} ${y + Math.floor(cell / w)}`
        assert.ok(!taken.has(at), `${title} lies over another at ${at}`)
        taken.add(at)
      }
    }
  })

  test(`${name}: what it asks for is declared, with every label, and every variable is its own`, () => {
    const variables = new Set((dashboard.templating.list ?? []).map((variable) => variable.name))
    for (const { where, expr } of questionsOf(name, dashboard)) {
      assert.notEqual(expr, '', where)
      for (const [, metric = '', matchers = ''] of expr.matchAll(SELECTOR)) {
        const labels = DECLARED.get(metric)
        assert.ok(labels !== undefined, `${where} asks for ${metric}`)
        for (const [, label = ''] of matchers.matchAll(/(\w+)[!=]/g)) {
          assert.ok(labels.has(label) || OF_PROMETHEUS.has(label), `${where}: ${metric}{${label}}`)
        }
      }
      for (const [, variable = ''] of expr.matchAll(/\$(\w+)/g)) {
        assert.ok(variables.has(variable) || variable.startsWith('__'), `${where}: $${variable}`)
      }
    }
  })
}

test('fleet: nothing is asked of all homes one by one, at each refresh and by each who looks', () => {
  const names = new Set(Object.values(homeMetrics).map((metric) => metric.name))
  for (const { where, expr } of questionsOf('fleet', allDashboards()['fleet']!)) {
    for (const [, metric = ''] of expr.matchAll(SELECTOR)) {
      assert.ok(!names.has(metric), `${where} reads every home; record it in recorded.ts`)
    }
  }
})

test('from the fleet to the cause in three clicks, in the same time and with the same source', () => {
  const wayFrom = (name: string, title: string) => {
    const panel = allDashboards()[name]?.panels?.find((one) => one.title === title)
    assert.ok(panel !== undefined && 'fieldConfig' in panel, title)
    const links: unknown = panel.fieldConfig?.defaults.links
    const [link] = z.array(z.object({ url: z.string(), targetBlank: z.boolean() })).parse(links)
    assert.ok(link !== undefined, title)
    assert.equal(link.targetBlank, false)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of Grafana
    assert.ok(link.url.includes('?${__url_time_range}&var-datasource=${datasource}&'), link.url)
    const [, uid, variable, from] =
      /^\/d\/hybridge-([\w-]+)\?.*&var-(\w+)=\$\{__(.+)\}$/.exec(link.url) ?? []
    const to = allDashboards()[uid ?? '']
    assert.ok(
      to?.templating.list?.some((one) => one.name === variable),
      link.url,
    )
    return `${uid} by ${from}`
  }
  assert.deepEqual(
    [
      wayFrom('fleet', 'What limits homes'),
      wayFrom('fleet', 'Least efficient, with what limits them'),
      wayFrom('subscriber', 'Concentrator'),
    ],
    [
      'fleet by field.labels.cause',
      'subscriber by data.fields.subscriber',
      'concentrator by field.labels.instance',
    ],
  )
})

test('variables are filled in where they stand', () => {
  assert.equal(
    filledIn('rate(a{b="$c"}[$__range])', { c: 'd', __range: '5m' }),
    'rate(a{b="d"}[5m])',
  )
})

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
const DATASOURCE = '${datasource}'
const GRID_WIDTH = 24
/** By whatever name: those that rules record have colons in it. */
const SELECTOR =
  /(?<![\w:])((?:(?:fleet|subscriber):)?(?:hybridge|process|nodejs)_[\w:]+)(?:\{([^}]*)\})?/g
const OF_PROMETHEUS: ReadonlySet<string> = new Set(['instance', 'job'])
