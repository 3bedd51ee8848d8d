import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as libc from '../../shared/linux/libc.ts'
import { connectedPair } from '../../shared/relay/loopback.fake.ts'
import { EarlyData } from './early-data.ts'

const MESSAGE = new Uint8Array(36)

test('on an uplink that is proven all goes behind the message at once', (t) => {
  const { early, uplink, arrived } = said(t, 5_000)
  assert.equal(early.begin(uplink, MESSAGE, true), 'ok')
  assert.equal(early.held, false)
  assert.equal(early.sentBytes, 5_000)
  assert.equal(arrived(), 5_036)
})

test('on one that is not, one segment leaves, and the rest when it is', (t) => {
  const { early, uplink, arrived } = said(t, 5_000)
  assert.equal(early.begin(uplink, MESSAGE, false), 'ok')
  assert.equal(early.forward(uplink), 'ok')
  assert.equal(early.held, true)
  assert.equal(arrived(), 1_160)
  early.prove()
  assert.equal(early.held, false)
  assert.equal(early.forward(uplink), 'ok')
  assert.equal(arrived(), 5_036 - 1_160)
})

test('a second uplink is told everything from the beginning', (t) => {
  const { early, uplink, arrived } = said(t, 100)
  early.begin(uplink, MESSAGE, false)
  assert.equal(arrived(), 136)
  early.rewind()
  assert.equal(early.repeatable, true)
  early.begin(uplink, MESSAGE, false)
  assert.equal(arrived(), 136)
})

test('an uplink that has ended is told from a LAN host that has', (t) => {
  const { early, uplink, concentrator } = said(t, 100)
  libc.shutdownWrite(uplink)
  assert.equal(early.begin(uplink, MESSAGE, false), 'uplink broke')
  libc.close(concentrator)
})

/** A LAN host that has said so many bytes, and an uplink whose other end counts. */
function said(t: TestContext, bytes: number) {
  const [host, lan] = connectedPair()
  const [uplink, concentrator] = connectedPair()
  t.after(() => [host, lan, uplink].forEach(libc.close))
  libc.send(host, Buffer.alloc(bytes, 'x'))
  const arrived = () => libc.recv(concentrator, new Uint8Array(65_536))
  const early = new EarlyData(lan, new Uint8Array(65_536))
  return { early, uplink, concentrator, arrived }
}
