/**
 * All that the dashboards ask Prometheus for, each with where it stands: what a test executes.
 */
import type { Dashboard, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard'

export interface Question {
  /** `fleet: Who gains most` */
  readonly where: string
  readonly expr: string
}

export function questionsOf(name: string, dashboard: Dashboard): Question[] {
  const panels = (dashboard.panels ?? []).flatMap((panel) =>
    'targets' in panel
      ? (panel.targets ?? []).map((target) => ({
          where: `${name}: ${panel.title}`,
          expr: exprOf(target),
        }))
      : [],
  )
  const annotations = (dashboard.annotations.list ?? []).map(({ name: title, expr = '' }) => ({
    where: `${name}: annotation ${title}`,
    expr,
  }))
  const variables = (dashboard.templating.list ?? []).flatMap((variable) => {
    const values = /^label_values\((.*), (\w+)\)$/.exec(valuesOf(variable))
    return values === null
      ? []
      : [
          {
            where: `${name}: variable ${variable.name}`,
            expr: `count by (${values[2]}) (${values[1]})`,
          },
        ]
  })
  return [...panels, ...annotations, ...variables]
}

/** As Grafana does before it asks. */
export function filledIn(expr: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`$${name}`, value),
    expr,
  )
}

function exprOf(target: object): string {
  return 'expr' in target && typeof target.expr === 'string' ? target.expr : ''
}

function valuesOf({ query }: VariableModel): string {
  if (typeof query !== 'object') return ''
  return 'query' in query && typeof query['query'] === 'string' ? query['query'] : ''
}
