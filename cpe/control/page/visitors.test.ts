/**
 * Over the loopback, with what Node's own server makes of it.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { Visitors } from './visitors.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: router\r\n\r\n'

test('who asks anew before it was answered is answered once at most, and finds no door for 10 s', async () => {
  let asked = 0
  // It takes its time.
  await using page = await serve(() => void asked++)
  const rude = page.dial()
  rude.write(REQUEST.repeat(100))
  await ended(rude)
  assert.equal(asked, 1)
  await ended(page.dial())
  page.nowMs += 10_000
  const again = page.dial()
  again.write(REQUEST)
  while (asked < 2) await new Promise(setImmediate)
})

for (const [what, request] of [
  ['says no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['expects what there is not', 'GET / HTTP/1.1\r\nHost: router\r\nExpect: wonders\r\n\r\n'],
] as const) {
  test(`who ${what} is no better off: Node does not answer it by itself`, async () => {
    let asked = 0
    await using page = await serve(() => void asked++)
    const rude = page.dial()
    let heard = ''
    rude.on('data', (bytes) => (heard += String(bytes)))
    rude.write(request.repeat(100))
    await ended(rude)
    assert.deepEqual([asked, heard], [1, ''])
    await ended(page.dial())
  })
}

test('one after the other is what a browser asks, over one connection', async () => {
  await using page = await serve((_request, response) => response.end('well'))
  const browser = page.dial()
  for (let i = 0; i < 5; i++) {
    browser.write(REQUEST)
    const [answer] = await once(browser, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 200 OK/)
  }
})

test('an address has eight connections, and one that ends makes room', async () => {
  await using page = await serve(() => undefined)
  const first = page.dial()
  const others = Array.from({ length: 7 }, () => page.dial())
  await Promise.all([first, ...others].map((one) => once(one, 'connect')))
  await ended(page.dial())
  first.destroy()
  page.nowMs += 1_000
  // Until the server has heard of it.
  for (let last = page.dial(); ; last = page.dial()) {
    last.write(REQUEST)
    if (await Promise.race([page.asked(), ended(last).then(() => false)])) break
    page.nowMs += 1_000
  }
})

test('an address that dials without a pause leaves the others their door', async () => {
  await using page = await serve((_request, response) => response.end('well'))
  const isLetIn = async (from: string): Promise<boolean> => {
    const socket = page.dial(from).resume()
    socket.write(REQUEST)
    const answered = new Promise((resolve) => socket.once('data', resolve))
    await Promise.race([answered, ended(socket)])
    socket.destroy()
    await page.isEmpty()
    return socket.bytesRead > 0
  }
  let letIn = 0
  for (let i = 0; i < 150; i++) if (await isLetIn('127.0.0.1')) letIn++
  assert.equal(letIn, 20)
  assert.equal(await isLetIn('127.0.0.2'), true)
  page.nowMs += 100
  assert.equal(await isLetIn('127.0.0.1'), true)
})

function ended(socket: Socket): Promise<unknown> {
  // Not `once`: a connection that is reset has ended too.
  return new Promise((resolve) => {
    if (socket.closed) resolve(undefined)
    else socket.resume().once('close', resolve)
  })
}

async function serve(answer: RequestListener) {
  const dialled: Socket[] = []
  let hear: (yes: boolean) => void = () => undefined
  const house = {
    nowMs: 1_000,
    /** Resolves when somebody asks. */
    asked: () => new Promise<boolean>((resolve) => (hear = resolve)),
    /** Resolves when the server has heard of each end. */
    async isEmpty(): Promise<void> {
      const open = () =>
        new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)))
      while ((await open()) > 0) await new Promise(setImmediate)
    },
    dial(localAddress = '127.0.0.1'): Socket {
      const { port } = server.address() as AddressInfo
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      socket.on('error', () => socket.destroy())
      dialled.push(socket)
      return socket
    },
    async [Symbol.asyncDispose]() {
      for (const socket of dialled) socket.destroy()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  const visitors = new Visitors(
    (request, response) => {
      hear(true)
      answer(request, response)
    },
    () => house.nowMs,
  )
  const server = visitors.server({})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return house
}
