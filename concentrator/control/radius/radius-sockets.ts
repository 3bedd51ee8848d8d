/**
 * The UDP sockets of RADIUS: one towards each server, which hears nobody else, and those on which clients ask.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { sentenceOf } from '../../../shared/daemon/log.ts'
import { type Fail, guarded } from '../../../shared/daemon/supervise.ts'
import { isIpv4, knownAddress, parseAddress } from '../../../shared/wire/address.ts'

export interface ClientEnds {
  readonly hear: (bytes: Uint8Array) => void
  /** The kernel says that nobody is there, or that there is no way. */
  readonly unreachable: () => void
}

export interface ClientSocket extends Disposable {
  send(bytes: Uint8Array): void
}

/** Made when it is first needed, and anew after an error: addresses and routes come and go. */
export function openClientSocket(
  { address, port }: { readonly address: string; readonly port: number },
  { hear, unreachable }: ClientEnds,
): ClientSocket {
  let socket: Socket | undefined
  let isConnected = false
  let early: Uint8Array[] = []
  const close = (): void => {
    socket?.close()
    socket = undefined
    isConnected = false
    early = []
  }
  const open = (): void => {
    const made = createSocket(isIpv4(knownAddress(address)) ? 'udp4' : 'udp6')
    socket = made
    made.on('message', (bytes) => hear(bytes))
    made.on('error', () => {
      if (socket !== made) return
      close()
      unreachable()
    })
    made.connect(port, address, () => {
      if (socket !== made) return
      isConnected = true
      for (const bytes of early.splice(0)) made.send(bytes)
    })
  }
  return {
    send(bytes) {
      if (socket === undefined) open()
      if (isConnected) socket?.send(bytes, ignored)
      else early.push(bytes)
    },
    [Symbol.dispose]: close,
  }
}

/** Answers what `answerTo` finds, to where the question came from. Rejects with a sentence when the port is taken. */
export async function openDoor(
  { addresses, port }: { readonly addresses: readonly string[]; readonly port: number },
  answerTo: (bytes: Uint8Array, from: Uint8Array) => Promise<Uint8Array | undefined>,
  failed: Fail,
): Promise<AsyncDisposable> {
  const sockets: Socket[] = []
  try {
    for (const address of addresses.length === 0 ? ['::'] : addresses) {
      const socket = createSocket(isIpv4(knownAddress(address)) ? 'udp4' : 'udp6')
      sockets.push(socket)
      socket.on('message', (bytes, { address: peer, port: peerPort }) => {
        const from = parseAddress(peer)
        if (from === undefined) return
        void guarded(failed, async () => {
          const answer = await answerTo(bytes, from)
          if (answer !== undefined) socket.send(answer, peerPort, peer, ignored)
        })
      })
      socket.bind(port, address)
      await once(socket, 'listening')
      socket.on('error', failed)
    }
  } catch (error) {
    for (const socket of sockets) socket.close()
    const why = sentenceOf(error)
    throw new Error(`Cannot listen for RADIUS on port ${port}: ${why}`, { cause: error })
  }
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(
        sockets.map((socket) => {
          const closed = once(socket, 'close')
          socket.close()
          return closed
        }),
      )
    },
  }
}

/** What cannot be sent is said again by whoever wants an answer. */
function ignored(): void {}
