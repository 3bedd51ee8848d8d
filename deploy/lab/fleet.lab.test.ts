/**
 * Two concentrators that share a store: a home goes from one that drains to the other, and comes back when that one
 * dies. The second stands where the servers are, in a namespace of its own, for each steers its own subflows.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { CONCENTRATOR, INTERNET } from './addresses.ts'
import { type ConfigPatch, configPath, mergeConfig } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually, logOf } from './onlooker.ts'
import { download } from './transfer.ts'

const skip = streetImpossible()
let street: Street
let second: ReturnType<Street['spawn']>
let said = ''

before(async () => {
  if (skip !== false) return
  const listen = { addresses: Object.values(CONCENTRATOR.own) }
  street = await raiseStreet({ name: 'hyb-fleet', session: true, concentrator: { listen } })
  const file = join(street.directory, 'second.yaml')
  const first = parse(readFileSync(configPath(street.name, 'concentrator'), 'utf8')) as ConfigPatch
  const own = {
    listen: { addresses: Object.values(INTERNET.own) },
    store: { name: 'second' },
    announce: { priority: 20 },
    stateDirectory: join(street.directory, 'second-state'),
  }
  writeFileSync(file, stringify(mergeConfig(first, own)))
  second = street.spawn('internet', ['node', 'concentrator/main.ts', file])
  second.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await eventually(() => assert.match(said, /"msg":"ready"/), 60_000)
})
after(async () => {
  if (skip === false) await street?.down()
})

test('a home goes on with what is open while its concentrator drains, and then goes to the other', {
  skip,
}, async () => {
  const list = join(street.directory, 'cpe-state', 'cpe-concentrators.json')
  await eventually(() => assert.match(readFileSync(list, 'utf8'), /"second"/), 20_000)
  let drained: Promise<unknown> | undefined
  const { bytes } = await download(street, '/bytes/20000000', {
    onProgress: (progress) => {
      if (progress.bytes < 2_000_000) return
      drained ??= street.exec('concentrator', ['hybridge', 'drain'])
    },
  })
  await drained
  assert.equal(bytes, 20_000_000, 'what was open ended')
  await eventually(() => assert.match(logOf(street, 'cpe'), /"msg":"home goes to another/), 20_000)
  await eventually(() => assert.match(said, /"subscriber":"home-1".*"msg":"home came"/), 20_000)
  assert.equal((await download(street, '/bytes/100000')).bytes, 100_000)
})

test('a home is served where it went, and both say who is where', { skip }, async () => {
  await eventually(async () => {
    const { stdout } = await street.exec('internet', ['ss', '-tnH', 'sport', '=', ':8803'])
    assert.match(stdout, /ESTAB/, 'no bonded connection')
  }, 5_000)
  await eventually(async () => {
    const { stdout } = await street.exec('concentrator', ['hybridge', 'sessions', '--json'])
    const sessions = JSON.parse(stdout) as { id: string; concentrator: string }[]
    assert.deepEqual(
      sessions.map(({ id, concentrator }) => [id, concentrator]),
      [['home-1', 'second']],
    )
  }, 5_000)
})
