/**
 * Among those that share a store each says that it is there, and whether it is being taken out.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { JsonObject } from '../subscribers/keeper.ts'
import type { Store } from '../subscribers/store.ts'
import type { RunningControl } from './control.ts'
import type { Drain } from './drain.ts'

/** Every few seconds, until disposed of; then it is gone from there too. The homes are told of a drain as well. */
export function register(
  { keeper }: Pick<Store, 'keeper'>,
  { store, listen }: Pick<ConcentratorConfig, 'listen' | 'store'>,
  control: Pick<RunningControl, 'drain' | 'reach'>,
  drain: Pick<Drain, 'isDraining' | 'onChange'>,
): AsyncDisposable {
  const { name } = store
  const { reach } = control
  const since = new Date().toISOString()
  // A store that is away is told of by the store itself.
  const say = () => void keeper.put('concentrator', name, entry()).catch(() => undefined)
  const entry = (): JsonObject => ({
    since,
    seen: new Date().toISOString(),
    draining: drain.isDraining(),
    ...listen,
    ...(reach !== undefined && { announced: { ...reach } }),
  })
  say()
  drain.onChange((draining) => {
    say()
    control.drain(draining)
  })
  const timer = setInterval(say, SAY_MS)
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await keeper.drop('concentrator', name).catch(() => undefined)
    },
  }
}

const SAY_MS = 10_000
