import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpeConfig } from '../../shared/config/cpe.ts'
import { parseConfig } from '../../shared/config/document.ts'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { LivePolicy, type PolicyTaker } from './policy.ts'
import { reload } from './reload.ts'

const FILE = `
subscriber: { id: home-1, cookie: "c00c1e42c00c1e42" }
concentrator: { addresses: [192.0.2.10], port: 8803 }
lan: { interfaces: [lan] }
legs: { dsl: { interface: dsl }, lte: { interface: lte } }
`

test('policy is applied and named, and nothing is told to anybody when nothing has changed', () => {
  const home = new Home()
  home.hangup(`${FILE}overflow: { trialS: 9 }\nclasses: { default: handover }`)
  assert.deepEqual(home.taken, ['handover, trial 9 s, for new flows'])
  home.hangup(`${FILE}overflow: { trialS: 9 }\nclasses: { default: handover }`)
  assert.equal(home.taken.length, 1)
  assert.deepEqual(home.said, [
    ['policy read again', { changed: ['classes', 'overflow'] }],
    ['policy read again', { changed: [] }],
  ])
})

test('what needs a restart is named in one warning, and the policy beside it is applied', () => {
  const home = new Home()
  home.hangup(
    `${FILE.replace('{ interface: dsl }', '{ interface: ppp0 }').replace('home-1', 'home-2')}
workers: 2
overflow: { trialS: 9 }`,
  )
  assert.deepEqual(home.taken, ['overflow, trial 9 s, for new flows'])
  assert.deepEqual(home.said, [
    ['policy read again', { changed: ['overflow'] }],
    [
      'changes that wait for a restart',
      { keys: ['subscriber.id', 'legs.dsl.interface', 'workers'] },
    ],
  ])
})

test('a bad file changes nothing, and its sentence is told', () => {
  const home = new Home()
  home.hangup(`${FILE}overflow: { trialS: 0 }\nclasses: { default: handover }`)
  assert.deepEqual(home.taken, [])
  assert.equal(home.policy.present.classes.default, 'overflow')
  const [[message, fields] = []] = home.said
  assert.equal(message, 'policy not changed')
  assert.match(JSON.stringify(fields), /overflow\.trialS must be a whole number from 1 to 3600/)
})

class Home {
  readonly taken: string[] = []
  readonly said: Array<[string, unknown]> = []
  readonly policy: LivePolicy
  readonly #started = read(FILE)

  constructor() {
    if (this.#started.kind !== 'value') throw new Error('the file is wrong')
    const taker: PolicyTaker = {
      adopt: ({ classes, overflow }, flows) => {
        this.taken.push(`${classes.default}, trial ${overflow.trialS} s, for ${flows} flows`)
      },
    }
    this.policy = new LivePolicy(this.#started.value, [taker])
  }

  hangup(text: string): void {
    if (this.#started.kind !== 'value') return
    const log = paintedLog((message, fields) => this.said.push([message, fields]))
    reload(this.#started.value, () => read(text), this.policy, log)
  }
}

function read(text: string): ReturnType<typeof parseConfig<typeof cpeConfig>> {
  return parseConfig(cpeConfig, text, 'cpe.yaml')
}
