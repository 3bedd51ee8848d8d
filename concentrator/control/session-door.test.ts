import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { type Fail, supervise } from '../../shared/daemon/supervise.ts'
import { EXPORTER_BYTES, EXPORTER_LABEL } from '../../shared/session/credential.ts'
import { pinOf } from '../../shared/session/pin.ts'
import { Failures } from './failures.ts'
import { keptServerKey } from './server-key.ts'
import { openSessionDoor } from './session-door.ts'
import type { SessionLink } from './session-owner.ts'

test('whoever comes finds the key that is pinned, and both ends export the same', async (t) => {
  const { key, links, visit } = await openStreet(t)
  const home = await visit()
  assert.equal(pinOf(home.getPeerX509Certificate()!.publicKey), key.pin)
  assert.equal(home.getProtocol(), 'TLSv1.3')
  while (links.length === 0) await turn()
  const own = home.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0))
  assert.deepEqual(Buffer.from(links[0]!.exporter), own)
  const other = await visit()
  assert.notDeepEqual(
    other.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0)),
    own,
  )
})

test('a client of TLS 1.2 and one of no TLS are sent away, and others served', async (t) => {
  const { visit, port } = await openStreet(t)
  await assert.rejects(visit({ maxVersion: 'TLSv1.2' }))
  const plain = connectPlain({ port, host: '127.0.0.1' })
  plain.on('error', () => undefined)
  plain.write('GET / HTTP/1.1\r\n\r\n')
  await once(plain, 'close')
  await visit()
})

test('a source that failed too often is closed before TLS', async (t) => {
  const { visit, failures } = await openStreet(t)
  for (let i = 0; i < 29; i++) failures.note('127.0.0.1', performance.now())
  await visit()
  failures.note('::ffff:127.0.0.1', performance.now())
  await assert.rejects(visit())
})

test('a source with too many strangers waits, until some of them have said who they are', async (t) => {
  const { visit, links } = await openStreet(t)
  for (let i = 0; i < 1_024; i += 64) {
    await Promise.all(Array.from({ length: 64 }, () => visit()))
  }
  await assert.rejects(visit())
  while (links.length < 1_024) await turn()
  links[7]?.known()
  await visit()
})

test('a mistake of ours ends the sessions, and the next home is served by a new door', async (t) => {
  const street = await openStreet(t)
  const home = await street.visit()
  const gone = once(home, 'close')
  street.breakIt(new Error('a mistake of ours'))
  await gone
  await street.again
  await street.visit()
  assert.deepEqual(street.said, ['a mistake of ours'])
})

async function openStreet(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-door-'))
  const key = keptServerKey(directory)
  const failures = new Failures()
  const links: SessionLink[] = []
  const said: string[] = []
  let breakIt: Fail = () => undefined
  let starts = 0
  const { promise: again, resolve: startedAgain } = Promise.withResolvers<void>()
  let port = 0
  const service = await supervise(
    async (failed) => {
      breakIt = failed
      const parts = { addresses: ['127.0.0.1'], port, key, failures, open: keep }
      const door = await openSessionDoor(parts, failed)
      port = door.port
      starts += 1
      if (starts === 2) startedAgain()
      return door
    },
    (why) => said.push(why),
    () => Promise.resolve(),
  )
  function keep(link: SessionLink): void {
    links.push(link)
    link.socket.on('error', () => undefined)
    link.socket.resume()
  }
  t.after(async () => {
    await service[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })
  const visit = async (options: { readonly maxVersion?: 'TLSv1.2' } = {}): Promise<TLSSocket> => {
    const home = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
    await once(home, 'secureConnect')
    home.on('error', () => undefined)
    return home
  }
  return {
    key,
    links,
    failures,
    said,
    again,
    visit,
    port,
    breakIt: (error: unknown) => breakIt(error),
  }
}
