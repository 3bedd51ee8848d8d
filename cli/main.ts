#!/usr/bin/env node
/**
 * `hybridge ...`: what an engineer asks of a running system. This file is the list of commands; each has
 * a file of its own beside it.
 *
 * The exit status is an answer: 0 yes, 2 a line that cannot be understood; what else it may be stands in
 * the command's own --help.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { convertCommand } from './convert.ts'
import { EXIT_MISUSE, Misuse } from './misuse.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string }

const hybridge = new Command('hybridge')
  .description('Tools for a hybrid access gateway.')
  .version(version, '--version', 'print the version')
  .addCommand(convertCommand((status) => (process.exitCode = status)))
for (const command of [hybridge, ...hybridge.commands]) {
  command.exitOverride().showHelpAfterError('(--help tells more)')
}

try {
  await hybridge.parseAsync()
} catch (error) {
  if (error instanceof Misuse) {
    console.error(`error: ${error.message}`)
    process.exitCode = EXIT_MISUSE
  } else if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_MISUSE
  } else {
    throw error
  }
}
