/**
 * What all dashboards share: variables, links between them, numbers of panels, and when policies changed.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  type RowPanel,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { ownMetrics, processMetrics } from '../../shared/daemon/own-metrics.ts'
import { DATASOURCE, type PanelBuilder } from './panels.ts'
import { series } from './promql.ts'

export interface Sheet {
  /** Behind `hybridge-`, in the address of the dashboard. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Panels by the heading above them. */
  readonly rows: Readonly<Record<string, readonly PanelBuilder[]>>
  /** By what happened: expressions whose values are the Unix milliseconds at which it did. */
  readonly marks: Readonly<Record<string, string>>
  readonly variables?: readonly Builder<VariableModel>[]
}

/** Whole, as Grafana takes it. */
export function dashboard({
  uid,
  title,
  description,
  rows,
  marks,
  variables = [],
}: Sheet): Dashboard {
  const builder = new DashboardBuilder(`Hybridge: ${title}`)
    .uid(`hybridge-${uid}`)
    .description(description)
    .tags([TAG])
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .link(
      new DashboardLinkBuilder('Hybridge')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    )
  for (const variable of variables) builder.withVariable(variable)
  for (const [name, expr] of Object.entries(marks)) {
    builder.annotation(
      new AnnotationQueryBuilder()
        .name(name)
        .datasource(DATASOURCE)
        .expr(expr)
        .useValueForTime(true)
        .titleFormat(name)
        .iconColor('purple')
        .enable(true),
    )
  }
  for (const [heading, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(heading))
    for (const panel of panels) builder.withPanel(panel)
  }
  const whole = builder.build()
  number(whole.panels ?? [])
  return whole
}

/** Panels have numbers, and stand in lines from left to right; the SDK lets some hang over the edge. */
function number(panels: ReadonlyArray<Panel | RowPanel>): void {
  let [x, y, lineHeight] = [0, 0, 0]
  for (const [i, panel] of panels.entries()) {
    panel.id = i + 1
    const { w = GRID_WIDTH, h = 1 } = panel.type === 'row' ? {} : (panel.gridPos ?? {})
    if (x + w > GRID_WIDTH) {
      y += lineHeight
      x = 0
      lineHeight = 0
    }
    panel.gridPos = { x, y, w, h }
    x += w
    lineHeight = Math.max(lineHeight, h)
  }
}

/** One or more of those that Prometheus has seen. */
export function chosen(name: string, label: string, values: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query: values, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
}

/** What a gigabyte of LTE costs, in whatever currency. */
export function price(): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder('price_per_gigabyte')
    .label('Price of a gigabyte of LTE')
    .defaultValue('2')
}

/** When concentrators began, in Unix milliseconds. */
export function restarts(): string {
  return `${series(processMetrics.startTime, { job: CONCENTRATOR_JOB })} * 1000`
}

/** All daemons of a kind, unless somebody chooses. */
export function instances(daemon: 'concentrator' | 'cpe'): QueryVariableBuilder {
  const values = `label_values(${ownMetrics.build.name}{daemon="${daemon}"}, instance)`
  return chosen(daemon, daemon === 'cpe' ? 'Home gateway' : 'Concentrator', values)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
}

/** As deploy/prometheus/prometheus.yml names it. */
export const CONCENTRATOR_JOB = 'hybridge-concentrator'
/** Of Grafana. */
const GRID_WIDTH = 24
const TAG = 'hybridge'
