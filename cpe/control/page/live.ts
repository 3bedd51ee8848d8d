/**
 * Browsers that have the page open: each is told every state (server-sent events), and who does not read is left.
 */
import type { ServerResponse } from 'node:http'

export class Live {
  /** And the addresses they have, the one that listens for longest first. */
  readonly #listeners = new Map<ServerResponse, string>()

  /** Its headers are sent. The one that listens for longest leaves where there are too many, or too many of its address. */
  add(response: ServerResponse, source: string): void {
    this.#listeners.set(response, source)
    response.once('close', () => this.#listeners.delete(response))
    // Without it, a browser that was cut off would be tried for ever.
    response.on('error', () => response.destroy())
    const [oldest] = this.#listeners.keys()
    const own = [...this.#listeners.keys()].filter((one) => this.#listeners.get(one) === source)
    if (own.length > OF_ONE_MAX && own[0] !== undefined) this.#leave(own[0])
    else if (this.#listeners.size > LISTENERS_MAX && oldest !== undefined) this.#leave(oldest)
  }

  tell(event: string, data: unknown): void {
    if (this.#listeners.size === 0) return
    const text = eventOf(event, data)
    for (const listener of this.#listeners.keys()) {
      if (listener.writableLength > UNREAD_BYTES_MAX) this.#leave(listener)
      else listener.write(text)
    }
  }

  #leave(listener: ServerResponse): void {
    this.#listeners.delete(listener)
    listener.destroy()
  }

  /** Nobody is told any more. */
  [Symbol.dispose](): void {
    for (const listener of this.#listeners.keys()) this.#leave(listener)
  }
}

/** As browsers read it. */
export function eventOf(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Phones, tablets and tabs of one home. */
const LISTENERS_MAX = 16
/** Tabs and windows: no host pushes the others out. */
const OF_ONE_MAX = 4
/** Half a minute. */
const UNREAD_BYTES_MAX = 32_768
