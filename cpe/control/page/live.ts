/**
 * Browsers that have the page open: each is told every state (server-sent events), and who does not read is left.
 */
import type { ServerResponse } from 'node:http'

export class Live {
  readonly #listeners = new Set<ServerResponse>()

  /** Its headers are sent. The one that listens for longest leaves where there are too many. */
  add(response: ServerResponse): void {
    this.#listeners.add(response)
    response.once('close', () => this.#listeners.delete(response))
    // Without it, a browser that was cut off would be tried for ever.
    response.on('error', () => response.destroy())
    const [oldest] = this.#listeners
    if (this.#listeners.size > LISTENERS_MAX && oldest !== undefined) this.#leave(oldest)
  }

  get size(): number {
    return this.#listeners.size
  }

  tell(event: string, data: unknown): void {
    if (this.#listeners.size === 0) return
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    for (const listener of this.#listeners) {
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
    for (const listener of this.#listeners) this.#leave(listener)
  }
}

/** Phones, tablets and tabs of one home. */
const LISTENERS_MAX = 16
/** Half a minute. */
const UNREAD_BYTES_MAX = 32_768
