#!/usr/bin/env node
/**
 * `hybridge ...`: what an engineer asks of a running system, and what an operator orders. This file is the
 * list of commands; each has a file of its own beside it.
 *
 * The exit status is an answer: 0 yes, 1 the concentrator says no, 2 a line that cannot be understood, 3
 * nobody answers; what else it may be stands in the command's own --help.
 */
import { Command, CommanderError } from 'commander'
import { release } from '../shared/daemon/arguments.ts'
import { Refused, Unreachable } from './api.ts'
import { completionCommand } from './completion.ts'
import { convertCommand } from './convert.ts'
import { credentialCommand } from './credential.ts'
import { enrolCommand } from './enrol.ts'
import { EXIT_MISUSE, Misuse } from './misuse.ts'
import { plansCommand } from './plans.ts'
import { policyCommand } from './policy.ts'
import { speedTestCommand } from './speed-test.ts'
import { storeCommand } from './store.ts'
import { streetCommands } from './street.ts'
import { subscribersCommand } from './subscribers.ts'
import { supportBundleCommand } from './support-bundle.ts'
import { topCommand } from './top.ts'
import { verdictCommand } from './verdict.ts'

const EXIT_REFUSED = 1
const EXIT_UNREACHABLE = 3

const hybridge = new Command('hybridge')
  .description('Tools for a hybrid access gateway.')
  .version(release(), '--version', 'print the version')
  .addCommand(subscribersCommand())
  .addCommand(plansCommand())
  .addCommand(policyCommand())
  .addCommand(credentialCommand())
  .addCommand(enrolCommand())
hybridge.addCommand(storeCommand((status) => (process.exitCode = status)))
hybridge.addCommand(verdictCommand()).addCommand(topCommand()).addCommand(supportBundleCommand())
for (const command of streetCommands()) hybridge.addCommand(command)
hybridge
  .addCommand(speedTestCommand((status) => (process.exitCode = status)))
  .addCommand(convertCommand((status) => (process.exitCode = status)))
  .addCommand(completionCommand(hybridge))
strictly(hybridge)

try {
  await hybridge.parseAsync()
} catch (error) {
  if (error instanceof Misuse) {
    console.error(`error: ${error.message}`)
    process.exitCode = EXIT_MISUSE
  } else if (error instanceof Refused) {
    console.error(
      [`error: ${error.message}`, ...error.problems.map((one) => `  ${one}`)].join('\n'),
    )
    process.exitCode = EXIT_REFUSED
  } else if (error instanceof Unreachable) {
    console.error(`error: ${error.message}`)
    process.exitCode = EXIT_UNREACHABLE
  } else if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_MISUSE
  } else {
    throw error
  }
}

/** Mistakes are thrown and end above, in whatever command they are made. */
function strictly(command: Command): void {
  command.exitOverride().showHelpAfterError('(--help tells more)')
  for (const inner of command.commands) strictly(inner)
}
