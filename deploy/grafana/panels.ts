/**
 * The few kinds of panels that the dashboards are made of. Each says in its description what to do when it looks bad.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import {
  DashboardLinkBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'

export type PanelBuilder = Builder<dashboard.Panel>

/** What a panel is about. */
export interface Said {
  readonly title: string
  /** What it shows, and what to do when it looks bad. */
  readonly description: string
  /** One of Grafana's. */
  readonly unit: string
  /** From so much on it is yellow, and red. `falling`: from so little on. */
  readonly limits?: { readonly warn: number; readonly bad: number; readonly falling?: true }
  readonly max?: number
}

/** Legends by expression: `{{leg}}`. */
export type Queries = Readonly<Record<string, string>>

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }

/** Lines over time, half as wide as the screen. `stacked`: they add up to something. */
export function graph(said: Said, queries: Queries, stacked?: 'stacked'): PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(stacked === undefined ? 5 : 40)
    .showPoints(VisibilityMode.Never)
    .stacking(
      new common.StackingConfigBuilder().mode(
        stacked === undefined ? StackingMode.None : StackingMode.Normal,
      ),
    )
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
    .min(0)
    .span(12)
    .height(8)
  if (said.limits !== undefined) {
    const style = new common.GraphThresholdsStyleConfigBuilder()
    panel.thresholdsStyle(style.mode(common.GraphThresholdsStyleMode.Dashed))
  }
  return asked(described(panel, said), queries)
}

/** One number, now. */
export function number(said: Said, expr: string): PanelBuilder {
  const panel = new stat.PanelBuilder()
    .graphMode(common.BigValueGraphMode.Area)
    .colorMode(said.limits ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .span(4)
    .height(4)
  return asked(described(panel, said), { [expr]: said.title })
}

/** What holds when: a line for each series, coloured while it is 1. */
export function timeline(said: Said, queries: Queries): PanelBuilder {
  const panel = new statetimeline.PanelBuilder()
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .legend(new VizLegendOptionsBuilder().showLegend(false))
    .span(12)
    .height(6)
  return asked(described(panel, said), queries)
}

/** The worst of them, now. `home`: a row is one, and leads to its dashboard. */
export function ranking(said: Said, expr: string, home?: 'home'): PanelBuilder {
  const panel = new table.PanelBuilder()
    .span(12)
    .height(9)
    .sortBy([
      new common.TableSortByFieldStateBuilder()
        .displayName('Value')
        .desc(said.limits?.falling !== true),
    ])
    .withTransformation({
      id: 'organize',
      options: { excludeByName: { Time: true, __name__: true, job: true, instance: true } },
    })
    .overrideByName('Value', [
      { id: 'custom.cellOptions', value: { type: TableCellDisplayMode.Gauge, mode: 'basic' } },
    ])
  if (home !== undefined) {
    panel.dataLinks([
      new DashboardLinkBuilder('This home')
        .url(
          // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of Grafana
          '/d/hybridge-subscriber?var-subscriber=${__data.fields.subscriber}&${__url_time_range}',
        )
        .targetBlank(false),
    ])
  }
  return described(panel, said).withTarget(query(expr, '').format(PromQueryFormat.Table).instant())
}

function query(expr: string, legend: string): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(DATASOURCE)
}

interface Described<P> {
  title(text: string): P
  description(text: string): P
  unit(unit: string): P
  max(max: number): P
  datasource(ref: { type: string; uid: string }): P
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): P
}

function described<P extends Described<P>>(panel: P, said: Said): P {
  const { title, description, unit, limits, max } = said
  panel.title(title).description(description).unit(unit).datasource(DATASOURCE)
  panel.thresholds(
    new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(limits)),
  )
  return max === undefined ? panel : panel.max(max)
}

function stepsOf(limits: Said['limits']): dashboard.Threshold[] {
  if (limits === undefined) return [{ value: null, color: 'green' }]
  const { warn, bad, falling } = limits
  return falling === true
    ? [
        { value: null, color: 'red' },
        { value: bad, color: 'orange' },
        { value: warn, color: 'green' },
      ]
    : [
        { value: null, color: 'green' },
        { value: warn, color: 'orange' },
        { value: bad, color: 'red' },
      ]
}

function asked<P extends { withTarget(target: Builder<object>): P }>(
  panel: P,
  queries: Queries,
): P {
  for (const [i, [expr, legend]] of Object.entries(queries).entries()) {
    panel.withTarget(query(expr, legend).refId(String.fromCharCode(LETTER_A + i)))
  }
  return panel
}

const LETTER_A = 65
