/**
 * Among those that share a store each says that it is there, and whether it is being taken out.
 */
import type { JsonObject } from '../subscribers/keeper.ts'
import type { Store } from '../subscribers/store.ts'
import type { Drain } from './drain.ts'

export interface Registration {
  readonly name: string
  /** Where homes reach it. */
  readonly port: number
  readonly addresses: readonly string[]
}

/** Every few seconds, until disposed of; then it is gone from there too. */
export function register(
  { keeper }: Pick<Store, 'keeper'>,
  { name, port, addresses }: Registration,
  drain: Pick<Drain, 'isDraining'>,
): AsyncDisposable {
  const since = new Date().toISOString()
  // A store that is away is told of by the store itself.
  const say = () => void keeper.put('concentrator', name, entry()).catch(() => undefined)
  const entry = (): JsonObject => ({
    since,
    seen: new Date().toISOString(),
    draining: drain.isDraining(),
    port,
    addresses,
  })
  say()
  const timer = setInterval(say, SAY_MS)
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await keeper.drop('concentrator', name).catch(() => undefined)
    },
  }
}

const SAY_MS = 10_000
