/**
 * Two ends of a connection for tests: what one says the other hears, in the turns of the event loop, and what was
 * said by the end that the test holds in its hand.
 */
import { type Duplex, duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import {
  encodeFrame,
  FRAME_BYTES_MAX,
  type FrameObject,
  FrameReader,
} from '../wire/control-frame.ts'

export class HeldEnd {
  /** What the other end has said. */
  readonly heard: FrameObject[] = []
  /** The other end, for whoever is tested. */
  readonly other: Duplex
  ended = false
  readonly #own: Duplex
  readonly #reader = new FrameReader(FRAME_BYTES_MAX)

  constructor() {
    const [own, other] = duplexPair()
    this.#own = own
    this.other = other
    own.on('data', (chunk: Uint8Array) => {
      const read = this.#reader.read(chunk)
      if (read.kind === 'frames') this.heard.push(...read.objects)
    })
    own.on('end', () => {
      this.ended = true
    })
  }

  async says(...objects: readonly FrameObject[]): Promise<void> {
    for (const object of objects) this.#own.write(encodeFrame(object))
    await settle()
  }

  async saysBytes(bytes: Uint8Array): Promise<void> {
    this.#own.write(bytes)
    await settle()
  }

  async goes(): Promise<void> {
    this.#own.end()
    await settle()
  }

  /** The types of what was heard. */
  get types(): unknown[] {
    return this.heard.map(({ type }) => type)
  }
}

/** Until everything that was said has been heard. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn()
}
