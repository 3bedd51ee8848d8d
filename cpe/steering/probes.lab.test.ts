/**
 * Probes on a real socket, against an echo on the loopback that can misbehave. Needs root, for SO_MARK.
 */
import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { getuid } from 'node:process'
import { after, before, describe, test } from 'node:test'
import type { LegName } from '../../shared/core/leg.ts'
import { macOf, probeSecret } from '../../shared/tunnel/keys.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { decodeProbe, encodeProbe, type ProbeFrame } from '../../shared/wire/probe.ts'
import { type OnEcho, Probes } from './probes.ts'

const secret = probeSecret(Buffer.from('c00c1e42c00c1e42', 'hex'))
const mac = macOf(secret.key)

describe('probes on the loopback', { skip: getuid?.() !== 0 }, () => {
  let concentrator: Socket
  /** What the concentrator makes of a probe. */
  let answer: (frame: ProbeFrame) => Uint8Array

  before(async () => {
    concentrator = createSocket('udp4')
    concentrator.on('message', (bytes, from) => {
      const decoded = decodeProbe(bytes)
      assert.ok(decoded.kind === 'message')
      assert.deepEqual(Buffer.from(mac(decoded.signed)), Buffer.from(decoded.mac))
      concentrator.send(answer(decoded.frame), from.port, from.address)
    })
    concentrator.bind(0, '127.0.0.1')
    await once(concentrator, 'listening')
  })

  after(() => concentrator.close())

  test('an echo is told with its leg, its number, its round trip and what it says', async () => {
    const said = { shapedKbps: 48_500, unsent: true }
    answer = (frame) => {
      assert.deepEqual([frame.shapedKbps, frame.unsent], [0, true], 'it may be said')
      return encodeProbe({ ...frame, type: 'echo', ...said }, mac)
    }
    using asked = new Asked(concentrator.address().port)
    const number = asked.ask('lte')
    const [leg, echoed, rttMs, { shapedKbps, unsent }] = await asked.heard()
    assert.deepEqual([leg, echoed], ['lte', number])
    assert.deepEqual({ shapedKbps, unsent }, said)
    assert.ok(rttMs > 0 && rttMs < 1_000)
    assert.deepEqual(asked.counts(), { sent: 1, answered: 1 })
  })

  const lies: ReadonlyArray<[string, string, (frame: ProbeFrame) => Uint8Array]> = [
    [
      'a forged MAC',
      'forged',
      (frame) => encodeProbe({ ...frame, type: 'echo' }, macOf(new Uint8Array(32))),
    ],
    [
      'another session',
      'foreign',
      (frame) => encodeProbe({ ...frame, type: 'echo', sessionId: new Uint8Array(8) }, mac),
    ],
    [
      'the echo of another leg',
      'foreign',
      (frame) => encodeProbe({ ...frame, type: 'echo', legId: 1 }, mac),
    ],
    ['our own probe thrown back', 'alien', (frame) => encodeProbe(frame, mac)],
    ['noise', 'alien', () => Uint8Array.of(1, 2, 3)],
  ]
  for (const [name, counter, lie] of lies) {
    test(`${name} is counted and believed by nobody`, async () => {
      using asked = new Asked(concentrator.address().port)
      answer = lie
      asked.ask('lte')
      await asked.counted(counter)
      assert.deepEqual(asked.counts(), { sent: 1, [counter]: 1 })
    })
  }

  test('a leg without a place asks nothing, and one that moved asks from its new place', () => {
    using asked = new Asked(concentrator.address().port)
    assert.equal(asked.probes.ask('dsl'), undefined)
    const remote = { address: knownAddress('127.0.0.1'), port: 9 }
    const way = { device: 'lo', ifIndex: 1, local: knownAddress('127.0.0.9'), remote }
    assert.equal(asked.probes.place('dsl', way), 0)
    assert.notEqual(asked.probes.ask('dsl'), undefined)
    const gone = { ...way, local: knownAddress('192.0.2.99') }
    assert.equal(asked.probes.place('dsl', gone), -EADDRNOTAVAIL)
    assert.equal(asked.probes.ask('dsl'), undefined)
  })
})

/** Probes on LTE over the loopback, and what they heard. */
class Asked {
  readonly probes: Probes
  readonly #echoes: Array<Parameters<OnEcho>> = []

  constructor(port: number) {
    const clocks = { nowUs: () => performance.now() * 1_000, unixMs: () => Date.now() }
    this.probes = new Probes(secret, (...echo) => this.#echoes.push(echo), clocks)
    const remote = { address: knownAddress('127.0.0.1'), port }
    const local = knownAddress('127.0.0.1')
    assert.equal(this.probes.place('lte', { device: 'lo', ifIndex: 1, local, remote }), 0)
  }

  ask(leg: LegName): number {
    const number = this.probes.ask(leg)
    assert.ok(number !== undefined)
    return number
  }

  async heard(): Promise<Parameters<OnEcho>> {
    for (;;) {
      const [echo] = this.#echoes
      if (echo !== undefined) return echo
      await new Promise(setImmediate)
    }
  }

  async counted(counter: string): Promise<void> {
    while (this.counts()[counter] === undefined) await new Promise(setImmediate)
  }

  /** The counters that are not zero. */
  counts(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.probes.counts).filter(([, count]) => count > 0))
  }

  [Symbol.dispose](): void {
    this.probes[Symbol.dispose]()
  }
}

const EADDRNOTAVAIL = 99
