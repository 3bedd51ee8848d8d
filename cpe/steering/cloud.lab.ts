/**
 * The other end of the lab test: a thread that lives in the cloud's namespace, answers probes, and sends
 * a steady stream into every MPTCP connection that says hello.
 */
import { Worker, workerData } from 'node:worker_threads'
import { answerProbes } from '../../concentrator/control/probe-responder.ts'
import { must } from '../../shared/linux/errors.ts'
import * as libc from '../../shared/linux/libc.ts'
import { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { openNetworkNamespace } from '../../shared/linux/netns.ts'
import { openListener } from '../../shared/linux/sockets.ts'
import { knownAddress } from '../../shared/wire/address.ts'
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
  await answerProbes({
    listen: { port, addresses: [] },
    subscribers: [{ id: 'home', cookie }],
  })
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
      if (libc.recv(fd, hello) > 0) libc.send(fd, Uint8Array.of(1))
      if (homes.size === 1) libc.send(fd, chunk)
    }
  }, STREAM_MS)
  const { parentPort } = await import('node:worker_threads')
  parentPort?.postMessage('living')
}

/** 24 Mbit/s. */
const CHUNK_BYTES = 15_000
const STREAM_MS = 5

const { cloud } = (workerData ?? {}) as { readonly cloud?: CloudBirth }
if (cloud !== undefined) await live(cloud)
