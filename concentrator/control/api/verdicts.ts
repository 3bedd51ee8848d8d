/**
 * Why a home is as fast as it is: what limited it in the last intervals, and over the evening.
 */
import { z } from 'zod'
import { mustBe } from '../../../shared/config/must.ts'
import { causeOf } from '../../../shared/core/verdict.ts'
import { HOUSEHOLD_ENGLISH } from '../../../shared/core/verdict-household.ts'
import type { ToldVerdict } from '../../subscribers/verdict-log.ts'
import { subscriberParameter } from './forms.ts'
import type { ApiRoom, Routes } from './server.ts'
import { knownHome } from './subscribers.ts'

export function verdictRoutes(app: Routes, { store, verdicts }: ApiRoom): void {
  if (verdicts === undefined) return
  app.get(
    '/v1/subscribers/:id/verdicts',
    { schema: { tags: ['street'], params: subscriberParameter, querystring: query } },
    (request) => {
      const { id } = knownHome(store, request.params.id)
      const known = verdicts(id)
      const items = request.query.span === 'interval' ? known?.intervals : known?.spans
      const now = known?.intervals.at(-1)
      return {
        subscriber: id,
        now:
          known?.last === undefined || now === undefined
            ? null
            : { ...shown(now), sentence: known.last.sentence, facts: known.last },
        items: (items ?? []).map(shown),
      }
    },
  )
}

/** As people and programs want it: rates in Mbit/s, and the cause by itself. */
function shown({ atMs, limit, carried, allowed, efficiency, ...others }: ToldVerdict) {
  return {
    at: new Date(atMs).toISOString(),
    cause: causeOf(limit),
    limit,
    ...others,
    efficiency: efficiency ?? null,
    carriedMbps: carried / BYTES_PER_MS_AND_MBPS,
    allowedMbps: allowed === undefined ? null : allowed / BYTES_PER_MS_AND_MBPS,
    household: HOUSEHOLD_ENGLISH[limit],
  }
}

const query = z.object({
  span: z.enum(['interval', '5min'], { error: mustBe('interval or 5min') }).default('interval'),
})
const BYTES_PER_MS_AND_MBPS = 125
