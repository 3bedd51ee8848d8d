/**
 * A file on its way to a value: what each kind of bad file is told, and where.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { list, wholeNumber } from './bounds.ts'
import { parseConfig, readConfig } from './document.ts'
import { mustBeText } from './must.ts'

const text = z.string({ error: mustBeText('a text') })
const house = z.strictObject({
  name: text,
  rooms: list(z.strictObject({ door: wholeNumber(1, 9) }), 1, 3, 'rooms'),
  garden: z.strictObject({ trees: wholeNumber(0, 99, 'trees').default(7) }).prefault({}),
})

test('a good text becomes a value with its defaults', () => {
  assert.deepEqual(parseConfig(house, 'name: a\nrooms: [{door: 1}]\n', 'house.yaml'), {
    kind: 'value',
    value: { name: 'a', rooms: [{ door: 1 }], garden: { trees: 7 } },
  })
})

const slips: ReadonlyArray<{ name: string; yaml: string; says: readonly string[] }> = [
  {
    name: 'an empty file',
    yaml: '',
    says: ['1:1: the file is empty; it must be a mapping with the keys name, rooms, garden'],
  },
  {
    name: 'a file of comments',
    yaml: '# nothing\n# here\n',
    says: ['1:1: the file is empty; it must be a mapping with the keys name, rooms, garden'],
  },
  {
    name: 'a list instead of a mapping',
    yaml: '- a\n',
    says: ['1:1: the file must be a mapping with the keys name, rooms, garden, but is a list of 1'],
  },
  {
    name: 'a key that stands twice',
    yaml: 'name: a\nrooms: [{door: 1}]\nname: b\n',
    says: ['3:1: name stands here a second time; keep one'],
  },
  {
    name: 'a key that stands twice, deep down',
    yaml: 'name: a\nrooms:\n  - door: 1\n    door: 2\n',
    says: ['4:5: door stands here a second time; keep one'],
  },
  {
    name: 'a tab',
    yaml: 'name: a\ngarden:\n\ttrees: 1\n',
    says: ['3:1: a tab indents this line; use spaces'],
  },
  {
    name: 'an open bracket',
    yaml: 'name: a\nrooms: [{door: 1}\ngarden:\n',
    says: ['3:1: this line is indented unlike its neighbours, or a bracket above is not closed'],
  },
  {
    name: 'an open quote',
    yaml: 'name: "a\n',
    says: ['2:1: a quote, bracket or colon is missing here or above'],
  },
  {
    name: 'two keys in a line',
    yaml: 'name: rooms: 1\n',
    says: [
      '1:7: a second `key:` in one line, or the next line is indented too far; one key a line, or quotes around a text with a colon',
    ],
  },
  {
    name: 'a key without its colon',
    yaml: 'name a\nrooms: 1\n',
    says: ['1:1: a key without its colon; write `key: value`'],
  },
  {
    name: 'a reserved character',
    yaml: 'name: @a\n',
    says: ['1:7: a text may not start with this character; put it in quotes'],
  },
  {
    name: 'a second document',
    yaml: 'name: a\n---\nname: b\n',
    says: ['2:1: a second document (`---`) begins here; keep one'],
  },
  {
    name: 'a tag',
    yaml: 'name: !secret a\n',
    says: ['1:7: a YAML tag (`!...`); write the plain value'],
  },
  {
    name: 'an alias',
    yaml: 'name: &a b\nrooms: *a\n',
    says: ['2:8: *a is a YAML alias; write the value out'],
  },
  {
    name: 'an alias to nothing',
    yaml: 'name: *a\n',
    says: ['1:7: *a is a YAML alias; write the value out'],
  },
  {
    name: 'a list as a key',
    yaml: '? [a]\n: 1\n',
    says: ['1:3: a key must be a plain word'],
  },
  {
    name: 'an unknown key, nearly right',
    yaml: 'name: a\nrooms: [{door: 1}]\ngraden: {trees: 1}\n',
    says: ['3:1: graden is not a known key; did you mean garden?'],
  },
  {
    name: 'an unknown key in another case',
    yaml: 'Name: a\nrooms: [{door: 1}]\n',
    says: [
      '1:1: name is missing; it must be a text',
      '1:1: Name is not a known key; did you mean name?',
    ],
  },
  {
    name: 'an unknown key unlike any, deep down',
    yaml: 'name: a\nrooms:\n  - door: 1\n    colour: red\n',
    says: ['4:5: rooms[0].colour is not a known key; known here: door'],
  },
  {
    name: 'a key of JavaScript',
    yaml: 'name: a\nrooms: [{door: 1}]\n__proto__: {trees: 1}\nconstructor: 1\n',
    says: [
      '3:1: __proto__ is not a known key; known here: name, rooms, garden',
      '4:1: constructor is not a known key; known here: name, rooms, garden',
    ],
  },
  {
    name: 'a missing key deep down, at the key it is missing under',
    yaml: 'name: a\nrooms:\n  - {}\n',
    says: ['3:5: rooms[0].door is missing; it must be a whole number from 1 to 9'],
  },
  {
    name: 'a section without its keys',
    yaml: 'name: a\nrooms: [{door: 1}]\ngarden:\n',
    says: ['3:8: garden is empty; it must be a mapping with the keys trees'],
  },
  {
    name: 'several wrong values, in the order of the file',
    yaml: 'garden: {trees: 100}\nrooms: [{door: 0}, {door: 1.5}, {door: x}]\nname: 12\n',
    says: [
      '1:17: garden.trees must be a whole number from 0 to 99 trees, but is the number 100',
      '2:16: rooms[0].door must be a whole number from 1 to 9, but is the number 0',
      '2:27: rooms[1].door must be a whole number from 1 to 9, but is the number 1.5',
      "2:40: rooms[2].door must be a whole number from 1 to 9, but is 'x'",
      '3:7: name must be a text, but is the number 12; put it in quotes if it is meant as text',
    ],
  },
  {
    name: 'too short a list',
    yaml: 'name: a\nrooms: []\n',
    says: ['2:8: rooms must be a list of 1 to 3 rooms, but is an empty list'],
  },
  {
    name: 'too long a list',
    yaml: 'name: a\nrooms: [{door: 1}, {door: 1}, {door: 1}, {door: 1}]\n',
    says: ['2:8: rooms must be a list of 1 to 3 rooms, but is a list of 4'],
  },
  {
    name: 'a mapping for a list',
    yaml: 'name: a\nrooms: {door: 1}\n',
    says: ['2:8: rooms must be a list of 1 to 3 rooms, but is a mapping'],
  },
]

for (const { name, yaml, says } of slips) {
  test(`parseConfig() says where and what: ${name}`, () => {
    assert.deepEqual(parseConfig(house, yaml, 'house.yaml'), {
      kind: 'problems',
      problems: says.map((sentence) => `house.yaml:${sentence}`),
    })
  })
}

test('parseConfig() counts lines that end as Windows ends them, behind a byte order mark', () => {
  const reading = parseConfig(house, '\uFEFFname: a\r\nrooms: [{door: 1}]\r\ntree: 1\r\n', 'h.yaml')
  assert.deepEqual(reading, {
    kind: 'problems',
    problems: ['h.yaml:3:1: tree is not a known key; known here: name, rooms, garden'],
  })
})

test('parseConfig() names 20 problems and counts the rest', () => {
  const yaml = Array.from({ length: 25 }, (_, i) => `weed${i}: 1\n`).join('')
  const reading = parseConfig(house, `name: a\nrooms: [{door: 1}]\n${yaml}`, 'h.yaml')
  assert.ok(reading.kind === 'problems')
  assert.equal(reading.problems.length, 21)
  assert.equal(reading.problems.at(-1), 'h.yaml: ... and 5 more problems')
})

test('parseConfig() answers, and never throws, whatever the text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'name',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '"',
      '!',
      '\t',
    ),
    fc.constantFrom('rooms', 'door', '? ', '---', '%', '|', '>', '#', ',', '<<', '\0', '1', 'null'),
    fc.string({ maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const reading = parseConfig(house, pieces.join(''), 'h.yaml')
      if (reading.kind === 'value') return
      assert.ok(reading.problems.length > 0)
      for (const problem of reading.problems) assert.match(problem, /^h\.yaml:\d+:\d+: .+$/)
    }),
    { seed: 8803, numRuns: 2_000 },
  )
})

test('readConfig() says what is wrong with the file itself', () => {
  const directory = mkdtempSync(join(tmpdir(), 'document-'))
  try {
    const file = join(directory, 'h.yaml')
    const says = (name: string) => {
      const reading = readConfig(house, name)
      assert.ok(reading.kind === 'problems')
      return reading.problems.map((problem) => problem.replace(directory, ''))
    }
    assert.deepEqual(says(file), ['/h.yaml: does not exist; check the path'])
    assert.deepEqual(says(directory), [': is a directory; name the file in it'])
    assert.deepEqual(says('/dev/zero'), [
      '/dev/zero: is not a regular file; copy its content into one',
    ])
    writeFileSync(file, Uint8Array.of(0xff, 0xfe, 0x61, 0x00))
    assert.deepEqual(says(file), ['/h.yaml: is not UTF-8 text; save it as such'])
    assert.deepEqual(says(join(file, 'x')), ['/h.yaml/x: does not exist; check the path'])
    writeFileSync(file, '#'.repeat(8 * 1_024 * 1_024 + 1))
    assert.deepEqual(says(file), ['/h.yaml: has 8388609 bytes, more than 8388608'])
    writeFileSync(file, 'name: a\nrooms: [{door: 1}]\n')
    assert.equal(readConfig(house, file).kind, 'value')
  } finally {
    rmSync(directory, { recursive: true })
  }
})
