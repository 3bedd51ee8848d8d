import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Program, understand } from './arguments.ts'

const program: Program<{ readonly doors: number }> = {
  name: 'house/main.ts',
  summary: 'Opens doors.',
  read: (file) =>
    file === 'good.yaml'
      ? { kind: 'value', value: { doors: 2 } }
      : { kind: 'problems', problems: [`${file}:1:1: doors is missing`, `${file}:2:1: so is it`] },
}

test('a good file is run', () => {
  assert.deepEqual(understand(program, ['good.yaml']), {
    kind: 'run',
    config: { doors: 2 },
    file: 'good.yaml',
  })
})

test('--check-config says that a good file is valid, on either side of it', () => {
  const end = { kind: 'end', exitCode: 0, out: 'good.yaml: valid\n', err: '' }
  assert.deepEqual(understand(program, ['good.yaml', '--check-config']), end)
  assert.deepEqual(understand(program, ['--check-config', 'good.yaml']), end)
})

for (const argv of [['bad.yaml'], ['bad.yaml', '--check-config']]) {
  test(`${argv.join(' ')} tells every problem and exits 2`, () => {
    assert.deepEqual(understand(program, argv), {
      kind: 'end',
      exitCode: 2,
      out: '',
      err: 'bad.yaml:1:1: doors is missing\nbad.yaml:2:1: so is it\n',
    })
  })
}

test('--help shows the usage and exits 0', () => {
  const end = understand(program, ['--help'])
  assert.ok(end.kind === 'end' && end.exitCode === 0 && end.err === '')
  assert.match(
    end.out,
    /^Usage: house\/main\.ts CONFIG\.yaml \[--check-config\]\n\nOpens doors\.\n/,
  )
  assert.match(end.out, /--check-config +say whether the file is valid, and do nothing else\n/)
})

test('--version is the version of the package', () => {
  const url = new URL('../../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(url, 'utf8')) as { version: string }
  const out = `${version}\n`
  assert.deepEqual(understand(program, ['--version']), { kind: 'end', exitCode: 0, out, err: '' })
})

for (const [argv, says] of [
  [[], /^error: missing required argument 'CONFIG\.yaml'\n/],
  [['good.yaml', 'more.yaml'], /^error: too many arguments/],
  [['good.yaml', '--chekc-config'], /^error: unknown option '--chekc-config'/],
] as const) {
  test(`'${argv.join(' ')}' is told what is wrong and what is right, and exits 2`, () => {
    const end = understand(program, argv)
    assert.ok(end.kind === 'end' && end.exitCode === 2 && end.out === '')
    assert.match(end.err, says)
    assert.match(end.err, /\nUsage: house\/main\.ts CONFIG\.yaml/)
  })
}
