/**
 * The other end of the lab test: a thread that lives in the cloud's namespace, answers probes, and sends
 * a steady stream into the MPTCP connection that says hello, while it is the only one.
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { must } from '../../shared/linux/errors.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { openNetworkNamespace } from '../../shared/linux/netns.ts'
import { openListener } from '../../shared/linux/sockets.ts'
import { macOf, probeSecret } from '../../shared/tunnel/keys.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { decodeProbe, encodeProbe } from '../../shared/wire/probe.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'

interface CloudBirth {
  readonly netns: string
  readonly port: number
  readonly cookie: Uint8Array
}

export async function startCloud(birth: CloudBirth): Promise<AsyncDisposable> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { cloud: birth } })
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
  })
  return {
    [Symbol.asyncDispose]: async () => {
      await worker.terminate()
    },
  }
}

async function live({ netns, port, cookie }: CloudBirth): Promise<void> {
  must(libc.enterNetworkNamespace(openNetworkNamespace(netns)), `enter ${netns}`, 'setns')
  // Joins are accepted only while somebody listens to path manager events.
  const paths = new MptcpPathManager()
  const mac = macOf(probeSecret(cookie).key)
  const echoes = createSocket('udp6')
  echoes.on('message', (datagram, from) => {
    const decoded = decodeProbe(datagram)
    if (decoded.kind !== 'message') return
    echoes.send(encodeProbe({ ...decoded.frame, type: 'echo' }, mac), from.port, from.address)
  })
  echoes.bind(port)
  await once(echoes, 'listening')
  const address = encodeSockaddr6(knownAddress('::'), port)
  const listener = openListener(
    { address, multipath: true, transparent: false, reusePort: false },
    'cloud',
  )
  const homes = new Set<number>()
  const chunk = new Uint8Array(CHUNK_BYTES)
  const hello = new Uint8Array(16)
  setInterval(() => {
    paths.drain(() => {})
    for (let fd = libc.accept(listener); fd >= 0; fd = libc.accept(listener)) homes.add(fd)
    for (const fd of homes) {
      // The first byte back is what lets subflows join.
      const got = libc.recv(fd, hello)
      if (got > 0) libc.send(fd, Uint8Array.of(1))
      if (got <= 0 && got !== -EAGAIN) {
        homes.delete(fd)
        libc.close(fd)
      } else if (homes.size === 1) libc.send(fd, chunk)
    }
  }, STREAM_MS)
  parentPort?.postMessage('living')
}

/** 24 Mbit/s. */
const CHUNK_BYTES = 15_000
const STREAM_MS = 5

const { cloud } = (workerData ?? {}) as { readonly cloud?: CloudBirth }
if (cloud !== undefined) await live(cloud)
