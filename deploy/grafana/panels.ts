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
  /** Where a click on it leads. */
  readonly leads?: keyof typeof WAYS
}

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of Grafana */
/** The same time, the same source: who comes from an evening stays in it. */
const KEPT = '${__url_time_range}&var-datasource=${datasource}'

const WAYS = {
  /** From a row of a table. */
  home: {
    title: 'This home',
    url: `/d/hybridge-subscriber?${KEPT}&var-subscriber=\${__data.fields.subscriber}`,
  },
  /** From a line of a graph. */
  cause: {
    title: 'Homes that it limits',
    url: `/d/hybridge-fleet?${KEPT}&var-cause=\${__field.labels.cause}`,
  },
  concentrator: {
    title: 'This concentrator',
    url: `/d/hybridge-concentrator?${KEPT}&var-concentrator=\${__field.labels.instance}`,
  },
} as const
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of Grafana */

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

/** One number: now, with what it was; or, of the time shown, one. */
export function number(said: Said, expr: string): PanelBuilder {
  const isOfRange = expr.includes('[$__range')
  const panel = new stat.PanelBuilder()
    .graphMode(isOfRange ? common.BigValueGraphMode.None : common.BigValueGraphMode.Area)
    .colorMode(said.limits ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .span(4)
    .height(4)
  const target = query(expr, said.title)
  // At each step of the time shown it would be asked of as long a time again.
  if (isOfRange) target.instant()
  return described(panel, said).withTarget(target)
}

/** Not how much, but which: the legend of what there is. */
export function which(said: Said, expr: string, legend: string): PanelBuilder {
  const panel = new stat.PanelBuilder()
    .textMode(common.BigValueTextMode.Name)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.None)
    .span(4)
    .height(4)
  return described(panel, said).withTarget(query(expr, legend).instant())
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

/** The worst of them, now. */
export function ranking(said: Said, expr: string): PanelBuilder {
  const panel = new table.PanelBuilder()
    .span(12)
    .height(9)
    // What is reckoned from it is reckoned by the minute.
    .interval('1m')
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
  dataLinks(links: Builder<dashboard.DashboardLink>[]): P
}

function described<P extends Described<P>>(panel: P, said: Said): P {
  const { title, description, unit, limits, max, leads } = said
  panel.title(title).description(description).unit(unit).datasource(DATASOURCE)
  panel.thresholds(
    new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(limits)),
  )
  if (leads !== undefined) {
    const way = WAYS[leads]
    panel.dataLinks([new DashboardLinkBuilder(way.title).url(way.url).targetBlank(false)])
  }
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
