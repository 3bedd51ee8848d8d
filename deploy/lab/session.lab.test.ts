/**
 * The control session on a real street: it stands on either leg, outlives a cut and a dead concentrator, and what
 * the operator changes reaches a home that is downloading within a second.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse, stringify } from 'yaml'
import type { SpeedTestResult } from '../../shared/core/speed-result.ts'
import { CONCENTRATOR } from './addresses.ts'
import { configPath } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually, logOf } from './onlooker.ts'
import { download } from './transfer.ts'

const skip = streetImpossible()
let street: Street

before(async () => {
  if (skip !== false) return
  const concentrator = {
    control: { reportS: 1 },
    listen: { addresses: Object.values(CONCENTRATOR.own) },
  }
  const cpe = { speedTest: { megabytes: 8, lteMegabytes: 3 } }
  street = await raiseStreet({ name: 'hyb-session', session: true, concentrator, cpe })
})
after(async () => {
  if (skip === false) await street.down()
})

test('the session begins on DSL, LTE stands by, and each leg is given a cookie of its own', {
  skip,
}, async () => {
  await eventually(() => assert.deepEqual(sessionsAt('cpe'), ['dsl multipath']), 5_000)
  assert.match(logOf(street, 'concentrator'), /"multipath":true,"msg":"home came"/)
  await eventually(async () => {
    const { stdout } = await street.exec('concentrator', ['ss', '-tnH', 'sport', '=', '8805'])
    const peers = stdout.split('\n').filter((line) => line.startsWith('ESTAB'))
    assert.equal(peers.length, 2, stdout)
  }, 5_000)
})

test('what limits the home is told by both ends: a host that takes no more, while the lines have room', {
  skip,
}, async () => {
  const url = 'http://198.51.100.10/bytes/200000000'
  const reader = street.spawn(
    'home',
    ['curl', '-s', '-o', '/dev/null', '--limit-rate', '400000', '--max-time', '20', url],
    { stdio: 'ignore' },
  )
  await eventually(async () => {
    const argv = ['hybridge', 'verdict', 'home-1', '--span', 'interval', '--json']
    const { stdout } = await street.exec('concentrator', argv)
    const { now } = JSON.parse(stdout) as { now: { limit: string; facts: { street?: object } } }
    assert.equal(now.limit, 'demand/device')
    assert.ok(now.facts.street !== undefined, 'the concentrator testified')
  }, 18_000)
  reader.kill()
})

test('an operator has the lines of a home measured, which carries no more than it may and is no full DSL', {
  skip,
}, async () => {
  await street.line('lte', { mtu: 1_400 })
  const told = await hybridge('speed-test', 'home-1', '--only', 'dsl,lte', '--json')
  const { by, subjects, usedBytes, lteUsedBytes } = JSON.parse(told) as SpeedTestResult
  const passes = { multipath: true, mtuBytes: 1_500 }
  assert.equal(by, 'operator')
  assert.deepEqual(subjects.dsl?.paths, { ipv4: passes, ipv6: passes }, told)
  assert.equal(subjects.lte?.mtuBytes, 1_400, told)
  assert.ok(subjects.dsl?.downBitsPerS !== undefined && subjects.dsl.loadedUpMs !== undefined, told)
  assert.equal(subjects.both, undefined, told)
  assert.ok(usedBytes > 1e6 && usedBytes <= 8e6 && lteUsedBytes <= 3e6, told)
  const again = await street.exec('concentrator', ['hybridge', 'speed-test', 'home-1'])
  assert.match(again.stderr, /was tested often, or just now; ask again in \d+ s/)
  await street.line('lte', { mtu: 1_500 })
  await eventually(async () => {
    const said = await hybridge('verdict', 'home-1', '--span', 'interval', '--json')
    const { items } = JSON.parse(said) as { items: ReadonlyArray<{ limit: string }> }
    const limits = items.map(({ limit }) => limit)
    // Of the reader before it nothing is left.
    const [first, ...rest] = limits.slice(limits.indexOf('demand/tested'))
    assert.ok(first === 'demand/tested' && !rest.includes('dsl-sync/full'), limits.join())
  }, 12_000)
})

test('a policy that changes while a home downloads is applied within a second, and no flow is dropped', {
  skip,
}, async () => {
  let changing: Promise<number> | undefined
  const loading = download(street, '/bytes/20000000', {
    onProgress: ({ bytes }) => {
      if (bytes < 2_000_000) return
      changing ??= setPolicy('classes.default=dsl-only', 'overflow.trialS=9')
    },
  })
  const { bytes } = await loading
  const changedMs = await changing
  assert.equal(bytes, 20_000_000)
  const applied =
    /"time":"([^"]+)","pid":\d+,"subscriber":"home-1","version":"\w+","msg":"policy applied"/.exec(
      logOf(street, 'concentrator'),
    )
  assert.ok(applied !== null && changedMs !== undefined, logOf(street, 'concentrator'))
  const tookMs = Date.parse(applied[1] ?? '') - changedMs
  assert.ok(tookMs < 1_000, `applied after ${tookMs} ms`)
  assert.match(logOf(street, 'cpe'), /"changed":\["classes","overflow"\]/)
})

test('the session outlives its leg', { skip }, async () => {
  await street.fail('dsl', 'silent')
  await eventually(() => assert.match(logOf(street, 'cpe'), /"leg":"dsl".*"msg":"leg down"/), 5_000)
  const before = timesApplied()
  await setPolicy('overflow.trialS=8')
  await eventually(() => assert.equal(timesApplied(), before + 1), 3_000)
  assert.deepEqual(
    sessionsAt('cpe'),
    ['dsl multipath'],
    'the session that was there before the cut',
  )
})

test('a home that starts on LTE alone, with what it was told last, has a session', {
  skip,
}, async () => {
  await street.restart('cpe')
  const [, started = ''] = logOf(street, 'cpe').split('"msg":"stopping"')
  assert.match(started, /"changed":\["classes","overflow"\].*"msg":"policy of the concentrator"/)
  await eventually(() => assert.equal(sessionsAt('cpe').at(-1), 'lte multipath'), 5_000)
  await street.heal('dsl')
})

test('a concentrator that is killed and comes back has its home back, and keeps its key', {
  skip,
}, async () => {
  const before = sessionsAt('cpe').length
  await street.restart('concentrator', 'SIGKILL')
  await eventually(() => assert.ok(sessionsAt('cpe').length > before), 8_000)
  await eventually(() => assert.match(logOf(street, 'concentrator'), /"msg":"home came"/), 2_000)
})

test('a home whose file is one line enrols itself, and is bonded under the name it was given', {
  skip,
}, async () => {
  const line = await lineFor('home-7')
  // The street's state directory stands in for what outlives a reboot.
  const stateDirectory = join(street.directory, 'enrolled-home')
  writeFileSync(configPath(street.name, 'cpe'), stringify({ enrol: line, stateDirectory }))
  await street.restart('cpe')
  assert.match(logOf(street, 'cpe'), /"subscriber":"home-7","msg":"enrolled"/)
  await eventually(
    () => assert.match(logOf(street, 'concentrator'), /"subscriber":"home-7".*"msg":"home came"/),
    5_000,
  )
  const { bytes } = await download(street, '/bytes/2000000')
  assert.equal(bytes, 2_000_000)
  await eventually(async () => {
    const { stdout } = await street.exec('cpe', ['ss', '-MtnH', 'dport', '=', ':8803'])
    assert.notEqual(stdout, '', 'no bonded connection')
  }, 5_000)
  // The code is spent, and no reason to start anew.
  await street.restart('cpe', 'SIGKILL')
  await eventually(
    () => assert.equal(logOf(street, 'concentrator').match(/"home-7".*"home came"/g)?.length, 2),
    5_000,
  )
})

test('a spent code opens nothing for another home, and three lines are a home too', {
  skip,
}, async () => {
  const spent = parse(readFileSync(configPath(street.name, 'cpe'), 'utf8')) as { enrol: string }
  const elsewhere = join(street.directory, 'thief')
  const thief = join(street.directory, 'thief.yaml')
  writeFileSync(thief, stringify({ enrol: spent.enrol, stateDirectory: elsewhere }))
  const refused = await street.exec('cpe', ['timeout', '4', 'node', 'cpe/main.ts', thief])
  assert.match(refused.stdout, /"why":"the code is not known here, was spent.*"msg":"not enrolled"/)
  assert.doesNotMatch(refused.stdout, /"msg":"(enrolled|ready)"/)

  const added = await hybridge('subscribers', 'add', 'home-8', '--json')
  const { secret } = JSON.parse(added) as { secret: string }
  const concentrator = spent.enrol.replace(/&code=.*/, '')
  writeFileSync(
    configPath(street.name, 'cpe'),
    // And where it may write, for two streets share /run.
    stringify({ concentrator, subscriber: 'home-8', secret, stateDirectory: elsewhere }),
  )
  await street.restart('cpe')
  await eventually(
    () => assert.match(logOf(street, 'concentrator'), /"home-8".*"home came"/),
    5_000,
  )
  assert.equal((await download(street, '/bytes/100000')).bytes, 100_000)
})

async function lineFor(id: string): Promise<string> {
  const { line } = JSON.parse(await hybridge('enrol', id, '--json')) as { line: string }
  return line
}

async function hybridge(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await street.exec('concentrator', ['hybridge', ...words])
  assert.equal(status, 0, stdout + stderr)
  return stdout
}

/** The sessions that the home has opened, each as its leg and whether it was multipath. */
function sessionsAt(daemon: 'cpe'): string[] {
  return [
    ...logOf(street, daemon).matchAll(
      /"leg":"(\w+)","multipath":(\w+),"msg":"control session opened"/g,
    ),
  ].map(([, leg, multipath]) => `${leg} ${multipath === 'true' ? 'multipath' : 'plain'}`)
}

function timesApplied(): number {
  return logOf(street, 'concentrator').match(/"msg":"policy applied"/g)?.length ?? 0
}

/** As an operator does it. Answers when the order was given. */
async function setPolicy(...keys: readonly string[]): Promise<number> {
  const toldMs = Date.now()
  await hybridge('policy', 'set', '--subscriber', 'home-1', ...keys)
  return toldMs
}
