/**
 * Shaping on real lines: pings pass a transfer, LTE keeps to its caps, and nothing of it is left behind.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { measureLoaded, pings, raiseShapedStreet } from '../bench/shaping.ts'
import { type Street, streetImpossible } from './lab.ts'
import { eventually } from './onlooker.ts'
import type { Place } from './places.ts'
import { processId, sendSignal } from './process-id.ts'

const skip = streetImpossible()
const PLAIN_BYTES = 500_000
const URL = `http://198.51.100.10/bytes/${PLAIN_BYTES}`
const CAPS = { upMbps: 4, downMbps: 10 }

const name =
  'a ping over DSL hardly waits for a transfer, LTE keeps to its caps, and nothing is left behind'

test(name, { skip }, async () => {
  await using street = await raiseShapedStreet('hyb-shape', 'vdsl50-lte30', CAPS)
  const idle = await pings(street, 1.5)
  for (const [direction, capMbps] of [
    ['up', CAPS.upMbps],
    ['down', CAPS.downMbps],
  ] as const) {
    const found = await measureLoaded(street, direction, { seconds: 4, omitS: 2 })
    const story = `${direction}, idle ${idle.p50Ms} ms: ${JSON.stringify(found)}`
    // Without shaping the modem's queue adds 30 ms and more.
    assert.ok(found.loaded.p50Ms <= idle.p50Ms + 20, story)
    // Never more; a single connection does not always ask for all of it.
    assert.ok(found.lteMbps <= 1.05 * capMbps && found.lteMbps >= 0.3 * capMbps, story)
  }
  await followsPolicy(street)
  await shapesPlain(street)
  await leavesNothing(street)
})

/** An operator's word changes the rate of a class that stands, and takes it back. */
async function followsPolicy(street: Street): Promise<void> {
  for (const [mbps, rate] of [
    ['4', '4Mbit'],
    ['', `${CAPS.downMbps}Mbit`],
  ] as const) {
    const words = ['policy', 'set', '--subscriber', 'home-1', `rates.lteDownMbps=${mbps}`]
    const { status, stderr } = await street.exec('concentrator', ['hybridge', ...words])
    assert.equal(status, 0, stderr)
    await eventually(async () => {
      const { stdout } = await street.exec('concentrator', ['tc', 'class', 'show', 'dev', 'core'])
      assert.match(stdout, new RegExp(`class htb 8810:31 .*rate ${rate} `))
    }, 3_000)
  }
}

/** On a line that lets no MPTCP pass, connections fall back to plain TCP: they stand in its class too. */
async function shapesPlain(street: Street): Promise<void> {
  await street.line('dsl', { stripMptcp: 'syn' })
  await street.restart('cpe')
  await eventually(async () => {
    const before = await dslClassBytes(street)
    const { stdout } = await street.exec('home', [
      'curl',
      '-sm5',
      '-w',
      '%{size_download}',
      '-o',
      '/dev/null',
      URL,
    ])
    assert.equal(stdout, String(PLAIN_BYTES))
    const grown = (await dslClassBytes(street)) - before
    assert.ok(grown >= PLAIN_BYTES, `${grown} bytes of ${PLAIN_BYTES}`)
  }, 10_000)
  await street.line('dsl', { stripMptcp: 'off' })
}

/** What has left the concentrator by DSL's class; 0 while there is none. */
async function dslClassBytes(street: Street): Promise<number> {
  const { stdout } = await street.exec('concentrator', ['tc', '-s', 'class', 'show', 'dev', 'core'])
  return Number(/class htb 8810:30 [^S]*Sent (\d+) bytes/.exec(stdout)?.[1] ?? 0)
}

/** After a kill -9 and a start there is one set of it, after the end none. */
async function leavesNothing(street: Street): Promise<void> {
  const shaped = async (place: Place) => {
    const { stdout: qdiscs } = await street.exec(place, ['tc', 'qdisc', 'show'])
    const { stdout: tables } = await street.exec(place, ['nft', 'list', 'tables'])
    const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0
    return {
      roots: count(qdiscs, /qdisc htb 8810:/g),
      queues: count(qdiscs, /parent 8810:/g),
      tables: count(tables, /shaping/g),
    }
  }
  const whole = { roots: 2, queues: 4, tables: 1 }
  assert.deepEqual(await shaped('cpe'), whole)
  await street.restart('cpe', 'SIGKILL')
  assert.deepEqual(await shaped('cpe'), whole, 'the cpe agent started after a kill -9')
  assert.deepEqual(await shaped('concentrator'), { roots: 1, queues: 2, tables: 1 })
  await street.restart('concentrator', 'SIGKILL')
  // Its queues come with the homes.
  const { queues, ...again } = await shaped('concentrator')
  assert.deepEqual(again, { roots: 1, tables: 1 })
  assert.ok(queues <= 2, `${queues} queues`)
  for (const daemon of ['cpe', 'concentrator'] as const) {
    const { pid } = (await street.status()).daemons[daemon]
    const id = pid === null ? undefined : processId(pid)
    assert.ok(id !== undefined, `${daemon} does not run`)
    sendSignal(id, 'SIGTERM')
    while ((await street.status()).daemons[daemon].pid !== null) await sleep(50)
    assert.deepEqual(await shaped(daemon), { roots: 0, queues: 0, tables: 0 }, `${daemon} ended`)
  }
}
