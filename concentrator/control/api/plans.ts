/**
 * Plans: layers of policy that many homes share, with a trial for some of them.
 */
import { z } from 'zod'
import { mergeLayers } from '../../../shared/config/home-policy.ts'
import type { Plan } from '../../subscribers/homes.ts'
import type { JsonObject } from '../../subscribers/keeper.ts'
import { DEFAULT_PLAN, planBody } from '../../subscribers/records.ts'
import type { Store } from '../../subscribers/store.ts'
import { effectOfPlan } from './effect.ts'
import { dryRunQuery, patchForm, planForm, planParameter, shownPlan, written } from './forms.ts'
import { problemsIn } from './home-record.ts'
import { Problem } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { catchUpTo, commitOrRefuse, expectedVersion, tag } from './versions.ts'

export function planRoutes(app: Routes, { store }: ApiRoom): void {
  readRoutes(app, store)
  writeRoutes(app, store)
}

function readRoutes(app: Routes, store: Store): void {
  app.get('/v1/plans', { schema: { tags: TAGS } }, () => ({
    items: store.homes.plans().map(shownPlan),
  }))

  app.get('/v1/plans/:id', { schema: ONE }, (request, reply) => {
    const plan = knownPlan(store, request.params.id)
    tag(reply, plan.version)
    return shownPlan(plan)
  })
}

function writeRoutes(app: Routes, store: Store): void {
  app.post(
    '/v1/plans',
    { schema: { tags: TAGS, body: newPlanForm }, config: OPERATOR },
    async (request, reply) => {
      const { id } = request.body
      const { id: _, ...body } = written(request.body)
      await effectOfPlan(store.homes, id, planBody.parse(body))
      await commitOrRefuse(
        store,
        [{ kind: 'plan', id, after: body, expected: 0 }],
        request.holder.name,
      )
      const plan = knownPlan(store, id)
      tag(reply, plan.version)
      reply.status(201).header('location', `/v1/plans/${id}`)
      return shownPlan(plan)
    },
  )

  app.patch(
    '/v1/plans/:id',
    { schema: { ...ONE, querystring: dryRunQuery, body: patchForm }, config: OPERATOR },
    async (request, reply) => {
      return await changePlan(store, request, reply, ({ body }) => {
        return mergeLayers(body, written(request.body)) as JsonObject
      })
    },
  )

  // Everybody has what some have tried.
  app.post(
    '/v1/plans/:id/adopt',
    { schema: { ...ONE, querystring: dryRunQuery }, config: OPERATOR },
    async (request, reply) => {
      return await changePlan(store, request, reply, (plan) => {
        const { trial, policy } = plan
        if (trial === undefined) throw new Problem(409, `Plan ${plan.id} has no trial to adopt`)
        const { trial: _, ...body } = plan.body
        return { ...body, policy: mergeLayers(policy, trial.policy) as JsonObject }
      })
    },
  )

  app.delete('/v1/plans/:id', { schema: ONE, config: OPERATOR }, async (request, reply) => {
    const expected = expectedVersion(request)
    const plan = knownPlan(store, request.params.id)
    const users = store.homes.ids.filter((id) => store.homes.home(id)?.plan === plan.id)
    if (plan.id !== DEFAULT_PLAN && users.length > 0) {
      const detail = `${users.length} subscribers have plan ${plan.id}, ${users[0]} among them; give them another first`
      throw new Problem(409, detail)
    }
    await effectOfPlan(store.homes, plan.id, undefined)
    const change = { kind: 'plan', id: plan.id, after: undefined, expected } as const
    await commitOrRefuse(store, [change], request.holder.name)
    return reply.status(204).send()
  })
}

async function changePlan(
  store: Store,
  request: ChangeRequest,
  reply: Parameters<typeof tag>[0],
  bodyOf: (plan: Plan) => JsonObject,
) {
  const { id } = knownPlan(store, request.params.id)
  const said = request.query.dryRun ? undefined : expectedVersion(request)
  await catchUpTo(store, 'plan', id, said)
  const plan = knownPlan(store, id)
  const after = bodyOf(plan)
  const problems = problemsIn(planForm, after)
  if (problems.length > 0) throw new Problem(400, 'Mend the body', { problems })
  const effect = await effectOfPlan(store.homes, id, planBody.parse(after))
  if (request.query.dryRun) return effect
  const change = { kind: 'plan', id, after, expected: plan.version } as const
  await commitOrRefuse(store, [change], request.holder.name)
  const changed = knownPlan(store, id)
  tag(reply, changed.version)
  return shownPlan(changed)
}

interface ChangeRequest {
  readonly params: { readonly id: string }
  readonly query: { readonly dryRun: boolean }
  readonly headers: Parameters<typeof expectedVersion>[0]['headers']
  readonly holder: { readonly name: string }
}

function knownPlan(store: Store, id: string): Plan {
  const plan = store.homes.plan(id)
  if (plan !== undefined) return plan
  throw new Problem(404, `There is no plan ${id}`)
}

const TAGS = ['plans']
const ONE = { tags: TAGS, params: planParameter }
const OPERATOR = { role: 'operator' } as const
const newPlanForm = z.strictObject({ ...planParameter.shape, ...planForm.shape })
