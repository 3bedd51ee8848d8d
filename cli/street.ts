/**
 * What an operator asks of what is running: who is here, what they use and why, and to be left alone.
 */
import { Argument, Command, Option } from 'commander'
import { type Answer, ask, listOf, path, withQuery } from './api.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { bytes, sheet, table } from './table.ts'
import { verdictNow } from './verdict.ts'

export function streetCommands(): Command[] {
  return [
    concentratorsCommand(),
    sessionsCommand(),
    usageCommand(),
    whyCommand(),
    drainCommand(),
    tokensCommand(),
  ]
}

function concentratorsCommand(): Command {
  return new Command('concentrators')
    .description('Those that share the store: where homes find them, and which is being taken out.')
    .option('--json', JSON_HELP)
    .action(async ({ json }: Json) => {
      const items = await listOf(path('concentrators'))
      show(json, items, () =>
        table(
          ['NAME', 'ADDRESSES', 'PRIORITY', 'WEIGHT', 'DRAINING', 'SEEN'],
          items.map(({ id, announced, draining, seen }) => {
            const { addresses, priority, weight } = (announced ?? {}) as Answer
            const at = Array.isArray(addresses) ? addresses.join(' ') : undefined
            return [id, at, priority, weight, draining, seen]
          }),
        ),
      )
    })
}

function sessionsCommand(): Command {
  return new Command('sessions')
    .description('The homes that are here, and on which concentrator.')
    .option('--json', JSON_HELP)
    .action(async ({ json }: Json) => {
      const items = await listOf(path('sessions'))
      show(json, items, () => {
        const keys = [...new Set(['id', ...items.flatMap(Object.keys)])]
        return table(
          keys.map((key) => key.toUpperCase()),
          items.map((item) => keys.map((key) => item[key])),
        )
      })
    })
}

function usageCommand(): Command {
  return new Command('usage')
    .description('What a home has used, by leg and direction.')
    .argument('<SUBSCRIBER>')
    .addOption(
      new Option('--period <PERIOD>', 'of billing').choices(['this', 'last']).default('this'),
    )
    .addOption(
      new Option('--span <SPAN>', 'a line for each').choices(['day', 'hour']).default('day'),
    )
    .option('--from <TIME>', 'instead of a period: 2026-11-26T00:00:00Z')
    .option('--until <TIME>')
    .option('--json', JSON_HELP)
    .action(async (id: string, { json, ...query }: Json & Readonly<Record<string, string>>) => {
      const url = withQuery(path('subscribers', id, 'usage'), query)
      const usage = await ask({ method: 'GET', url })
      show(json, usage, () => describeUsage(usage))
    })
}

function whyCommand(): Command {
  return new Command('why')
    .description('Why a home used LTE, and what else it did to its lines.')
    .argument('<SUBSCRIBER>')
    .option('--last <N>', 'how many reasons', '20')
    .option('--json', JSON_HELP)
    .action(async (id: string, { json, last }: Json & { last: string }) => {
      const items = await listOf(path('subscribers', id, 'reasons'))
      const reasons = items.slice(-Number(last))
      const now = json ? undefined : await verdictNow(id)
      const rows = reasons.map(({ at, text }) => [at, text])
      show(json, reasons, () => [now ?? '', table(['AT', 'REASON'], rows)].join('\n\n').trimStart())
    })
}

function drainCommand(): Command {
  return new Command('drain')
    .description('Send new connections elsewhere before this concentrator is taken out.')
    .addArgument(
      new Argument('[WHAT]', 'what to do').choices(['on', 'off', 'status']).default('on'),
    )
    .option('--json', JSON_HELP)
    .action(async (what: string, { json }: Json) => {
      const url = path('drain')
      const call =
        what === 'status'
          ? ask({ method: 'GET', url })
          : ask({ method: 'PUT', url, body: { draining: what === 'on' } })
      const answer = await call
      show(json, answer, () => sheet(answer))
    })
}

function tokensCommand(): Command {
  const tokens = new Command('tokens').description('Who may use the API.')
  tokens
    .command('list')
    .option('--json', JSON_HELP)
    .action(async ({ json }: Json) => {
      const items = await listOf(path('tokens'))
      show(json, items, () =>
        table(
          ['NAME', 'ROLE', 'UNTIL'],
          items.map(({ name, role, untilMs }) => [name, role, dayOf(untilMs)]),
        ),
      )
    })
  tokens
    .command('add')
    .description('a new one; it is told once')
    .argument('<NAME>')
    .addOption(
      new Option('--role <ROLE>').choices(['reader', 'operator', 'admin']).makeOptionMandatory(),
    )
    .option('--days <N>', 'good for so long; for ever unless said', Number)
    .option('--json', JSON_HELP)
    .action(async (name: string, { json, ...body }: Json & { role: string; days?: number }) => {
      const answer = await ask({ method: 'POST', url: path('tokens'), body: { name, ...body } })
      show(json, answer, () => String(answer['token']))
    })
  tokens
    .command('remove')
    .argument('<NAME>')
    .action(async (name: string) => {
      await ask({ method: 'DELETE', url: path('tokens', name) })
    })
  return tokens
}

function describeUsage(usage: Answer): string {
  const rows = (usage['items'] as readonly Answer[]).map(({ at, carrier, ...octets }) => [
    at,
    carrier,
    ...LEGS.map((key) => bytes(octets[key])),
  ])
  const total = usage['total'] as Answer
  const head = ['FROM', 'CARRIER', 'DSL UP', 'DSL DOWN', 'LTE UP', 'LTE DOWN']
  const sum = ['total', '', ...LEGS.map((key) => bytes(total[key]))]
  return `${String(usage['from'])} to ${String(usage['until'])}\n\n${table(head, [...rows, sum])}`
}

function dayOf(untilMs: unknown): string {
  return typeof untilMs === 'number' ? new Date(untilMs).toISOString() : 'it is removed'
}

const LEGS = ['dslUp', 'dslDown', 'lteUp', 'lteDown'] as const
