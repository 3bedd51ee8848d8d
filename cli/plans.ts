/**
 * `hybridge plans ...`: layers of policy that many homes share.
 */
import { Command, InvalidArgumentError } from 'commander'
import { ask, listOf, path } from './api.ts'
import { patchFrom } from './assignments.ts'
import { confirm } from './confirm.ts'
import { change, type Trying } from './effect.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { sheet, table } from './table.ts'

export function plansCommand(): Command {
  const plans = new Command('plans').description('Layers of policy that many homes share.')
  addReading(plans)
  addWriting(plans)
  addTrials(plans)
  return plans
}

function addReading(plans: Command): void {
  plans
    .command('list')
    .option('--json', JSON_HELP)
    .action(async ({ json }: Json) => {
      const items = await listOf(path('plans'))
      show(json, items, () =>
        table(
          ['ID', 'TITLE', 'TRIAL', 'VERSION'],
          items.map(({ id, title, trial, version }) => [id, title, percentOf(trial), version]),
        ),
      )
    })
  plans
    .command('show')
    .argument('<ID>')
    .option('--json', JSON_HELP)
    .action(async (id: string, { json }: Json) => {
      const plan = await ask({ method: 'GET', url: path('plans', id) })
      show(json, plan, () => sheet(plan))
    })
}

function addWriting(plans: Command): void {
  plans
    .command('add')
    .description('a new one; plan `default` is under all others')
    .argument('<ID>')
    .argument('[KEY=VALUE...]', 'title, overflow.trialS, ...')
    .option('--json', JSON_HELP)
    .action(async (id: string, keys: string[], { json }: Json) => {
      const { title, ...policy } = patchFrom(keys)
      const body = { id, ...(title !== undefined && { title }), policy }
      const plan = await ask({ method: 'POST', url: path('plans'), body })
      show(json, plan, () => sheet(plan))
    })
  plans
    .command('remove')
    .argument('<ID>', 'one that no home has')
    .option('--yes', 'do not ask')
    .action(async (id: string, { yes }: { yes?: true }) => {
      await confirm(`Remove plan ${id}`, yes)
      await ask({ method: 'DELETE', url: path('plans', id), anyVersion: true })
    })
}

function addTrials(plans: Command): void {
  plans
    .command('trial')
    .description('let a share of its homes have a further layer; 0 takes it back')
    .argument('<ID>')
    .argument('<PERCENT>', 'of its homes, always the same ones first', percent)
    .argument('[KEY=VALUE...]', 'overflow.trialS, ...; none: those of the running trial')
    .option('--dry-run', 'only say what would change')
    .option('--json', JSON_HELP)
    .action(async (id: string, share: number, keys: string[], options: Trying) => {
      const changes = keys.length === 0 ? {} : { policy: patchFrom(keys) }
      const trial = share === 0 ? null : { percent: share, ...changes }
      await change(path('plans', id), { trial }, options)
    })
  plans
    .command('adopt')
    .description('all its homes have what some have tried')
    .argument('<ID>')
    .option('--json', JSON_HELP)
    .action(async (id: string, { json }: Json) => {
      const plan = await ask({ method: 'POST', url: path('plans', id, 'adopt'), anyVersion: true })
      show(json, plan, () => sheet(plan))
    })
}

function percentOf(trial: unknown): string | undefined {
  if (typeof trial !== 'object' || trial === null || !('percent' in trial)) return undefined
  return `${String(trial.percent)} %`
}

function percent(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 100) return value
  throw new InvalidArgumentError('It must be a number from 0 to 100.')
}
