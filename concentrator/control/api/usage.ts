/**
 * What a home has used, by leg and direction: of a billing period, or of any hours or days.
 */
import { z } from 'zod'
import { mustBeText } from '../../../shared/config/must.ts'
import { SPANS, type UsageRow } from '../../subscribers/keeper.ts'
import { periodAt, sumOf } from '../../subscribers/usage.ts'
import { subscriberParameter } from './forms.ts'
import { Problem } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { knownHome } from './subscribers.ts'

export function usageRoutes(app: Routes, { store }: ApiRoom): void {
  app.get('/v1/subscribers/:id/usage', { schema }, async (request) => {
    const { id } = request.params
    const home = knownHome(store, id)
    const { span, from, until, period } = request.query
    const { resetDay } = store.homes.policyFrom(store.homes.layersOf(home)).policy.budget
    const now = periodAt(Date.now(), resetDay)
    const billed = period === 'last' ? periodAt(now.fromS * 1_000 - 1, resetDay) : now
    const fromS = from === undefined ? billed.fromS : secondsOf(from)
    const untilS = until === undefined ? billed.untilS : secondsOf(until)
    if (fromS >= untilS) throw new Problem(400, 'until must be after from')
    const rows = await store.keeper.usage(id, span, fromS, untilS)
    return {
      subscriber: id,
      from: timeOf(fromS),
      until: timeOf(untilS),
      resetDay,
      total: sumOf(rows),
      items: rows.map(shown),
    }
  })
}

function shown({ atS, ...row }: UsageRow) {
  return { at: timeOf(atS), ...row }
}

function timeOf(atS: number): string {
  return new Date(atS * 1_000).toISOString()
}

function secondsOf(time: string): number {
  return Math.floor(Date.parse(time) / 1_000)
}

const time = () => {
  const error = mustBeText('a time in UTC such as 2026-11-26T00:00:00Z')
  return z.iso.datetime({ error })
}
const schema = {
  tags: ['usage'],
  params: subscriberParameter,
  querystring: z.strictObject({
    span: z.enum(SPANS, { error: mustBeText('hour or day') }).default('day'),
    /** The billing period: this one or the last. `from` and `until` say otherwise. */
    period: z.enum(['this', 'last'], { error: mustBeText('this or last') }).default('this'),
    from: time().optional(),
    until: time().optional(),
  }),
}
