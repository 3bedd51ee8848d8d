/**
 * What is shown of each home that is here, as Prometheus' text. Of 20,000 homes that is a third of a million lines: they
 * are written in slices, for the same thread answers the homes' probes, and a home whose probes wait takes its leg for
 * dead. prom-client writes a family in one go, and slower (ADR 0047).
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { HomeReport } from '../../shared/config/control-messages.ts'
import { LEGS } from '../../shared/core/leg.ts'
import { causeOf, type Verdict } from '../../shared/core/verdict.ts'
import type { Metric } from '../../shared/daemon/metric.ts'
import { homeMetrics } from './metrics.ts'

/** A home that is here. */
export interface ShownHome {
  readonly id: string
  readonly connections: number
  /** What it has told last; undefined before, and where it has no session. */
  readonly report: HomeReport | undefined
  /** On its last interval, while it has a session. */
  readonly verdict: Pick<Verdict, 'efficiency' | 'limit'> | undefined
  /** When it last answered a policy, Unix milliseconds. */
  readonly policyAppliedMs: number | undefined
}

export async function* homeSeries(homes: readonly ShownHome[]): AsyncGenerator<string> {
  for (const { metric, say } of FAMILIES) {
    yield `# HELP ${metric.name} ${metric.help}\n# TYPE ${metric.name} ${metric.kind}\n`
    for (let from = 0; from < homes.length; from += SLICE) {
      let text = ''
      for (const home of homes.slice(from, from + SLICE)) {
        const begin = `${metric.name}{subscriber="${home.id}"`
        say(home, (value, labels = '') => {
          text += `${begin}${labels}} ${value}\n`
        })
      }
      yield text
      await othersTurn()
    }
  }
}

/** `labels` beside the subscriber: `,leg="dsl"`. */
type SayOfHome = (value: number, labels?: string) => void

interface Family {
  readonly metric: Metric
  readonly say: (home: ShownHome, say: SayOfHome) => void
}

const FAMILIES: readonly Family[] = [
  { metric: homeMetrics.connections, say: ({ connections }, say) => say(connections) },
  {
    metric: homeMetrics.legUp,
    say({ report }, say) {
      if (report === undefined) return
      for (const leg of LEGS) {
        const { state } = report.legs[leg]
        say(state === 'up' || state === 'suspect' ? 1 : 0, `,leg="${leg}"`)
      }
    },
  },
  {
    metric: homeMetrics.legRtt,
    say({ report }, say) {
      for (const leg of LEGS) {
        const rttMs = report?.legs[leg].rttMs
        if (rttMs !== undefined) say(rttMs / 1_000, `,leg="${leg}"`)
      }
    },
  },
  {
    metric: homeMetrics.legBytes,
    say({ report }, say) {
      if (report === undefined) return
      for (const leg of LEGS) {
        const { upBytes, downBytes } = report.usage[leg]
        say(upBytes, `,leg="${leg}",direction="up"`)
        say(downBytes, `,leg="${leg}",direction="down"`)
      }
    },
  },
  {
    metric: homeMetrics.dslCapacity,
    say({ report }, say) {
      for (const direction of DIRECTIONS) {
        const bytesPerS = report?.dslCapacity?.[direction]
        if (bytesPerS !== undefined) say(bytesPerS, `,direction="${direction}"`)
      }
    },
  },
  {
    metric: homeMetrics.lteHelps,
    say({ report }, say) {
      for (const direction of DIRECTIONS) {
        const reason = report?.lte?.helps[direction]
        if (reason === undefined) continue
        say(1, `,direction="${direction}",reason="${KNOWN_REASONS.has(reason) ? reason : 'other'}"`)
      }
    },
  },
  {
    metric: homeMetrics.budgetUsed,
    say({ report }, say) {
      if (report?.lte?.budgetUsed !== undefined) say(report.lte.budgetUsed)
    },
  },
  {
    metric: homeMetrics.limitedBy,
    say({ verdict }, say) {
      if (verdict !== undefined) say(1, `,cause="${causeOf(verdict.limit)}"`)
    },
  },
  {
    metric: homeMetrics.efficiency,
    say({ verdict }, say) {
      if (verdict?.efficiency !== undefined) say(verdict.efficiency)
    },
  },
  {
    metric: homeMetrics.policyApplied,
    say({ policyAppliedMs }, say) {
      if (policyAppliedMs !== undefined) say(policyAppliedMs / 1_000)
    },
  },
]

const DIRECTIONS = ['up', 'down'] as const
/** For which LTE helps (core/overflow.ts). A home must not be able to make up labels. */
const KNOWN_REASONS: ReadonlySet<string> = new Set(['dsl-down', 'dsl-full', 'dsl-queue'])
/** Some milliseconds of work. */
const SLICE = 500
