/**
 * Before what cannot be undone.
 */
import { createInterface } from 'node:readline/promises'
import { Misuse } from './misuse.ts'

/** Throws unless somebody says yes: with `--yes`, or when asked. */
export async function confirm(what: string, yes: true | undefined): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) throw new Misuse(`${what} cannot be undone; add --yes`)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${what}: this cannot be undone. Go on? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new Misuse('nothing was done')
  } finally {
    terminal.close()
  }
}
