import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Argument, Command } from 'commander'
import { wordsAfter } from './completion.ts'

const program = new Command('x')
const drain = new Command('drain').addArgument(new Argument('[WHAT]').choices(['on', 'off']))
const list = new Command('list').option('--plan <ID>').option('--json')
program.addCommand(new Command('homes').addCommand(list)).addCommand(drain)

for (const [words, offered] of [
  [[''], ['homes', 'drain', '--help']],
  [['h'], ['homes']],
  [
    ['homes', ''],
    ['list', '--help'],
  ],
  [
    ['homes', 'list', '--'],
    ['--plan', '--json', '--help'],
  ],
  [['homes', 'list', '--p'], ['--plan']],
  [
    ['drain', 'o'],
    ['on', 'off'],
  ],
  [['nonsense', 'h'], ['homes']],
] as const) {
  test(`behind '${words.join(' ')}' the shell offers ${offered.join(' ')}`, () => {
    assert.deepEqual(wordsAfter(program, words), offered)
  })
}
