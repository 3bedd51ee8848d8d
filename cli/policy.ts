/**
 * `hybridge policy ...`: what applies to a home or a plan, since when, and back to what it was.
 */
import { Command } from 'commander'
import { leavesOf } from '../shared/core/leaves.ts'
import { type Answer, ask, listOf, path, withQuery } from './api.ts'
import { patchFrom } from './assignments.ts'
import { change, type Trying } from './effect.ts'
import { Misuse } from './misuse.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { sheet, table } from './table.ts'

export function policyCommand(): Command {
  const policy = new Command('policy').description('What homes may have of their lines, and when.')
  addShow(policy)
  addSet(policy)
  addHistory(policy)
  return policy
}

function addShow(policy: Command): void {
  policy
    .command('show')
    .description('what applies to a home, and which layer says it')
    .argument('<SUBSCRIBER>')
    .option('--json', JSON_HELP)
    .action(async (id: string, { json }: Json) => {
      const answer = await ask({ method: 'GET', url: path('subscribers', id, 'policy') })
      show(json, answer, () => describePolicy(answer))
    })
  policy
    .command('diff')
    .description('what applies to one home and not to the other')
    .argument('<SUBSCRIBER>')
    .argument('<OTHER>')
    .option('--json', JSON_HELP)
    .action(async (one: string, other: string, { json }: Json) => {
      const [left, right] = await Promise.all([one, other].map(policyOf))
      const keys = [...new Set([...left!.keys(), ...right!.keys()])]
      const rows = keys
        .map((key) => [key, left!.get(key), right!.get(key)] as const)
        .filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b))
      show(
        json,
        rows.map(([key, a, b]) => ({ key, [one]: a, [other]: b })),
        () => (rows.length === 0 ? 'The same.' : table(['KEY', one, other], rows)),
      )
    })
}

function addSet(policy: Command): void {
  policy
    .command('set')
    .description('change keys of a home, or of a plan')
    .argument('<KEY=VALUE...>', 'overflow.trialS=7 classes.default=aggregate; KEY= for the default')
    .option('--subscriber <ID>', 'of this home')
    .option('--plan <ID>', 'of this plan')
    .option('--dry-run', 'only say what would change for whom')
    .option('--json', JSON_HELP)
    .action(async (keys: string[], options: Whose & Trying) => {
      await change(path(...whose(options)), { policy: patchFrom(keys) }, options)
    })
}

function addHistory(policy: Command): void {
  policy
    .command('history')
    .description('who changed it, when, from what and into what')
    .option('--subscriber <ID>', 'of this home')
    .option('--plan <ID>', 'of this plan')
    .option('--json', JSON_HELP)
    .action(async (options: Json & Whose) => {
      const [kind, id] = whose(options)
      const query = { kind: kind.slice(0, -1), id, limit: 100 }
      const items = await listOf(withQuery(path('audit'), query))
      show(options.json, items, () =>
        table(
          ['VERSION', 'AT', 'WHO', 'BECAME'],
          items.map(({ version, at, who, after }) => [version, at, who, after ?? 'removed']),
        ),
      )
    })
  policy
    .command('rollback')
    .description('all of it as it was after a change; a home keeps its secret')
    .argument('<VERSION>', 'from history')
    .option('--subscriber <ID>', 'of this home')
    .option('--plan <ID>', 'of this plan')
    .option('--json', JSON_HELP)
    .action(async (version: string, options: Json & Whose) => {
      const [kind, id] = whose(options)
      const body = { version: Number(version) }
      const url = path(kind, id, 'rollback')
      const answer = await ask({ method: 'POST', url, body, anyVersion: true })
      show(options.json, answer, () => sheet(answer))
    })
}

interface Whose {
  readonly subscriber?: string
  readonly plan?: string
}

function whose({ subscriber, plan }: Whose): ['subscribers' | 'plans', string] {
  if ((subscriber === undefined) === (plan === undefined)) {
    throw new Misuse('name either --subscriber or --plan')
  }
  return subscriber === undefined ? ['plans', plan ?? ''] : ['subscribers', subscriber]
}

function describePolicy(answer: Answer): string {
  const origins = answer['origins'] as Readonly<Record<string, string>>
  const rows = [...leavesOf(answer['policy'] as Answer)].map(([key, value]) => [
    key,
    value,
    origins[key] ?? 'default',
  ])
  const problems = (answer['problems'] as readonly string[]).map(
    (problem) => `left out: ${problem}`,
  )
  return [table(['KEY', 'VALUE', 'SAID BY'], rows), ...problems].join('\n')
}

async function policyOf(id: string): Promise<Map<string, unknown>> {
  const { policy } = await ask({ method: 'GET', url: path('subscribers', id, 'policy') })
  return leavesOf(policy as Answer)
}
