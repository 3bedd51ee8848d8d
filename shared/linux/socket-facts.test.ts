import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectedPair } from '../relay/loopback.fake.ts'
import * as libc from './libc.ts'
import { mptcpToken, readTcpInfo, receiveMemory } from './socket-facts.ts'

test('what has arrived and was not read is in memory, and what was read is not', () => {
  const [client, server] = connectedPair()
  assert.equal(receiveMemory(server), 0)
  const sent = libc.send(client, new Uint8Array(100_000))
  assert.ok(receiveMemory(server) >= sent, `${receiveMemory(server)} of ${sent}`)
  const chunk = new Uint8Array(100_000)
  for (let read = 0; read < sent; ) read += libc.recv(server, chunk)
  assert.equal(receiveMemory(server), 0)
  assert.equal(receiveMemory(-1), 0)
  for (const fd of [client, server]) libc.close(fd)
})

test('plain TCP has no token, and a round trip', () => {
  const [client, server] = connectedPair()
  assert.equal(mptcpToken(client), undefined)
  assert.ok((readTcpInfo(client)?.rttMs ?? 0) > 0)
  for (const fd of [client, server]) libc.close(fd)
})
