/**
 * Codes with which homes come to their credentials by themselves (ADR 0046). What is kept of one is no code.
 */
import { randomBytes } from 'node:crypto'
import { reachLine } from '../../../shared/config/reach.ts'
import { ENROLMENT_CODE_BYTES, enrolmentCode } from '../../../shared/session/enrolment-code.ts'
import type { Home } from '../../subscribers/homes.ts'
import type { JsonObject } from '../../subscribers/keeper.ts'
import { enrolmentForm, subscriberParameter } from './forms.ts'
import { Problem } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { knownHome } from './subscribers.ts'
import { commitOrRefuse } from './versions.ts'

export function enrolmentRoutes(app: Routes, { store, reach }: ApiRoom): void {
  app.post(
    '/v1/subscribers/:id/enrolment',
    { schema: { ...ONE, body: enrolmentForm }, config: OPERATOR },
    async (request, reply) => {
      const home = enrollable(store.homes.home(request.params.id), request.params.id)
      const { hours } = enrolmentForm.parse(request.body)
      const code = enrolmentCode(randomBytes(ENROLMENT_CODE_BYTES))
      const hash = store.homes.codeHash(code)
      if (hash === undefined) throw new Problem(409, 'This concentrator has no key for codes')
      const untilMs = Date.now() + hours * HOUR_MS
      await change(home, { ...home.body, enrolment: { hash, untilMs } }, request.holder.name)
      reply.status(201)
      return {
        id: home.id,
        code,
        until: new Date(untilMs).toISOString(),
        ...(reach !== undefined && { line: reachLine(reach, code) }),
      }
    },
  )

  app.delete(
    '/v1/subscribers/:id/enrolment',
    { schema: ONE, config: OPERATOR },
    async (request, reply) => {
      const home = knownHome(store, request.params.id)
      const { enrolment: _, ...body } = home.body
      if (home.enrolment !== undefined) await change(home, body, request.holder.name)
      return reply.status(204).send()
    },
  )

  function change({ id, version }: Home, after: JsonObject, who: string): Promise<void> {
    return commitOrRefuse(store, [{ kind: 'subscriber', id, after, expected: version }], who)
  }
}

function enrollable(home: Home | undefined, id: string): Home {
  if (home === undefined) throw new Problem(404, `There is no subscriber ${id}; add it first`)
  if (home.source === 'keeper') return home
  throw new Problem(409, `${id} stands in the configuration file, and its credential does too`)
}

const ONE = { tags: ['subscribers'], params: subscriberParameter }
const OPERATOR = { role: 'operator' } as const
const HOUR_MS = 3_600_000
