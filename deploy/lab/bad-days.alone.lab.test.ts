/**
 * A concentrator or a home gateway that is not there, hangs, or dies, on a real street: the house keeps
 * its internet over plain DSL, nobody waits for long, and afterwards all is as before.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { configWith, startAlone } from './lone-daemon.ts'
import {
  descriptorsOf,
  eventually,
  logOf,
  networkOf,
  pidOf,
  untilWay,
  type Way,
  wayOf,
} from './onlooker.ts'
import { haveEnded, processId } from './process-id.ts'

const skip = streetImpossible()
let street: Street
/** The router before any agent ran on it. */
let untouched = ''

before(async () => {
  if (skip !== false) return
  // One warm uplink, so that descriptors can be compared.
  street = await raiseStreet({
    name: 'hyb-bad-days',
    daemons: false,
    cpe: { pool: { sizeMax: 1 } },
  })
  untouched = await networkOf(street, 'cpe')
})
after(async () => {
  if (skip === false) await street.down()
})

test('with the concentrator down at start the house browses, and bonds when it comes', {
  skip,
}, async () => {
  await street.restart('cpe')
  assert.match(logOf(street, 'cpe'), /unreachable: no probe answered on dsl and lte for \d+ ms/)
  assert.equal(await wayOf(street), 'direct')
  await eventually(() => {
    assert.match(logOf(street, 'cpe'), /nobody listens on TCP port 8803 of 2001:db8:c::10/)
  }, 4_000)
  await street.restart('concentrator')
  const bondsMs = await untilWay(street, 'bonded', 10_000)
  assert.ok(bondsMs <= 4_000, `bonds ${bondsMs} ms after the concentrator serves`)
})

test('a wrong cookie has a sentence on both sides, and the house browses', { skip }, async () => {
  await kill('cpe', 'SIGTERM')
  const config = configWith(street, 'cpe', { subscriber: { cookie: '00112233445566778899aabb' } })
  await using cpe = startAlone(street, 'cpe', { config })
  await cpe.says(/"msg":"ready"/)
  assert.equal(await wayOf(street), 'direct')
  await cpe.says(/does not accept the cookie of this subscriber; compare subscriber\.cookie/)
  await pause(500)
  const asked = logOf(street, 'concentrator').match(/"its cookie is not known here"/g)
  assert.equal(asked?.length, 1, 'asked in words more than once')
})

test('a concentrator killed in mid-transfer and restarted: a quick end, and all is well again', {
  skip,
}, async () => {
  await street.restart('cpe')
  await untilWay(street, 'bonded', 4_000)
  const cpe = await pidOf(street, 'cpe')
  const descriptors = descriptorsOf(cpe)
  const transfers = [
    running(['http://198.51.100.10/bytes/1000000000']),
    running(['-T', '/dev/zero', 'http://198.51.100.10/upload']),
  ]
  await pause(2_000)
  const killedMs = performance.now()
  process.kill(await pidOf(street, 'concentrator'), 'SIGKILL')
  const ways: Way[] = []
  for (let i = 0; i < 5; i++) ways.push(await wayOf(street))
  const newOnesMs = (performance.now() - killedMs) / 5
  assert.deepEqual(new Set(ways), new Set(['direct']))
  assert.ok(newOnesMs <= 600, `new connections took ${newOnesMs} ms each`)
  await street.restart('concentrator')
  for (const transfer of transfers) {
    const { status, endedMs } = await transfer
    // 18, 55, 56: the transfer was cut short, sending or receiving failed.
    assert.ok([18, 55, 56].includes(status), `curl ended with status ${status}`)
    assert.ok(endedMs - killedMs <= 5_000, `a transfer hung for ${endedMs - killedMs} ms`)
  }
  await untilWay(street, 'bonded', 6_000)
  await eventually(() => assert.equal(descriptorsOf(cpe), descriptors), 4_000)
})

test('a concentrator that hangs costs one connection a second, however often', {
  skip,
}, async () => {
  const concentrator = await pidOf(street, 'concentrator')
  for (let times = 0; times < 2; times++) {
    await untilWay(street, 'bonded', 6_000)
    process.kill(concentrator, 'SIGSTOP')
    const beganMs = performance.now()
    const ways = [await wayOf(street)]
    const firstMs = performance.now() - beganMs
    // Whom the wait of the first has told of it goes by at once; a machine that stood still may not have told yet.
    ways.push(await wayOf(street))
    const againMs = performance.now()
    ways.push(await wayOf(street))
    const thirdMs = performance.now() - againMs
    process.kill(concentrator, 'SIGCONT')
    assert.deepEqual(ways, ['direct', 'direct', 'direct'])
    assert.ok(firstMs <= 1_400, `the first connection took ${firstMs} ms`)
    assert.ok(thirdMs <= 600, `a later connection took ${thirdMs} ms`)
  }
  await untilWay(street, 'bonded', 6_000)
})

test('a CPE killed and started again leaves the house its internet, and nothing twice', {
  skip,
}, async () => {
  await untilWay(street, 'bonded', 6_000)
  const before = await networkOf(street, 'cpe')
  await kill('cpe', 'SIGKILL')
  await untilWay(street, 'direct', 500)
  assert.equal(await wayOf(street, '[2001:db8:5::10]'), 'direct')
  assert.equal(await networkOf(street, 'cpe'), before, 'what it left is what still helps the house')
  await street.restart('cpe')
  await untilWay(street, 'bonded', 4_000)
  assert.equal(await networkOf(street, 'cpe'), before)
})

test('a CPE that is told to stop leaves the router as it found it', { skip }, async () => {
  const download = running(['http://198.51.100.10/bytes/1000000000'])
  await pause(1_000)
  const stoppedMs = performance.now()
  await kill('cpe', 'SIGTERM')
  assert.equal(await networkOf(street, 'cpe'), untouched)
  const { status, endedMs } = await download
  assert.equal(status, 56, 'a download cut short must not look like one that has ended')
  assert.ok(endedMs - stoppedMs <= 2_000, `the download hung for ${endedMs - stoppedMs} ms`)
})

/** A transfer from the home: curl's status, and when it ended. */
async function running(argv: readonly string[]) {
  const { status } = await street.exec('home', ['curl', '-s', '-o', '/dev/null', ...argv], {
    timeoutMs: 30_000,
  })
  return { status, endedMs: performance.now() }
}

async function kill(daemon: 'cpe' | 'concentrator', signal: NodeJS.Signals): Promise<void> {
  const id = processId(await pidOf(street, daemon))
  if (id === undefined) return
  process.kill(id.pid, signal)
  assert.ok(await haveEnded([id], 5_000), `${daemon} still runs 5 s after ${signal}`)
}
