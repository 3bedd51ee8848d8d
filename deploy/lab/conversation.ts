/**
 * Conversations across the street, held by the caller's own process: a witness stands in one place and
 * answers everybody with the address it sees; a speaker in another asks it, on one and the same flow,
 * again and again. So it is known which way a flow goes, and whether it still goes at all.
 */
import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { must } from '../../shared/linux/errors.ts'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { openListener, resetAndClose } from '../../shared/linux/sockets.ts'
import { formatAddress, knownAddress, parseAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { netnsOf, type Place } from './places.ts'

export type Protocol = 'tcp' | 'udp'

/**
 * Stand at `port` on every one of `addresses` of a place, for TCP and UDP, and answer each line or
 * datagram with itself and the address it came from.
 */
export function openWitness(
  street: string,
  place: Place,
  port: number,
  addresses: readonly string[],
): Disposable {
  using opened = new DisposableStack()
  const guests = new Set<Socket>()
  opened.defer(() => {
    for (const guest of guests) guest.destroy()
  })
  const doors = inNetworkNamespace(netnsOf(street, place), () =>
    addresses.map((own) => {
      const address = encodeSockaddr6(knownAddress(own), port)
      const door = { address, multipath: false, transparent: false, reusePort: false }
      return { tcp: openListener(door, own), udp: openPost(address) }
    }),
  )
  for (const { tcp, udp } of doors) {
    const server = createServer((guest) => {
      guests.add(guest)
      guest.on('close', () => guests.delete(guest)).on('error', () => guest.destroy())
      const peer = plain(guest.remoteAddress ?? '')
      guest.setEncoding('utf8').on('data', (text: string) => {
        for (const word of text.split('\n')) if (word !== '') guest.write(`${word} ${peer}\n`)
      })
    }).listen({ fd: tcp })
    opened.defer(() => void server.close())
    const post = createSocket('udp6', (datagram, from) => {
      // What the kernel cannot deliver is lost, as datagrams are.
      const answer = `${datagram.toString().trim()} ${plain(from.address)}\n`
      post.send(answer, from.port, from.address, () => 0)
    })
    post.bind({ fd: udp })
    opened.defer(() => void post.close())
  }
  return opened.move()
}

/** One flow from a place to a witness; `own` is the address to speak from, the kernel's choice without. */
export class Conversation implements Disposable {
  readonly #fd: number
  readonly #protocol: Protocol
  readonly #bytes = new Uint8Array(2_048)
  #heard = ''
  #number = 0

  constructor(
    street: string,
    place: Place,
    protocol: Protocol,
    to: { readonly address: string; readonly port: number },
    own?: string,
  ) {
    this.#protocol = protocol
    this.#fd = inNetworkNamespace(netnsOf(street, place), () => {
      const fd = openSocket(protocol)
      if (own !== undefined)
        must(libc.bind(fd, encodeSockaddr6(knownAddress(own), 0)), 'speak', 'bind')
      libc.connect(fd, encodeSockaddr6(knownAddress(to.address), to.port))
      return fd
    })
  }

  /**
   * Say something new and wait for the answer to it: the address that the witness sees, `silence` when
   * there is none in time, `over` when TCP has ended. A datagram is said again every now and then, as
   * those do who talk over UDP.
   */
  async say(): Promise<string> {
    const word = `${this.#number++}`
    const untilMs = performance.now() + ANSWER_MS_MAX
    let againMs = -Infinity
    while (performance.now() < untilMs) {
      if (performance.now() >= againMs) {
        const said = libc.send(this.#fd, Buffer.from(`${word}\n`))
        if (said > 0) againMs = this.#protocol === 'udp' ? performance.now() + AGAIN_MS : Infinity
        else if (said !== -EAGAIN && this.#protocol === 'tcp') return 'over'
      }
      const got = libc.recv(this.#fd, this.#bytes)
      if (this.#protocol === 'tcp' && (got === 0 || (got < 0 && got !== -EAGAIN))) return 'over'
      if (got > 0) this.#heard += Buffer.from(this.#bytes.subarray(0, got)).toString()
      const lines = this.#heard.split('\n')
      this.#heard = lines.pop() ?? ''
      const answer = lines.find((line) => line.startsWith(`${word} `))
      if (answer !== undefined) return answer.slice(word.length + 1)
      await pause(POLL_MS)
    }
    return 'silence'
  }

  [Symbol.dispose](): void {
    resetAndClose(this.#fd)
  }
}

function openPost(address: Uint8Array): number {
  const fd = openSocket('udp')
  must(libc.bind(fd, address), 'stand as a witness', 'bind')
  return fd
}

function openSocket(protocol: Protocol): number {
  const type = protocol === 'tcp' ? libc.SOCK_STREAM : libc.SOCK_DGRAM
  return must(
    libc.socket(libc.AF_INET6, type | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC, 0),
    'hold a conversation',
    'socket',
  )
}

/** Without `::ffff:` and without a zone. */
function plain(address: string): string {
  const parsed = parseAddress(address.replace(/%.*$/, ''))
  return parsed === undefined ? address : formatAddress(parsed)
}

const EAGAIN = 11
const ANSWER_MS_MAX = 1_000
const AGAIN_MS = 200
const POLL_MS = 2
