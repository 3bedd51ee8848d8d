/**
 * `hybridge subscribers ...`: the homes that may come.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { type Answer, ask, askText, itemsOf, path, withQuery } from './api.ts'
import { patchFrom } from './assignments.ts'
import { confirm } from './confirm.ts'
import { Misuse } from './misuse.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { sheet, table } from './table.ts'

export function subscribersCommand(): Command {
  const subscribers = new Command('subscribers').description('The homes that may come.')
  addReading(subscribers)
  addWriting(subscribers)
  addBulk(subscribers)
  return subscribers
}

function addReading(subscribers: Command): void {
  subscribers
    .command('list')
    .description('who they are')
    .option('--plan <ID>', 'those of a plan')
    .addOption(new Option('--state <STATE>', 'those in a state').choices(['active', 'suspended']))
    .option('--json', JSON_HELP)
    .action(async ({ json, ...query }: Json & { plan?: string; state?: string }) => {
      const items: Answer[] = []
      for await (const item of itemsOf(path('subscribers'), { ...query, limit: 1_000 })) {
        items.push(item)
      }
      show(json, items, () =>
        table(
          ['ID', 'STATE', 'PLAN', 'FROM', 'VERSION'],
          items.map(({ id, state, plan, source, version }) => [
            id,
            state,
            plan,
            source === 'file' ? 'configuration' : 'store',
            version,
          ]),
        ),
      )
    })
  subscribers
    .command('show')
    .description('all of one')
    .argument('<ID>')
    .option('--json', JSON_HELP)
    .action(async (id: string, { json }: Json) => {
      const home = await ask({ method: 'GET', url: path('subscribers', id) })
      show(json, home, () => sheet(home))
    })
}

function addWriting(subscribers: Command): void {
  subscribers
    .command('add')
    .description('a new one; its secret is told once, unless it is named')
    .argument('<ID>')
    .argument('[KEY=VALUE...]', KEYS_HELP)
    .option('--plan <ID>', 'its plan')
    .option('--json', JSON_HELP)
    .action(async (id: string, keys: string[], { plan, json }: Json & { plan?: string }) => {
      const body = { id, ...(plan !== undefined && { plan }), ...patchFrom(keys) }
      const home = await ask({ method: 'POST', url: path('subscribers'), body })
      show(json, home, () => sheet(home))
    })
  subscribers
    .command('set')
    .description('change some of one')
    .argument('<ID>')
    .argument('<KEY=VALUE...>', KEYS_HELP)
    .option('--json', JSON_HELP)
    .action(async (id: string, keys: string[], { json }: Json) => {
      const url = path('subscribers', id)
      const home = await ask({ method: 'PATCH', url, body: patchFrom(keys), anyVersion: true })
      show(json, home, () => sheet(home))
    })
  subscribers
    .command('remove')
    .description('it may not come any more; policy rollback brings it back')
    .argument('<ID>')
    .option('--yes', 'do not ask')
    .action(async (id: string, { yes }: { yes?: true }) => {
      await confirm(`Remove subscriber ${id}`, yes)
      await ask({ method: 'DELETE', url: path('subscribers', id), anyVersion: true })
    })
}

function addBulk(subscribers: Command): void {
  subscribers
    .command('import')
    .description('many at once: all of the file or nothing, unless --partial')
    .argument('<FILE>', '.csv or .ndjson; - for NDJSON from standard input')
    .option('--partial', 'import the lines that are right')
    .option('--update', 'change those that are there already')
    .option('--dry-run', 'only say what would be')
    .option('--json', JSON_HELP)
    .action(async (file: string, { json, partial, update, dryRun }: Json & ImportOptions) => {
      const type = file.endsWith('.csv') ? 'text/csv' : 'application/x-ndjson'
      const url = withQuery(path('import'), { partial, update, dryRun })
      const text = { type, content: contentOf(file) }
      const result = await ask({ method: 'POST', url, text })
      show(json, result, () => sheet(result))
    })
  subscribers
    .command('export')
    .description('all of them, as import reads them; no secrets')
    .argument('[FILE]', 'standard output unless said')
    .addOption(new Option('--format <FORMAT>').choices(['ndjson', 'csv']).default('ndjson'))
    .action(async (file: string | undefined, { format }: { format: string }) => {
      const text = await askText({ method: 'GET', url: withQuery(path('export'), { format }) })
      if (file === undefined) process.stdout.write(text)
      else writeFileSync(file, text)
    })
}

interface ImportOptions {
  readonly partial?: true
  readonly update?: true
  readonly dryRun?: true
}

function contentOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Misuse(`${file} cannot be read: ${why}`)
  }
}

const KEYS_HELP =
  'state, plan, secret, prefixes.dsl, policy.overflow.trialS, ...; KEY= for the default'
