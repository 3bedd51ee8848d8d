/**
 * A call: 50 small datagrams a second to the echo service of the internet, and which of them came back. Held
 * by the caller's own process, on one flow.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { must } from '../../shared/linux/errors.ts'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { netnsOf, type Place } from './places.ts'

export interface CallReport {
  readonly sent: number
  readonly lost: number
  /** The longest run of packets of which none came back, as the time between them. */
  readonly longestGapMs: number
  /** The longest time in which none came: what a listener hears. */
  readonly longestSilenceMs: number
  /** Round trips that came, in milliseconds, in their order. */
  readonly tripsMs: readonly number[]
}

/** Call for `seconds`; meanwhile `during` may do something to the street. */
export async function call(
  street: string,
  place: Place,
  to: { readonly address: string; readonly port: number },
  seconds: number,
  during: () => Promise<unknown> = () => Promise.resolve(),
): Promise<CallReport> {
  const fd = inNetworkNamespace(netnsOf(street, place), () => {
    const type = libc.SOCK_DGRAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC
    const socket = must(libc.socket(libc.AF_INET6, type, 0), 'call', 'socket')
    must(
      libc.connect(socket, encodeSockaddr6(knownAddress(to.address), to.port)),
      'call',
      'connect',
    )
    return socket
  })
  using _closed = { [Symbol.dispose]: () => libc.close(fd) }
  const packet = new Uint8Array(PACKET_BYTES)
  const number = new DataView(packet.buffer)
  const sentMs: number[] = []
  const cameMs: number[] = []
  const listen = (): void => {
    while (libc.recv(fd, packet) > 0) cameMs[number.getUint32(0)] ??= performance.now()
  }
  const beganMs = performance.now()
  const meanwhile = during()
  while (performance.now() < beganMs + seconds * 1_000) {
    if (performance.now() >= beganMs + sentMs.length * EVERY_MS) {
      number.setUint32(0, sentMs.length)
      sentMs.push(performance.now())
      libc.send(fd, packet)
    }
    listen()
    await pause(1)
  }
  await meanwhile
  const untilMs = performance.now() + LAST_MS
  while (performance.now() < untilMs) {
    listen()
    await pause(5)
  }
  return reportOf(sentMs, cameMs)
}

function reportOf(sentMs: readonly number[], cameMs: readonly number[]): CallReport {
  let missing = 0
  let longest = 0
  let lost = 0
  const tripsMs: number[] = []
  for (const [i, atMs] of sentMs.entries()) {
    const came = cameMs[i]
    if (came !== undefined) tripsMs.push(came - atMs)
    else lost++
    missing = came === undefined ? missing + 1 : 0
    longest = Math.max(longest, missing)
  }
  const arrivals = cameMs.filter((came) => came !== undefined).toSorted((a, b) => a - b)
  const silences = arrivals.slice(1).map((came, i) => came - arrivals[i]!)
  return {
    sent: sentMs.length,
    lost,
    longestGapMs: longest * EVERY_MS,
    longestSilenceMs: Math.max(0, ...silences),
    tripsMs,
  }
}

const EVERY_MS = 20
/** What G.711 puts into 20 ms. */
const PACKET_BYTES = 172
const LAST_MS = 300
