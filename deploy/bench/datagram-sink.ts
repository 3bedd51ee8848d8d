/**
 * Takes datagrams and counts them until its input ends; then says how many came, and in how many milliseconds
 * from the first to the last, as JSON.
 *
 * Usage: node datagram-sink.ts ADDRESS PORT
 */
import { Arrivals } from '../../shared/linux/datagrams.ts'
import { openUdpDoor } from '../../shared/linux/udp-socket.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'

const [address = '', port = ''] = process.argv.slice(2)
const fd = openUdpDoor(encodeSockaddr6(knownAddress(address), Number(port)), address)
const arrivals = new Arrivals()
const loop = new Loop()
let ended = false
process.stdin.on('end', () => {
  ended = true
})
process.stdin.resume()
let datagrams = 0
let firstMs = 0
let lastMs = 0
loop.watchReading(fd, {
  onReady() {
    for (let messages = arrivals.receive(fd); messages > 0; messages = arrivals.receive(fd)) {
      lastMs = performance.now()
      if (firstMs === 0) firstMs = lastMs
      for (let i = 0; i < messages; i++) {
        datagrams += Math.ceil(arrivals.lengths[i]! / Math.max(1, arrivals.pieces[i]!))
      }
    }
  },
  onTurn() {},
})
console.log('ready')
const turn = (): void => {
  loop.round(5)
  if (ended) console.log(JSON.stringify({ datagrams, ms: lastMs - firstMs }))
  else setImmediate(turn)
}
turn()
