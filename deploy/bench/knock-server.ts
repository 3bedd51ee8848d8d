/**
 * A server that costs next to nothing: one byte for one byte, and the end. `node knock-server.ts PORT`.
 */
import * as libc from '../../shared/linux/libc.ts'
import { openListener } from '../../shared/linux/sockets.ts'
import { openDoor } from '../../shared/relay/door.ts'
import { Loop, READABLE, type Watcher } from '../../shared/relay/loop.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'

const port = Number(process.argv[2])
const loop = new Loop()
const byte = new Uint8Array(1)

const guest: Watcher = {
  onReady(fd, events) {
    if ((events & READABLE) === 0 || libc.recv(fd, byte) < 0) return
    libc.send(fd, byte)
    loop.unwatch(fd)
    libc.close(fd)
  },
  onTurn() {},
}
const listener = openListener(
  {
    address: encodeSockaddr6(knownAddress('::'), port),
    multipath: false,
    transparent: false,
    reusePort: false,
  },
  `port ${port}`,
)
openDoor(loop, listener, (fd) => {
  if (loop.watch(fd, guest) < 0) libc.close(fd)
})
process.stdout.write('listening\n', () => loop.run())
