/**
 * Connections that have not said who they are: one source may have so many at a time, or it could keep all
 * homes out by opening connections and saying nothing.
 */
import { sourceKey } from '../subscribers/source.ts'

export class Strangers {
  readonly #bySource = new Map<string, number>()

  /** Undefined where there are too many from there. Else to be called when it is a stranger no more. */
  admit(address: string): (() => void) | undefined {
    const key = sourceKey(address)
    const count = this.#bySource.get(key) ?? 0
    if (count >= STRANGERS_PER_SOURCE_MAX) return undefined
    this.#bySource.set(key, count + 1)
    let isStranger = true
    return () => {
      if (!isStranger) return
      isStranger = false
      const left = (this.#bySource.get(key) ?? 1) - 1
      if (left > 0) this.#bySource.set(key, left)
      else this.#bySource.delete(key)
    }
  }
}

/** Of one IPv4 address or IPv6 /64: a carrier's NAT stands for many homes, which may all come back at once. */
const STRANGERS_PER_SOURCE_MAX = 1_024
