/**
 * `hybridge enrol`: a code, or a whole line, with which a home comes to its credential by itself.
 */
import { Command } from 'commander'
import { type Answer, ask, path, Refused } from './api.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { sheet } from './table.ts'

export function enrolCommand(): Command {
  return new Command('enrol')
    .description(
      'A code that a home is set up with: told once, good once; a home that is not there yet is added.',
    )
    .argument('<ID>')
    .option('--plan <ID>', 'the plan of a home that is added')
    .option('--hours <N>', 'good for so long', Number, HOURS)
    .option('--json', JSON_HELP)
    .action(async (id: string, { json, plan, hours }: Json & EnrolOptions) => {
      const answer = await enrolment(id, plan, hours)
      show(json, answer, () => describe(answer))
    })
}

interface EnrolOptions {
  readonly plan?: string
  readonly hours: number
}

async function enrolment(id: string, plan: string | undefined, hours: number): Promise<Answer> {
  const call = {
    method: 'POST',
    url: path('subscribers', id, 'enrolment'),
    body: { hours },
  } as const
  try {
    return await ask(call)
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error
    const body = { id, ...(plan !== undefined && { plan }) }
    await ask({ method: 'POST', url: path('subscribers'), body })
    return ask(call)
  }
}

function describe(answer: Answer): string {
  const { line, code } = answer
  const hint =
    typeof line === 'string'
      ? `The home's file, the whole of it:\n\n    enrol: "${line}"`
      : `The home's file: concentrator, and\n\n    enrol: ${String(code)}`
  return `${sheet(answer)}\n\n${hint}`
}

const HOURS = 168
