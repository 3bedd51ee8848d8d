/**
 * A LAN that opens connection after connection, so many at a time, for one byte each; prints how many were
 * answered in a second: `node knock-client.ts ADDRESS PORT AT-A-TIME SECONDS`.
 */
import * as libc from '../../shared/linux/libc.ts'
import { dial, resetAndClose, socketError } from '../../shared/linux/sockets.ts'
import { FAILED, Loop, READABLE, type Watcher, WRITABLE } from '../../shared/relay/loop.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'

const [address = '', port, atATime, seconds] = process.argv.slice(2)
const server = encodeSockaddr6(knownAddress(address), Number(port))
const loop = new Loop()
const byte = Uint8Array.of(0x2e)
let answered = 0
let failed = 0

class Knock implements Watcher {
  #asked = false
  #heard = false

  begin(): void {
    const fd = dial(server, {
      multipath: false,
      mark: 0,
      from: undefined,
      congestion: undefined,
    })
    if (fd < 0 || loop.watch(fd, this) < 0) throw new Error(`Cannot knock: ${fd}`)
  }

  onReady(fd: number, events: number): void {
    if (!this.#asked && (events & (WRITABLE | FAILED)) !== 0) {
      if (socketError(fd) !== 0) return this.#end(fd)
      this.#asked = true
      libc.send(fd, byte)
    }
    while ((events & READABLE) !== 0 && this.#asked) {
      const got = libc.recv(fd, byte)
      if (got > 0) this.#heard = true
      else if (got === 0 || (got < 0 && (events & FAILED) !== 0)) return this.#end(fd)
      else return
    }
  }

  onTurn(): void {}

  #end(fd: number): void {
    if (this.#heard) answered++
    else failed++
    loop.unwatch(fd)
    if (this.#heard) libc.close(fd)
    else resetAndClose(fd)
    if (performance.now() < endMs) new Knock().begin()
  }
}

const beganMs = performance.now()
const endMs = beganMs + 1_000 * Number(seconds)
for (let i = 0; i < Number(atATime); i++) new Knock().begin()
while (performance.now() < endMs) loop.round(Math.max(1, endMs - performance.now()))
const took = (performance.now() - beganMs) / 1_000
process.stdout.write(JSON.stringify({ perSecond: answered / took, failed }))
process.exit(0)
