/**
 * `hybridge completion bash`: what the shell offers behind TAB. The script asks this program what may follow,
 * so it is never behind the commands.
 */
import { Argument, Command } from 'commander'

/** `program` is the whole tree of commands. */
export function completionCommand(program: Command): Command {
  const completion = new Command('completion')
    .description('Words that the shell offers behind TAB: source <(hybridge completion bash)')
    .addArgument(new Argument('<SHELL>').choices(['bash', 'zsh']))
    .action((shell: 'bash' | 'zsh') => console.log(SCRIPTS[shell]))
  completion
    .command('words', { hidden: true })
    .argument('[WORD...]')
    .action((words: string[]) => console.log(wordsAfter(program, words).join('\n')))
  return completion
}

/** What may stand in place of the last of `words`. */
export function wordsAfter(program: Command, words: readonly string[]): string[] {
  let here = program
  for (const word of words.slice(0, -1)) {
    here = here.commands.find((command) => command.name() === word) ?? here
  }
  const options = here.options.flatMap(({ long }) => long ?? [])
  const choices = here.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const commands = here.createHelp().visibleCommands(here)
  const names = commands.map((command) => command.name()).filter((name) => name !== 'help')
  const last = words.at(-1) ?? ''
  return [...names, ...choices, ...options, '--help'].filter((word) => word.startsWith(last))
}

const SCRIPTS = {
  bash: `_hybridge() {
  COMPREPLY=($(hybridge completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _hybridge hybridge`,
  zsh: `_hybridge() {
  compadd -- $(hybridge completion words -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)
}
compdef _hybridge hybridge`,
} as const
