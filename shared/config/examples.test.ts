/**
 * The examples are the operator's manual: they parse, they leave no key out, and what they call a
 * default is one.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { z } from 'zod'
import { concentratorConfig } from './concentrator.ts'
import { cpeConfig } from './cpe.ts'
import { parseConfig, readConfig } from './document.ts'
import { keysAt, type Path } from './keys.ts'

/** Keys whose value in the example is a possible one, for there is no default. */
const WITHOUT_DEFAULT =
  /^(subscriber|concentrator|control|lan|legs|listen\.port|subscribers|cookies\.secret|classes\.rules|classes\.lteCap\.megabytes|budget\.monthlyGigabytes|tunnel\.(port|pool6)|page\.password|shaping\.interface|store\.redis|radius|translationLog|api\.tls)\b/

/** Keys that cannot stand beside another that the example shows: only spoken of. */
const ALTERNATIVES = /^(subscribers\.0\.verifier|concentrator\.session\.certificateName)$/

for (const [name, schema] of Object.entries({ cpe: cpeConfig, concentrator: concentratorConfig })) {
  const file = `shared/config/${name}.example.yaml`
  const text = readFileSync(new URL(`./${name}.example.yaml`, import.meta.url), 'utf8')
  const uncommented = text.replace(/^( *)#(\w+:)/gm, '$1$2')

  test(`${file} is a valid configuration as it stands`, () => {
    const reading = readConfig(schema, new URL(`./${name}.example.yaml`, import.meta.url).pathname)
    assert.equal(reading.kind, 'value', JSON.stringify(reading))
  })

  test(`${file} mentions every key, and no other`, () => {
    const reading = parseConfig(schema, uncommented, file)
    assert.equal(reading.kind, 'value', JSON.stringify(reading))
    for (const path of leaves(schema)) {
      if (ALTERNATIVES.test(path.join('.'))) continue
      assert.notEqual(at(parse(uncommented), path), undefined, `${file} lacks ${path.join('.')}`)
    }
  })

  test(`${file} tells the defaults as they are`, () => {
    const said = valueIn(parseConfig(schema, uncommented, file))
    const unsaid = valueIn(parseConfig(schema, text, file))
    for (const path of leaves(schema)) {
      if (WITHOUT_DEFAULT.test(path.join('.'))) continue
      assert.deepEqual(at(said, path), at(unsaid, path), path.join('.'))
    }
  })
}

test('every subsection of the two schemas is walked by the tests above', () => {
  assert.ok(leaves(cpeConfig).some((path) => path.join('.') === 'legs.lte.gateway6'))
  assert.ok(leaves(concentratorConfig).some((path) => path.join('.') === 'subscribers.0.cookie'))
})

/** The paths of all keys that have no keys of their own; of lists, the first element's. */
function leaves(schema: z.ZodType, path: Path = []): Path[] {
  const keys = keysAt(schema, path)
  if (keys.length > 0) return keys.flatMap((key) => leaves(schema, [...path, key]))
  return keysAt(schema, [...path, 0]).length > 0 ? leaves(schema, [...path, 0]) : [path]
}

function at(value: unknown, path: Path): unknown {
  return path.reduce((here, step) => (here as Record<string, unknown>)[step], value)
}

function valueIn(reading: ReturnType<typeof parseConfig>): unknown {
  assert.ok(reading.kind === 'value')
  return reading.value
}
