/**
 * Which homes have a session here, in the store, for whoever asks at any of the concentrators that share it. Every
 * few seconds what stands there is made what is; after a crash the next start does the same.
 */
import { formatAddress } from '../../shared/wire/address.ts'
import type { JsonObject, Keeper } from '../subscribers/keeper.ts'

export interface PresentSession {
  readonly home: { readonly id: string } | undefined
  readonly link: { readonly from: Uint8Array; readonly token: number | undefined }
}

export class SessionRecords {
  readonly #keeper: Pick<Keeper, 'all' | 'drop' | 'put' | 'read'>
  readonly #concentrator: string
  readonly #sessions: () => Iterable<PresentSession>
  /** What stands in the store as ours. */
  readonly #written = new Map<string, PresentSession | undefined>()
  #known = false

  /** `sessions`: those of homes that have proven who they are. */
  constructor(
    keeper: Pick<Keeper, 'all' | 'drop' | 'put' | 'read'>,
    concentrator: string,
    sessions: () => Iterable<PresentSession>,
  ) {
    this.#keeper = keeper
    this.#concentrator = concentrator
    this.#sessions = sessions
  }

  /** Rejects when the store is away; the next look goes on from there. */
  async look(): Promise<void> {
    if (!this.#known) await this.#learn()
    const here = new Map<string, PresentSession>()
    for (const session of this.#sessions()) {
      if (session.home !== undefined) here.set(session.home.id, session)
    }
    for (const [id, session] of here) {
      if (this.#written.get(id) === session) continue
      await this.#keeper.put('session', id, this.#entry(session))
      this.#written.set(id, session)
    }
    for (const id of [...this.#written.keys()]) if (!here.has(id)) await this.#forget(id)
  }

  async forgetAll(): Promise<void> {
    for (const id of [...this.#written.keys()]) await this.#forget(id)
  }

  /** What we had written before a crash. */
  async #learn(): Promise<void> {
    for await (const records of this.#keeper.all('session')) {
      for (const { id, body } of records) {
        if (body['concentrator'] === this.#concentrator) this.#written.set(id, undefined)
      }
    }
    this.#known = true
  }

  /** A home that has gone to another concentrator is that one's. */
  async #forget(id: string): Promise<void> {
    const record = await this.#keeper.read('session', id)
    if (record?.body['concentrator'] === this.#concentrator) await this.#keeper.drop('session', id)
    this.#written.delete(id)
  }

  #entry({ link: { from, token } }: PresentSession): JsonObject {
    return {
      concentrator: this.#concentrator,
      seen: new Date().toISOString(),
      from: formatAddress(from),
      multipath: token !== undefined,
    }
  }
}

/** Looks until disposed of; then nothing of ours stands there any more. */
export function keepSessionRecords(
  keeper: Pick<Keeper, 'all' | 'drop' | 'put' | 'read'>,
  concentrator: string,
  sessions: () => Iterable<PresentSession>,
): AsyncDisposable {
  const records = new SessionRecords(keeper, concentrator, sessions)
  let looking: Promise<void> | undefined
  const timer = setInterval(() => {
    // A store that is away is told of by the store itself.
    looking ??= records
      .look()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined
      })
  }, LOOK_MS)
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await looking
      await records.forgetAll().catch(() => undefined)
    },
  }
}

const LOOK_MS = 2_000
