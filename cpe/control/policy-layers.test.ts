import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { cpeConfig } from '../../shared/config/cpe.ts'
import { parseConfig } from '../../shared/config/document.ts'
import type { Policy } from '../../shared/config/policy.ts'
import type { PolicyScope } from '../../shared/core/class-change.ts'
import { PolicyLayers } from './policy-layers.ts'

const PIN = 'sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='

test('what is sent goes before the file, is kept, and is there at the next start', (t) => {
  const home = new Home(t)
  const layers = home.start()
  assert.equal(layers.send({ version: 'one', document: { overflow: { trialS: 9 } } }), undefined)
  assert.equal(home.present?.overflow.trialS, 9)
  home.forget()
  home.start()
  assert.equal(home.present?.overflow.trialS, 9)
})

test('what is sent is for what runs too, unless it says for whom it is', (t) => {
  const home = new Home(t)
  const layers = home.start()
  layers.send({ version: 'one', document: { classes: { default: 'handover' } } })
  layers.send({ version: 'two', document: { classes: { appliesTo: 'reset' } } })
  layers.send({ version: 'three', document: { classes: { appliesTo: 'new' } } })
  assert.deepEqual(home.scopes, ['all', 'reset', 'new'])
})

test('what was sent already is not applied once more, nor what was kept', (t) => {
  const home = new Home(t)
  const sent = { version: 'one', document: { overflow: { trialS: 9 } } }
  const layers = home.start()
  layers.send(sent)
  layers.send(structuredClone(sent))
  assert.equal(home.scopes.length, 1)
  home.start().send(structuredClone(sent))
  assert.equal(home.scopes.length, 2)
})

test('a file that is read again stays below what was sent', (t) => {
  const home = new Home(t)
  const layers = home.start()
  layers.send({ version: 'one', document: { overflow: { trialS: 9 } } })
  layers.apply(home.file('overflow: { trialS: 3, burstMegabytes: 1 }'), 'new')
  assert.equal(home.present?.overflow.trialS, 9)
  assert.equal(home.present?.overflow.burstMegabytes, 1)
})

test('what does not fit is said, and the present policy stays', (t) => {
  const home = new Home(t)
  const layers = home.start()
  layers.send({ version: 'one', document: { overflow: { trialS: 9 } } })
  assert.match(
    layers.send({ version: 'two', document: { overflow: { trialS: 0 } } }) ?? '',
    /trialS/,
  )
  assert.equal(home.present?.overflow.trialS, 9)
})

test('an empty document is the file again', (t) => {
  const home = new Home(t)
  const layers = home.start()
  layers.send({ version: 'one', document: { overflow: { trialS: 9 } } })
  layers.send({ version: 'two', document: {} })
  assert.equal(home.present?.overflow.trialS, 5)
})

test('a home without a session goes by its file alone', (t) => {
  const home = new Home(t)
  home.start().send({ version: 'one', document: { overflow: { trialS: 9 } } })
  home.forget()
  home.start('')
  assert.equal(home.present, undefined)
})

test('what was kept and is damaged is told, and the home starts', (t) => {
  const home = new Home(t)
  home.start().send({ version: 'one', document: {} })
  const [file = ''] = readdirSync(home.directory)
  for (const text of ['{', 'null', '{"version":1}', '{"version":"a","document":{"overflow":7}}']) {
    writeFileSync(join(home.directory, file), text)
    home.forget()
    home.start()
    assert.equal(home.present, undefined, text)
  }
  assert.ok(home.warnings > 0)
})

class Home {
  readonly directory = mkdtempSync(join(tmpdir(), 'hybridge-policy-'))
  present: Policy | undefined
  warnings = 0
  readonly scopes: PolicyScope[] = []

  constructor(t: TestContext) {
    t.after(() => rmSync(this.directory, { recursive: true }))
  }

  forget(): void {
    this.present = undefined
  }

  start(session = `, session: { port: 1, pin: "${PIN}" }`): PolicyLayers {
    const apply = (policy: Policy, flows: PolicyScope) => {
      this.present = policy
      this.scopes.push(flows)
      return []
    }
    const log = { info: () => undefined, warn: () => void this.warnings++ }
    return new PolicyLayers(this.file('', session), { apply }, log)
  }

  file(more = '', session = '') {
    const text = `
subscriber: { id: home-1, cookie: "c00c1e42c00c1e42" }
concentrator: { addresses: [192.0.2.10], port: 8803${session} }
lan: { interfaces: [lan] }
legs: { dsl: { interface: dsl }, lte: { interface: lte } }
stateDirectory: ${this.directory}
${more}`
    const reading = parseConfig(cpeConfig, text, 'cpe.yaml')
    assert.ok(reading.kind === 'value', JSON.stringify(reading))
    return reading.value
  }
}
