import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { TestFailure } from './connection.ts'
import { familiesOf, lookAtPath } from './paths.ts'

test('full packets that come back say what passes', async () => {
  const line = new EchoLine(1_492)
  assert.deepEqual(await look(line), { multipath: true, mtuBytes: 1_492 })
})

test('a path on which large packets are lost is told as that', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const looking = look(new EchoLine(1_500, { most: 1_400, isPlain: true }))
  await turn()
  t.mock.timers.tick(3_000)
  assert.deepEqual(await looking, { multipath: false, mtuBytes: 1_500, why: 'stalled' })
})

test('what cannot be opened is told with why, and what was opened is closed', async () => {
  const refused = () => Promise.reject(new TestFailure('refused'))
  assert.deepEqual(await lookAtPath(refused, assert.fail), { why: 'refused' })
  const closed: EchoLine[] = []
  const line = new EchoLine(1_500)
  await lookAtPath(
    () => Promise.resolve(line),
    (one) => closed.push(one),
  )
  assert.deepEqual(closed, [line])
})

test('the families are those of the addresses, in their order', () => {
  const of = (...addresses: string[]) => familiesOf({ addresses })
  assert.deepEqual(of('2001:db8::1', '192.0.2.1'), ['ipv6', 'ipv4'])
  assert.deepEqual(of('192.0.2.1', '192.0.2.2'), ['ipv4'])
})

function look(line: EchoLine) {
  return lookAtPath(
    () => Promise.resolve(line),
    () => undefined,
  )
}

/** It says again what it is told, up to so many bytes. */
class EchoLine {
  readonly mtuBytes: number
  readonly token: number | undefined
  readonly #most: number
  #hear: (bytes: Buffer) => void = () => undefined

  constructor(mtuBytes: number, { most = Infinity, isPlain = false } = {}) {
    this.mtuBytes = mtuBytes
    this.token = isPlain ? undefined : 7
    this.#most = most
  }

  listen(hear: (bytes: Buffer) => void): void {
    this.#hear = hear
  }

  say(bytes: Uint8Array): boolean {
    const back = Buffer.from(bytes).subarray(0, this.#most)
    setImmediate(() => {
      for (let at = 0; at < back.length; at += 1_448) this.#hear(back.subarray(at, at + 1_448))
    })
    return true
  }
}
