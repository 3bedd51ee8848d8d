/**
 * Speed tests of homes, as operators order them (ADR 0053): the home measures, and tells how it goes.
 */
import { z } from 'zod'
import { mustBeText } from '../../../shared/config/must.ts'
import { SUBJECTS } from '../../../shared/core/speed-result.ts'
import type { Store } from '../../subscribers/store.ts'
import { log } from '../log.ts'
import type { NoTest, OrderedTest, SpeedTests } from '../speed-tests.ts'
import { subscriberParameter } from './forms.ts'
import { Problem } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { knownHome } from './subscribers.ts'

export function speedTestRoutes(app: Routes, { store, speedTests, concentrator }: ApiRoom): void {
  if (speedTests === undefined) return
  app.post(
    '/v1/subscribers/:id/speed-tests',
    { schema: { tags: TAGS, params: subscriberParameter, body: form }, config: OPERATOR },
    async (request, reply) => {
      const { id } = knownHome(store, request.params.id)
      const by = request.holder.name
      const subjects = request.body?.subjects
      const asked = await speedTests.ask(id, by, subjects)
      if ('why' in asked) throw await problemOf(asked, id, concentrator, store)
      log.info('speed test ordered', { subscriber: id, by, test: asked.id, subjects })
      reply.status(202).header('location', `/v1/subscribers/${id}/speed-tests/${asked.id}`)
      return shown(asked)
    },
  )

  app.get(
    '/v1/subscribers/:id/speed-tests',
    { schema: { tags: TAGS, params: subscriberParameter } },
    (request) => {
      const { id } = knownHome(store, request.params.id)
      return { subscriber: id, items: speedTests.of(id).map(shown) }
    },
  )

  app.get(
    '/v1/subscribers/:id/speed-tests/:test',
    { schema: { tags: TAGS, params: testParameter } },
    (request) => shown(knownTest(store, speedTests, request.params)),
  )

  app.delete(
    '/v1/subscribers/:id/speed-tests/:test',
    { schema: { tags: TAGS, params: testParameter }, config: OPERATOR },
    (request, reply) => {
      const test = knownTest(store, speedTests, request.params)
      if (test.state === 'over') return reply.status(204).send()
      if (!speedTests.stop(test)) throw new Problem(409, `${test.subscriber} has no session here`)
      log.info('speed test stopped', {
        subscriber: test.subscriber,
        by: request.holder.name,
        test: test.id,
      })
      return reply.status(204).send()
    },
  )
}

function knownTest(
  store: Store,
  speedTests: Pick<SpeedTests, 'of'>,
  { id, test }: { readonly id: string; readonly test: string },
): OrderedTest {
  const tests = speedTests.of(knownHome(store, id).id)
  const found = test === 'latest' ? tests.at(-1) : tests.find((one) => one.id === test)
  if (found !== undefined) return found
  throw new Problem(404, `No such speed test of ${id} is remembered; POST to order one`)
}

function shown({ askedMs, news, ...test }: OrderedTest) {
  const { megabytes, lteMegabytes, running, result } = news
  return {
    ...test,
    askedAt: new Date(askedMs).toISOString(),
    /** What it may carry at most. */
    limits: { megabytes, lteMegabytes },
    ...(running !== undefined && { running }),
    ...(result !== undefined && { result }),
  }
}

async function problemOf(
  { why, waitS }: NoTest,
  id: string,
  concentrator: string,
  store: Store,
): Promise<Problem> {
  const again = waitS > 0 ? { retryAfterS: waitS } : {}
  switch (why) {
    case 'away':
      return new Problem(409, await whereItIs(id, concentrator, store))
    case 'runs':
      return new Problem(409, `A speed test of ${id} runs already; ask again in ${waitS} s`, again)
    case 'often':
      return new Problem(429, `${id} was tested often, or just now; ask again in ${waitS} s`, again)
    case 'full':
      return new Problem(429, `Too many homes are tested at once; ask again in ${waitS} s`, again)
    case 'unable':
      return new Problem(409, `The agent of ${id} cannot be asked for a speed test: update it`)
    case 'silent':
      return new Problem(504, `${id} has not answered in time; nothing is tested`)
  }
}

async function whereItIs(id: string, concentrator: string, store: Store): Promise<string> {
  // A store that is away is told of by the store itself.
  const record = await store.keeper.read('session', id).catch(() => undefined)
  const at = record?.body['concentrator']
  if (typeof at !== 'string' || at === concentrator) return `${id} has no session: it is not here`
  return `${id} has its session at ${at}; ask there`
}

const TAGS = ['street']
const OPERATOR = { role: 'operator' } as const
const form = z
  .strictObject({
    /** Default all three, one after the other. */
    subjects: z
      .array(z.enum(SUBJECTS, { error: mustBeText('dsl, lte or both') }))
      .min(1)
      .max(SUBJECTS.length)
      .optional(),
  })
  .nullish()
const testParameter = z.strictObject({
  ...subscriberParameter.shape,
  /** Its id, or `latest`. */
  test: z.string().max(32),
})
