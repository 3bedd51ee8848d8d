/**
 * What may go down the legs of each home, from the configuration file and from policies, to the shaper: all of them at the
 * start, and each whose policy may have become another.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { LegRates } from '../subscribers/leg-caps.ts'
import type { Roster } from '../subscribers/roster.ts'
import {
  openShaper,
  type RunningShaper,
  type ShaperConfig,
  type ShaperParts,
} from '../subscribers/shaper.ts'
import type { Store } from '../subscribers/store.ts'
import { log } from './log.ts'

export interface ShapedHomes extends Pick<ShaperParts, 'capped' | 'whose'> {
  readonly store: Pick<Store, 'homes' | 'onChange'>
  readonly roster: Pick<Roster, 'idOf' | 'numberOf'>
}

/** Everything stands when this resolves. */
export async function shapeHomes(
  config: ShaperConfig & Pick<ConcentratorConfig, 'subscribers'>,
  { store, roster, whose, capped }: ShapedHomes,
): Promise<RunningShaper> {
  await using undo = new AsyncDisposableStack()
  const ratesOf = ratesOfHomes(store, roster, config.subscribers)
  const complain = (why: string) => log.warn('shaper not set', { why })
  const shaper = undo.use(await openShaper(config, { whose, capped, ratesOf, complain }))
  undo.use(followRates(store, roster, shaper))
  const all = undo.move()
  return { ...shaper, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** A policy goes before the file's `caps`, key by key. */
export function ratesOfHomes(
  { homes }: Pick<Store, 'homes'>,
  roster: Pick<Roster, 'idOf' | 'numberOf'>,
  subscribers: ConcentratorConfig['subscribers'],
): (subscriber: number) => LegRates {
  const ofFile = new Map(subscribers.map(({ id, caps }) => [id, caps]))
  return (subscriber) => {
    const id = roster.idOf(subscriber)
    if (id === undefined) return {}
    const said = homes.policyOf(id)?.policy.rates
    const caps = ofFile.get(id)
    return {
      dslDownMbps: said?.dslDownMbps ?? caps?.dslDownMbps,
      lteDownMbps: said?.lteDownMbps ?? caps?.lteDownMbps,
    }
  }
}

/** Until disposed of. */
export function followRates(
  store: Pick<Store, 'homes' | 'onChange'>,
  roster: Pick<Roster, 'numberOf'>,
  shaper: Pick<RunningShaper, 'look'>,
): Disposable {
  /** Numbers of homes that were looked at: one that has gone leaves its caps behind. */
  const numbers = new Map<string, number>()
  const waiting = new Set<string>()
  let turn: NodeJS.Immediate | undefined
  const look = (id: string): void => {
    const number = roster.numberOf(id) ?? numbers.get(id)
    if (number === undefined) return
    numbers.set(id, number)
    shaper.look(number)
    if (store.homes.home(id) === undefined) numbers.delete(id)
  }
  // Others have their turn in between: a plan may be tens of thousands of homes'. And whoever has just come has a number then.
  const lookOn = (): void => {
    const untilMs = performance.now() + TURN_MS
    for (const id of waiting) {
      if (performance.now() > untilMs) break
      waiting.delete(id)
      look(id)
    }
    turn = waiting.size > 0 ? setImmediate(lookOn) : undefined
  }
  const ask = (ids: Iterable<string>): void => {
    for (const id of ids) waiting.add(id)
    turn ??= setImmediate(lookOn)
  }
  for (const id of store.homes.ids) look(id)
  const following = store.onChange(({ kind, id }) =>
    ask(kind === 'subscriber' ? [id] : store.homes.ids),
  )
  return {
    [Symbol.dispose]() {
      following[Symbol.dispose]()
      if (turn !== undefined) clearImmediate(turn)
    },
  }
}

/** A class that changes costs the kernel milliseconds where there are thousands. */
const TURN_MS = 10
