/**
 * An LTE left in peace behind a carrier that forgets: what an idle home costs on it, and what becomes of
 * connections that stand by there.
 *
 * Times are scaled: the carrier forgets a silent mapping after 6 s, and the home believes in 5.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { INTERNET } from './addresses.ts'
import { Conversation, openWitness } from './conversation.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually } from './onlooker.ts'

test('an idle LTE is left in peace, and never trusted blindly', {
  skip: streetImpossible(),
}, async (t) => {
  const cpe = { probes: { idleLteS: 1, lteNatIdleS: 5 } }
  await using street = await raiseStreet({ name: 'hyb-idlelte', pair: 'vdsl50-lte30', cpe })
  await street.line('lte', { natIdleS: 6 })
  // A new leg is asked a few times, to learn its manners.
  await sleep(1_500)
  const before = await lteBytes(street)
  await sleep(4_000)
  const idleBytes = (await lteBytes(street)) - before
  t.diagnostic(`${idleBytes} bytes on LTE in 4 s with a probe each second`)
  assert.ok(idleBytes > 0 && idleBytes <= 6 * PROBE_BYTES, `${idleBytes} bytes`)
  assert.deepEqual(await ports(street), [])

  using _witness = openWitness(street.name, 'internet', PORT, [INTERNET.own.ipv4])
  const talk = () => {
    const to = { address: INTERNET.own.ipv4, port: PORT }
    return new Conversation(street.name, 'home', 'tcp', to)
  }
  using chat = talk()
  assert.match(await chat.say(), /^\d/)
  await eventually(async () => assert.ok((await ports(street)).length > 0, 'no standby'), 2_000)
  const joinedMs = performance.now()
  await eventually(async () => assert.deepEqual(await ports(street), []), 8_000)
  t.diagnostic(`standbys ended ${(performance.now() - joinedMs).toFixed(0)} ms after they stood`)
  assert.match(await chat.say(), /^\d/)

  await street.fail('dsl', 'silent')
  const words = [await chat.say(), await chat.say()]
  assert.ok(
    words.some((word) => /^\d/.test(word)),
    words.join(),
  )
  await street.heal('dsl')
  // It has been of use: what stands by is kept alive beyond the carrier's memory.
  using other = talk()
  assert.match(await other.say(), /^\d/)
  await sleep(500)
  const kept = await ports(street)
  assert.ok(kept.length > 0)
  await sleep(7_500)
  const after = await ports(street)
  assert.ok(
    kept.some((port) => after.includes(port)),
    `${kept.join()} became ${after.join()}`,
  )
  assert.match(await chat.say(), /^\d/)
})

async function lteBytes(street: Street): Promise<number> {
  const { lte } = (await street.status()).legs
  return lte.downBytes + lte.upBytes
}

/** Local ports of the subflows that the home has on LTE, and that the carrier has not cut. */
async function ports(street: Street): Promise<string[]> {
  const { lte } = (await street.status()).legs
  const argv = ['ss', '-Htn', 'state', 'established', 'dport = :8803']
  const { stdout } = await street.exec('cpe', argv)
  return [...stdout.matchAll(new RegExp(`${lte.ipv4}]?(?:%lte)?:(\\d+)`, 'g'))].map(
    ([, port = '']) => port,
  )
}

/** IPv4, UDP, probe, there and back. */
const PROBE_BYTES = 2 * (20 + 8 + 48)
const PORT = 4_711
