/**
 * Ears on the network: says that interfaces, addresses or routes changed, not what they are now.
 *
 * Whoever hears it reads the facts anew (links.ts, link-addresses.ts, routes.ts): a fact read after
 * the change cannot be out of date, and one message lost does no harm. The kernel may tell of a lost
 * carrier up to a second late (linkwatch; not on TUN), so whoever needs it at once looks each turn:
 * `readLink` takes 15 us.
 */
import { ChangeGroup, changedThing } from '../wire/rtnetlink.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'

export type ChangedThing = 'link' | 'address' | 'route'

export class NetworkChanges {
  readonly #socket = new NetlinkSocket(Netlink.route)

  constructor() {
    this.#socket.subscribe(Object.values(ChangeGroup))
  }

  /** What has changed since the last call, without waiting. Everything, when messages were lost. */
  drain(): ReadonlySet<ChangedThing> {
    const changed = new Set<ChangedThing>()
    const health = this.#socket.drain((message) => {
      const thing = changedThing(message)
      if (thing !== undefined) changed.add(thing)
    })
    return health === 'lost' ? EVERYTHING : changed
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket[Symbol.dispose]()
    return Promise.resolve()
  }
}

const EVERYTHING: ReadonlySet<ChangedThing> = new Set(['link', 'address', 'route'])
