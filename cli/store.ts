/**
 * `hybridge store ...`: where the concentrator keeps what operators change.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Command } from 'commander'
import { ask, path } from './api.ts'
import { JSON_HELP, type Json, show } from './show.ts'
import { sheet } from './table.ts'

export function storeCommand(exit: (status: number) => void): Command {
  const store = new Command('store').description('Where what operators change is kept.')
  store
    .command('status')
    .description('how many homes it holds, and whether it answers')
    .option('--json', JSON_HELP)
    .action(async ({ json }: Json) => {
      const answer = await ask({ method: 'GET', url: path('store') })
      show(json, answer, () => sheet(answer))
    })
  store
    .command('migrate')
    .description('copy all of it into another, an empty one, while no concentrator runs')
    .argument('<FROM>', 'a file, or redis://...')
    .argument('<TO>', 'a file, or redis://...')
    .action(async (from: string, to: string) => {
      // The keepers are the concentrator's own.
      const child = spawn(process.execPath, [PROGRAM, from, to], { stdio: 'inherit' })
      const [code] = (await once(child, 'close')) as [number | null]
      exit(code ?? 1)
    })
  return store
}

const PROGRAM = new URL('../concentrator/migrate-store.ts', import.meta.url).pathname
