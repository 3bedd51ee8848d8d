/**
 * Frames that wait for one call of the kernel: places for them all together, and by which socket each
 * leaves. When the places are full, all leave.
 */
import { DATAGRAMS, Departures } from '../linux/datagrams.ts'
import { pinned } from '../linux/pinned.ts'
import { FRAME_BYTES_MAX } from './batch.ts'

export class Outbox {
  readonly memory = pinned(DATAGRAMS * FRAME_BYTES_MAX)
  readonly #doors: Door[]
  #used = 0

  /** `doors`: how many sockets there may be. */
  constructor(doors: number) {
    this.#doors = Array.from({ length: doors }, () => ({ fd: -1, departures: new Departures() }))
  }

  /** One more door: what leaves by it leaves by that socket, from this address of ours. Answers its number. */
  add(fd: number, local: Uint8Array): number {
    return this.#doors.push({ fd, departures: new Departures(local) }) - 1
  }

  /** From now on `door` is that socket; -1 while there is none, and what leaves by it is lost. */
  stand(door: number, fd: number): void {
    this.flush()
    this.#doors[door]!.fd = fd
  }

  /** Where the next frame may be written. */
  place(): number {
    if (this.#used === DATAGRAMS) this.flush()
    return this.#used * FRAME_BYTES_MAX
  }

  /** The frame at the last place is whole. `to` is a sockaddr_in6; undefined on a connected socket. */
  commit(door: number, bytes: number, trafficClass: number, to?: Uint8Array): void {
    const address = this.memory.address + this.#used * FRAME_BYTES_MAX
    this.#doors[door]!.departures.commit(address, bytes, trafficClass, to)
    this.#used += 1
  }

  flush(): void {
    if (this.#used === 0) return
    for (const { fd, departures } of this.#doors) departures.flush(fd)
    this.#used = 0
  }

  /** Frames that the kernel did not take. */
  get unsent(): number {
    return this.#doors.reduce((sum, { departures }) => sum + departures.unsent, 0)
  }
}

interface Door {
  fd: number
  readonly departures: Departures
}
