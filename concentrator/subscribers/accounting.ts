/**
 * Accounting put together: connection tracking made to count, its counters taken out, and what they come to
 * written down. A mistake in it stops accounting for a second, and no flow (supervise.ts).
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { Owner } from '../../shared/core/tie.ts'
import { type Fail, guarded, supervise } from '../../shared/daemon/supervise.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import type { Sysctls } from '../../shared/linux/sysctl.ts'
import {
  CONNTRACK_DESTROY_GROUP,
  CONNTRACK_DESTROYED,
  CONNTRACK_GET_AND_ZERO,
  type CountedConnection,
  decodeCounters,
  encodeCountersQuery,
} from '../../shared/wire/conntrack-counters.ts'
import { FLAG_DUMP } from '../../shared/wire/netlink.ts'
import { log } from '../control/log.ts'
import { Accountant } from './accountant.ts'
import type { SubflowListener } from './doorkeeper.ts'
import type { Identities } from './identities.ts'
import { CARRIERS, type Keeper, type Octets } from './keeper.ts'
import type { Roster } from './roster.ts'
import type { TunnelUsage } from './tunnel-usage.ts'
import { UsageBook } from './usage-book.ts'
import { UsageJournal } from './usage-journal.ts'
import { UsageOut } from './usage-out.ts'

export interface RunningAccounting extends AsyncDisposable {
  /** Undefined where nothing is counted. */
  readonly listener: SubflowListener | undefined
}

export type AccountingConfig = Pick<
  ConcentratorConfig,
  'accounting' | 'listen' | 'stateDirectory' | 'store'
>

export interface AccountingParts {
  readonly identities: Pick<Identities, 'of'>
  readonly whose: (address: Uint8Array) => Owner | undefined
  readonly sysctls: Sysctls
  readonly roster: Pick<Roster, 'idOf'>
  readonly store: { readonly keeper: Pick<Keeper, 'addUsage'> }
  /** What is not TCP. */
  readonly tunnel: Pick<TunnelUsage, 'reader'>
  /** Hears what was counted since the last time, too. */
  readonly used: (subscriber: string, octets: Octets) => void
}

/** Rejects with a sentence where connection tracking cannot count, or the sums cannot be read. */
export async function openAccounting(
  config: AccountingConfig,
  { identities, whose, sysctls, roster, store, tunnel, used }: AccountingParts,
): Promise<RunningAccounting> {
  const { accounting, listen, stateDirectory } = config
  await using undo = new AsyncDisposableStack()
  const ruleset = accounting.enabled ? renderTracking(listen.port) : undefined
  const rulesetFile = join(stateDirectory, 'concentrator-accounting.nft')
  undo.use(await keepRuleset(rulesetFile, REMOVE_TRACKING, ruleset))
  if (ruleset === undefined) return standing(undo.move(), undefined)
  if (!sysctls.set('net/netfilter/nf_conntrack_acct', '1')) {
    throw new Error('Cannot count: net.netfilter.nf_conntrack_acct is missing or cannot be written')
  }

  const book = new UsageBook((token) => identities.of(token), whose)
  const accountant = new Accountant((peer) => book.ownerOf(peer))
  const out = new UsageOut(
    store.keeper,
    `${config.store.name} ${randomBytes(8).toString('hex')}`,
    new UsageJournal(join(stateDirectory, USAGE_FILE), (why) =>
      log.error('usage journal not kept', { why }),
    ),
    (why) => log.warn('usage not kept yet', { why }),
  )
  const takers = { tcp: () => accountant.take(), tunnel: tunnel.reader() }
  const give = () => {
    for (const carrier of CARRIERS) {
      for (const [number, octets] of takers[carrier]()) {
        const subscriber = roster.idOf(number)
        if (subscriber === undefined) continue
        out.add(subscriber, octets, carrier)
        used(subscriber, octets)
      }
    }
    return out.send(Date.now())
  }
  const service = await supervise(
    (failed) =>
      Promise.resolve(
        keepCounting(
          { port: listen.port, intervalS: accounting.intervalS, book, accountant, give },
          failed,
        ),
      ),
    (why, againMs) => log.error('accounting failed', { why, againMs }),
  )
  undo.use(service)
  return standing(undo.move(), book)
}

interface Counting {
  readonly port: number
  readonly intervalS: number
  readonly book: UsageBook
  readonly accountant: Accountant
  /** Hand over what was counted. */
  readonly give: () => Promise<void>
}

function keepCounting(counting: Counting, failed: Fail): AsyncDisposable {
  const { port, intervalS, book, accountant, give } = counting
  const tracker = new NetlinkSocket(Netlink.netfilter)
  const ends = new NetlinkSocket(Netlink.netfilter)
  ends.subscribe([CONNTRACK_DESTROY_GROUP])

  const takeOut = (count: (one: CountedConnection) => void): void => {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const query = encodeCountersQuery(family, port)
      const result = tracker.ask(CONNTRACK_GET_AND_ZERO, FLAG_DUMP, query, (body) => {
        const one = decodeCounters(body)
        if (one?.destination.port === port) count(one)
      })
      // What changed while it was listed comes with the next list, or has come as an end.
      if (result < 0 && result !== -EINTR) throw new Error(`conntrack: ${errnoName(result)}`)
    }
  }
  const hearEnds = (): void => {
    const health = ends.drain(({ type, body }) => {
      const one = type === CONNTRACK_DESTROYED ? decodeCounters(body) : undefined
      if (one?.destination.port !== port) return
      accountant.count(one)
      book.forget(one.source)
    })
    if (health === 'lost') log.warn('accounting lost ends of connections')
  }
  const interim = (): Promise<void> => {
    hearEnds()
    takeOut((one) => accountant.count(one))
    return give()
  }
  // What was counted before we knew whose it is belongs to a concentrator that is no more.
  takeOut(() => undefined)
  const timers = [
    setInterval(() => void guarded(failed, hearEnds), ENDS_MS),
    setInterval(() => void guarded(failed, interim), intervalS * 1_000),
  ]
  return {
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer)
      await guarded(failed, interim)
      tracker[Symbol.dispose]()
      ends[Symbol.dispose]()
    },
  }
}

function standing(
  stack: AsyncDisposableStack,
  listener: SubflowListener | undefined,
): RunningAccounting {
  return { listener, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The kernel tracks connections in a namespace where some rule asks about them. */
function renderTracking(port: number): string {
  return `${REMOVE_TRACKING}table inet ${TABLE} {
  chain tracked {
    type filter hook prerouting priority mangle; policy accept;
    tcp dport ${port} ct state established accept
  }
}
`
}

/** In the state directory. */
const USAGE_FILE = 'usage-waiting.json'
const TABLE = 'hybridge_accounting'
const REMOVE_TRACKING = `table inet ${TABLE}
delete table inet ${TABLE}
`
/** The kernel holds the news of so many ends: 8 MiB of them. */
const ENDS_MS = 250
const EINTR = 4
