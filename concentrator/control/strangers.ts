/**
 * Connections that have not said who they are: one source may have so many at a time, or it could keep all
 * homes out by opening connections and saying nothing.
 */
import { Places } from '../../shared/core/places.ts'
import { sourceKey } from '../subscribers/source.ts'

export class Strangers {
  readonly #places = new Places(STRANGERS_PER_SOURCE_MAX)

  /** Undefined where there are too many from there. Else to be called when it is a stranger no more. */
  admit(address: string): (() => void) | undefined {
    return this.#places.take(sourceKey(address))
  }
}

/** Of one IPv4 address or IPv6 /64: a carrier's NAT stands for many homes, which may all come back at once. */
const STRANGERS_PER_SOURCE_MAX = 1_024
