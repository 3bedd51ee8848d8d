/**
 * What the daemons say, held to their lists of it: every event is said somewhere, and docs/runbook.md tells operators of
 * each what its list says.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concentratorEvents } from '../concentrator/control/events.ts'
import { cpeEvents } from '../cpe/control/events.ts'
import { lifeEvents } from './daemon/events.ts'
import type { LogEvents } from './daemon/log-event.ts'
import { codeOf, filesUnder, isProduct, textOf } from './sources.fake.ts'

const LISTS: ReadonlyArray<{ heading: string; folder: string; events: LogEvents }> = [
  { heading: 'Both', folder: 'shared', events: lifeEvents },
  { heading: 'Home gateway', folder: 'cpe', events: cpeEvents },
  { heading: 'Concentrator', folder: 'concentrator', events: concentratorEvents },
]

for (const { heading, folder, events } of LISTS) {
  test(`${heading}: every event is said somewhere`, () => {
    const code = filesUnder(folder)
      .filter((file) => isProduct(file) && !file.endsWith('/events.ts'))
      .map(codeOf)
      .join('\n')
    for (const name of Object.keys(events)) {
      assert.ok(code.includes(`'${name}'`), `nobody says '${name}'`)
    }
  })

  test(`${heading}: a name is words that stay, and its meaning fits into a cell`, () => {
    for (const [name, { means, fields, level, linesMax }] of Object.entries(events)) {
      assert.match(name, /^[A-Za-z]+([ -][A-Za-z]+)*$/)
      assert.ok(name.length <= 60, name)
      assert.match(means, /^[A-Z`][^|\n]{8,}[^.\n]$/, name)
      assert.equal(new Set(fields).size, fields.length, name)
      assert.ok(linesMax > 0 && linesMax <= 2_000, name)
      if (name.endsWith(' failed')) assert.equal(level, 'error', name)
    }
  })

  test(`${heading}: the runbook has the table of its events, as it is`, () => {
    const table = tableOf(events)
    const [, after] = textOf('docs/runbook.md').split(`\n### ${heading}\n\n`)
    assert.ok(after !== undefined, `docs/runbook.md lacks '### ${heading}'`)
    assert.equal(after.split('\n\n')[0]?.trimEnd(), table, 'put the table of this failure there')
  })
}

function tableOf(events: LogEvents): string {
  const rows = Object.entries(events).map(([name, { level, means, fields }]) => {
    return `| ${name} | ${level} | ${means} | ${fields.join(', ')} |`
  })
  return [
    '| Event | Level | What it means, and what to do | Fields |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}
