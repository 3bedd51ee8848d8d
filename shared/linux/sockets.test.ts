import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { knownAddress } from '../wire/address.ts'
import { encodeSockaddr6 } from '../wire/sockaddr.ts'
import { openListener } from './sockets.ts'

test('what a peer sends before it is read waits there, beyond what the listener takes', async (t) => {
  const options = { multipath: false, transparent: false, reusePort: false, receiveBytes: 4_096 }
  const address = encodeSockaddr6(knownAddress('::'), 0)
  const server = createServer({ pauseOnConnect: true })
  server.listen({ fd: openListener({ ...options, address }, 'any port') })
  t.after(() => server.close())
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => peer.destroy())
  peer.write(new Uint8Array(65_536))
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [
    [Socket],
    unknown,
  ]
  t.after(() => accepted.destroy())
  const [first] = (await once(accepted.resume(), 'data')) as [Buffer]
  // The kernel doubles it, for what it keeps beside.
  assert.ok(first.length <= 8_192, `${first.length}`)
})
