/**
 * What a reviewer would otherwise have to look for: smells that a search finds.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { concentratorConfig } from './config/concentrator.ts'
import { cpeConfig } from './config/cpe.ts'
import { keysAt } from './config/keys.ts'
import { codeOf, filesUnder, isProduct, ROOMS, textOf } from './sources.fake.ts'

const SELF = 'shared/house.test.ts'
const LINES_MAX = 300
/** What a tool has made of our sources. */
const BUILT = 'cpe/control/page/built/'
const files = ROOMS.flatMap(filesUnder).filter((file) => !file.startsWith(BUILT))
const sources = files.filter((file) => /\.tsx?$/.test(file) && file !== SELF)

const smells: ReadonlyArray<{ name: string; pattern: RegExp; instead: string }> = [
  { name: 'a cast to any', pattern: /\bas any\b/, instead: 'say what it is' },
  { name: 'a double cast', pattern: /\bas unknown as\b/, instead: 'parse it, or mend the type' },
  {
    name: 'an empty catch',
    pattern: /\bcatch\s*(\([^)]*\))?\s*\{\s*\}/,
    instead: 'handle, translate or rethrow',
  },
  {
    name: 'a test that runs alone, or not at all',
    pattern: /\b(test|it|describe|suite)\.(only|skip|todo)\(|\bonly: true/,
    instead: '{ skip: reason } where the machine lacks something',
  },
  {
    // A path manager is RFC 8684's word.
    name: 'a class named after no thing',
    pattern: /\bclass \w+(Service|(?<!Path)Manager|Handler|Helper|Factory|Provider|Util)\b/,
    instead: 'a function, or the name of what it keeps',
  },
  { name: 'an enum', pattern: /^\s*(export )?(const )?enum \w/m, instead: 'an `as const` table' },
]

for (const { name, pattern, instead } of smells) {
  test(`nowhere is ${name}`, () => {
    for (const file of sources) assertAbsent(file, codeOf(file), pattern, instead)
  })
}

const words: ReadonlyArray<{ name: string; pattern: RegExp; instead: string }> = [
  {
    name: 'a promise to do it later',
    pattern: /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/,
    instead: 'do it, or give it an issue: TODO(#12)',
  },
  {
    name: 'scaffolding',
    pattern: /not implemented|real implementation|placeholder|commented out/i,
    instead: 'finish it or remove it',
  },
  {
    name: 'a document that nobody here can read',
    pattern: /\bdesign (D\d+|section \d)/,
    instead: 'name the ADR, or say it',
  },
  {
    name: 'a word that praises itself',
    pattern: /\b(robust|comprehensive|seamless|powerful|enterprise-grade|blazing)/i,
    instead: 'a number',
  },
]

for (const { name, pattern, instead } of words) {
  test(`nowhere is ${name}, not in words either`, () => {
    for (const file of [...sources, ...documents()]) {
      assertAbsent(file, textOf(file), pattern, instead)
    }
  })
}

test('no file is a drawer for whatever has no place', () => {
  for (const file of files) {
    const drawer = /(^|[/-])(index|utils?|helpers?|common|types|constants|misc|lib)(\.ts$|\/)/
    assert.doesNotMatch(file, drawer, `${file}: name it after the noun in it`)
  }
})

test(`no file but a test has more than ${LINES_MAX} lines`, () => {
  for (const file of sources.filter((name) => !name.endsWith('.test.ts'))) {
    const lines = textOf(file).split('\n').length - 1
    assert.ok(lines <= LINES_MAX, `${file} has ${lines} lines; it holds two nouns, split it`)
  }
})

test('documents stand at the top and in docs/adr, the runbook beside it, and nowhere else', () => {
  const astray = [...files, ...filesUnder('docs')].filter(
    (file) => file.endsWith('.md') && file !== 'docs/runbook.md',
  )
  for (const file of astray) {
    assert.match(file, /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/, `${file}: say it in ARCHITECTURE.md`)
  }
})

test('every decision that a comment names is written down', () => {
  const written = filesUnder('docs/adr').map((file) => basename(file))
  for (const file of [...sources, ...documents()]) {
    for (const [named, number, title] of textOf(file).matchAll(
      /\b(?:ADR |adr\/)(\d+)(-[\w-]+\.md)?/g,
    )) {
      const known = written.some((name) =>
        name.startsWith(`${number?.padStart(4, '0')}${title ?? '-'}`),
      )
      assert.ok(known, `${file} names ${named}, but docs/adr has ${written.join(', ')}`)
    }
  }
})

for (const [daemon, schema] of Object.entries({
  cpe: cpeConfig,
  concentrator: concentratorConfig,
})) {
  test(`every key of ${daemon}'s configuration has a reader`, () => {
    const readers = files
      .filter((file) => isProduct(file) && !file.startsWith('shared/config/'))
      .filter((file) => file.startsWith('shared/') || file.startsWith(`${daemon}/`))
    const code = readers.map(codeOf).join('\n')
    for (const key of keysBelow(schema, [])) {
      assert.ok(new RegExp(`\\b${key}\\b`).test(code), `nobody in ${daemon} reads ${key}`)
    }
  })
}

test('the lockfile knows the packages of every platform, not only of the one it was made on', () => {
  interface Locked {
    readonly packages: Readonly<
      Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
    >
  }
  const { packages } = JSON.parse(textOf('package-lock.json')) as Locked
  for (const [at, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      assert.ok(
        `node_modules/${name}` in packages,
        `${at} may want ${name}@${version}, which package-lock.json lacks: npm ci would refuse it`,
      )
    }
  }
})

function keysBelow(schema: typeof cpeConfig | typeof concentratorConfig, path: string[]): string[] {
  return keysAt(schema, path).flatMap((key) => [key, ...keysBelow(schema, [...path, key])])
}

function documents(): string[] {
  const top = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  return [
    ...top.filter((file) => existsSync(new URL(`../${file}`, import.meta.url))),
    ...filesUnder('docs').filter((file) => file.endsWith('.md')),
  ]
}

function assertAbsent(file: string, text: string, pattern: RegExp, instead: string): void {
  const found = pattern.exec(text)
  if (found === null) return
  const line = text.slice(0, found.index).split('\n').length
  assert.fail(`${file} (near line ${line}) says '${found[0].trim()}'; write instead: ${instead}`)
}

test('the searches find what they look for', () => {
  const bait = 'try {} catch (error) { }\nconst x = y as any\n// TODO later\ntest.only("a")'
  const found = [...smells, ...words].filter(({ pattern }) => pattern.test(bait))
  assert.equal(found.length, 4)
  assert.equal(basename(import.meta.filename), basename(SELF))
})
