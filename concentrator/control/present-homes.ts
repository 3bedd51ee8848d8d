/**
 * The homes that may come, from the store to those who let them in: the data threads, the probes, and whoever
 * in the main thread asks whose an address is. First all of them, then each that changes.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { streetSubscriber } from '../data/settings.ts'
import type { StandingTunnel } from '../data/tunnel.ts'
import type { Home } from '../subscribers/homes.ts'
import { probeSecretOf } from '../subscribers/records.ts'
import { Roll, type RollChange, type StreetSubscriber } from '../subscribers/roll.ts'
import { Roster, type RosterChange } from '../subscribers/roster.ts'
import type { Store } from '../subscribers/store.ts'
import { Held, type Tallies } from '../subscribers/tallies.ts'
import { monotonicS } from '../subscribers/ties.ts'
import type { ProbeJudge } from './probe-responder.ts'

export interface PresentHomes {
  readonly roster: Roster
  /** The main thread's own. */
  readonly roll: Roll
  /** By number, for threads that are about to be born. */
  readonly list: ReadonlyArray<StreetSubscriber | undefined>
  /** The same as the store has them, for the tunnel. */
  readonly homes: ReadonlyArray<Home | undefined>
  /** Tell the probes of all, and everybody of every change from now on, until disposed of. */
  follow(
    probes: Pick<ProbeJudge, 'know'>,
    tunnel: Pick<StandingTunnel, 'change'> | undefined,
    tell: (change: RollChange) => void,
  ): FollowedHomes
}

export interface FollowedHomes extends Disposable {
  /** What this home has open by Convert ends; it may come again at once. */
  reset(id: string): void
}

/** `secret` is what the keys of issued cookies are made from. */
export function presentHomes(
  store: Store,
  config: Pick<ConcentratorConfig, 'cookies' | 'egress' | 'subscribers'>,
  secret: Uint8Array,
  tallies: Tallies,
): PresentHomes {
  const { homes } = store
  const roster = new Roster({
    homes,
    ofFile: config.subscribers.map(({ id }) => id),
    isIdle: (number) => tallies.held(number, Held.open) === 0,
    restS: config.cookies.tieS,
  })
  const subscriberOf = streetSubscriber(config, secret)
  const present = roster.all(monotonicS())
  const list = present.map((home) => home && subscriberOf(home))
  const roll = new Roll(list)
  return {
    roster,
    roll,
    list,
    homes: present,
    follow(probes, tunnel, tell) {
      const know = (number: number, home: Home | undefined) =>
        probes.know(number, home && probeSecretOf(home.verifier))
      for (const [number, home] of present.entries()) know(number, home)
      const following = followRoster(store, roster, ({ number, home }) => {
        const change = { number, subscriber: home && subscriberOf(home) }
        roll.change(change)
        know(number, home)
        tunnel?.change(number, home)
        tell(change)
      })
      return {
        reset(id) {
          const number = roster.numberOf(id)
          const subscriber = number === undefined ? undefined : roll.get(number)
          if (number === undefined || subscriber === undefined) return
          tell({ number, subscriber: undefined })
          tell({ number, subscriber })
        },
        [Symbol.dispose]: () => following[Symbol.dispose](),
      }
    },
  }
}

function followRoster(
  store: Store,
  roster: Roster,
  tell: (change: RosterChange) => void,
): Disposable {
  const look = (id: string) => {
    const change = roster.look(id, monotonicS())
    if (change !== undefined) tell(change)
  }
  const following = store.onChange(({ kind, id }) => {
    if (kind === 'subscriber') look(id)
  })
  // What has changed since the threads were given their list, and who waits for a number.
  const lookAtAll = () => {
    for (const id of store.homes.ids) look(id)
  }
  lookAtAll()
  const timer = setInterval(lookAtAll, LOOK_MS)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      following[Symbol.dispose]()
    },
  }
}

const LOOK_MS = 60_000
