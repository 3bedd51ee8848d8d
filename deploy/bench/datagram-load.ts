/**
 * Datagrams as fast as told, from a socket of this process: N a second of so many bytes each, given to the
 * kernel by the batch so that the generator is not what is measured.
 *
 * Usage: node datagram-load.ts ADDRESS PORT BYTES PER-SECOND SECONDS DEVICE
 * Says how many it has sent, as a number.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { DATAGRAMS, Departures } from '../../shared/linux/datagrams.ts'
import { must } from '../../shared/linux/errors.ts'
import * as libc from '../../shared/linux/libc.ts'
import { pinned } from '../../shared/linux/pinned.ts'
import { openLegSocket } from '../../shared/linux/udp-socket.ts'
import { knownAddress } from '../../shared/wire/address.ts'

/** Between two looks at the clock. */
const BATCHES_MAX = 16

const [address = '', port = '', bytes = '', perSecond = '', seconds = '', device = ''] =
  process.argv.slice(2)

const remote = { address: knownAddress(address), port: Number(port) }
const any = knownAddress(address.includes(':') ? '::' : '0.0.0.0')
const fd = must(openLegSocket({ device, local: any, remote, mark: 0 }), 'send', 'socket')
const memory = pinned(Number(bytes))
const departures = new Departures()
const beganMs = performance.now()
let sent = 0
for (;;) {
  const elapsedMs = performance.now() - beganMs
  if (elapsedMs > Number(seconds) * 1_000) break
  const due = Math.floor((elapsedMs * Number(perSecond)) / 1_000)
  for (let batch = 0; sent < due && batch < BATCHES_MAX; batch++) {
    const count = Math.min(DATAGRAMS, due - sent)
    for (let i = 0; i < count; i++) departures.commit(memory.address, Number(bytes), 0)
    departures.flush(fd)
    sent += count
  }
  await pause(1)
}
libc.close(fd)
console.log(sent - departures.unsent)
