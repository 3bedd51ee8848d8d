/**
 * What an engineer asks first: what limits this home, and what limited it this evening.
 */
import { Command, Option } from 'commander'
import { percent } from '../shared/core/percent.ts'
import { type Answer, ask, path, withQuery } from './api.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { table } from './table.ts'

export function verdictCommand(): Command {
  return new Command('verdict')
    .description('What limits a home, and what limited it lately, with what it was judged from.')
    .argument('<SUBSCRIBER>')
    .addOption(
      new Option('--span <SPAN>', 'a line for each').choices(['interval', '5min']).default('5min'),
    )
    .option('--last <N>', 'how many lines', '24')
    .option('--json', JSON_HELP)
    .action(async (id: string, { json, span, last }: Json & { span: string; last: string }) => {
      const url = withQuery(path('subscribers', id, 'verdicts'), { span })
      const answer = await ask({ method: 'GET', url })
      show(json, answer, () => describe(answer, Number(last)))
    })
}

/** The sentence on what limits the home now; undefined where it has told nothing yet. */
export async function verdictNow(id: string): Promise<string | undefined> {
  const { now } = await ask({ method: 'GET', url: path('subscribers', id, 'verdicts') })
  return now === null ? undefined : String((now as Answer)['sentence'])
}

function describe({ now, items }: Answer, last: number): string {
  const head = now === null ? 'Nothing is known yet.' : String((now as Answer)['sentence'])
  const rows = (items as readonly Answer[])
    .slice(-last)
    .map((item) => [
      item['at'],
      item['limit'],
      item['direction'],
      shareOf(item['efficiency']),
      mbps(item['carriedMbps']),
      mbps(item['allowedMbps']),
      shareOf(item['share']),
    ])
  const columns = ['UNTIL', 'LIMITED BY', 'WAY', 'EFFICIENCY', 'MBIT/S', 'ALLOWED', 'OF THE TIME']
  return rows.length === 0 ? head : `${head}\n\n${table(columns, rows)}`
}

function shareOf(value: unknown): string | undefined {
  return typeof value === 'number' ? percent(value) : undefined
}

function mbps(value: unknown): string | undefined {
  return typeof value === 'number' ? value.toFixed(1) : undefined
}
