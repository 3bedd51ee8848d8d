import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentSocket } from './agent.ts'
import { socketOf } from './facts.ts'

test('the daemon that runs here is found, also in a home that was enrolled', () => {
  const only = (file: string) => (path: unknown) => path === file
  for (const file of [
    '/run/hybridge/concentrator-facts.sock',
    '/var/lib/hybridge/cpe-facts.sock',
  ]) {
    assert.equal(socketOf(undefined, only(file)), file)
  }
  assert.equal(agentSocket(only('/var/lib/hybridge/cpe.sock')), '/var/lib/hybridge/cpe.sock')
  assert.equal(
    agentSocket(() => false),
    '/run/hybridge/cpe.sock',
  )
})

test('where there are two, or none, one must be named', () => {
  assert.equal(
    socketOf('/tmp/x.sock', () => false),
    '/tmp/x.sock',
  )
  assert.throws(() => socketOf(undefined, () => true), /several; name a socket with --socket/)
  assert.throws(() => socketOf(undefined, () => false), /no daemon runs here/)
})
