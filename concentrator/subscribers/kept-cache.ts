/**
 * The cache of a store kept up to date while the store is heard: written where it has changed, and touched where it has
 * not.
 */
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { CachedRecord, StoreCache } from './store-cache.ts'

/** Of which life of the store, and up to where. */
export interface KnownStore {
  readonly life: string
  readonly seq: number
  readonly records: Iterable<CachedRecord>
}

export class KeptCache implements AsyncDisposable {
  readonly #cache: Pick<StoreCache, 'touch' | 'write'>
  readonly #known: () => KnownStore | undefined
  readonly #complain: (why: string) => void
  readonly #timer: NodeJS.Timeout
  #writtenSeq: number | undefined
  #failed = false
  #keeping: Promise<void> | undefined

  /** `known` answers undefined while the store is not heard. `complain` hears of the first failure in a row. */
  constructor(
    cache: Pick<StoreCache, 'touch' | 'write'>,
    known: () => KnownStore | undefined,
    complain: (why: string) => void,
  ) {
    this.#cache = cache
    this.#known = known
    this.#complain = complain
    this.#timer = setInterval(() => void this.#keep(), CACHE_MS)
    void this.#keep()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#keeping
    await this.#keep()
  }

  #keep(): Promise<void> {
    this.#keeping ??= this.#write().finally(() => {
      this.#keeping = undefined
    })
    return this.#keeping
  }

  async #write(): Promise<void> {
    const known = this.#known()
    if (known === undefined) return
    const { life, seq, records } = known
    try {
      if (seq === this.#writtenSeq) this.#cache.touch(Date.now())
      else await this.#cache.write(life, seq, records)
      this.#writtenSeq = seq
      this.#failed = false
    } catch (error) {
      if (!this.#failed) this.#complain(sentenceOf(error))
      this.#failed = true
      this.#writtenSeq = undefined
    }
  }
}

const CACHE_MS = 60_000
