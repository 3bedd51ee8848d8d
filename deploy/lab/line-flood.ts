/**
 * Fills a line: `node line-flood.ts ADDRESS PORT MBPS` sends UDP to there at that rate, headers and all,
 * until it is killed. Who should hear it need not be there.
 */
import { must } from '../../shared/linux/errors.ts'
import { AF_INET, connect, poll, SOCK_DGRAM, send, socket } from '../../shared/linux/libc.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr4 } from '../../shared/wire/sockaddr.ts'

const [, , address = '', port, mbps] = process.argv
const fd = must(socket(AF_INET, SOCK_DGRAM, 0), 'open a socket', 'socket')
must(connect(fd, encodeSockaddr4(parseAddress(address)!, Number(port))), 'connect', 'connect')

const PACKET_BYTES = 1_400
const HEADER_BYTES = 28
const PAUSE_MS = 2
/** What could not be sent in time is not sent later: a burst would only overflow the device. */
const BURST_PACKETS_MAX = 300

const packet = new Uint8Array(PACKET_BYTES - HEADER_BYTES)
const packetsPerMs = (Number(mbps) * 1_000) / (8 * PACKET_BYTES)
const nobody = new Uint8Array(0)
for (let lastMs = performance.now(), owed = 0; ; poll(nobody, PAUSE_MS)) {
  const nowMs = performance.now()
  owed = Math.min(owed + (nowMs - lastMs) * packetsPerMs, BURST_PACKETS_MAX)
  lastMs = nowMs
  for (; owed >= 1; owed--) send(fd, packet)
}
