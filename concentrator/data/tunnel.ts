/**
 * The homes' tunnels as the main thread has them: forwarding, the table between them and the Internet, and a
 * thread that is started again when it dies. All of it is ours, and gone when we are.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DENIED_BY_DEFAULT } from '../../shared/config/acl.ts'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { deleteConntrackFrom } from '../../shared/linux/conntrack.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { applyRuleset } from '../../shared/linux/nftables.ts'
import { allowForwarding, type Sysctls } from '../../shared/linux/sysctl.ts'
import type { Counters } from '../../shared/relay/counters.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { tellTunnel } from '../control/access-figures.ts'
import type { StreetLog } from '../control/log.ts'
import type { Home } from '../subscribers/homes.ts'
import { egressChooser } from './egress-settings.ts'
import { HomePrefixes } from './home-prefixes.ts'
import { TunnelHomes } from './tunnel-homes.ts'
import { FullHomes, keepLimits, watchFullHomes } from './tunnel-limits.ts'
import { hasPlace, innerOf, type NatConfig, numberOf, REMOVE_NAT, renderNat } from './tunnel-nat.ts'
import type { StreetTunnelCounter } from './tunnel-room.ts'
import { keepTunnelShaping } from './tunnel-shaping.ts'
import {
  poolOf,
  startTunnelThread,
  type TunnelMemory,
  type TunnelThread,
} from './tunnel-threads.ts'

type TunnelConfig = Pick<
  ConcentratorConfig,
  'acl' | 'egress' | 'listen' | 'shaping' | 'stateDirectory' | 'tunnel'
>

export interface StandingTunnel extends AsyncDisposable {
  readonly counters: Counters<StreetTunnelCounter>
  /** The home of this number has come, is another, or (undefined) has gone. */
  change(number: number, home: Home | undefined): void
}

/**
 * `homes` by number. undefined where the configuration wants no tunnel. Throws a sentence when something is
 * refused, and leaves nothing then.
 */
export async function openStreetTunnel(
  config: TunnelConfig,
  homes: ReadonlyArray<Home | undefined>,
  memory: TunnelMemory,
  sysctls: Sysctls,
  log: Pick<StreetLog, 'error' | 'warn'>,
): Promise<StandingTunnel | undefined> {
  const { tunnel } = config
  await using undo = new AsyncDisposableStack()
  const file = join(config.stateDirectory, RULESET_FILE)
  const prefixes = new HomePrefixes(poolOf(tunnel), (why) =>
    log.warn('home without a prefix', { why }),
  )
  const render = tunnel.enabled
    ? natRenderer(config, prefixes, allowForwarding(sysctls))
    : undefined
  let standing = render?.(homes)
  undo.use(await keepRuleset(file, REMOVE_NAT, standing))
  undo.use(await keepLimits(config))
  undo.use(await keepTunnelShaping(config))
  if (render === undefined) return undefined
  const netfilter = undo.use(new NetlinkSocket(Netlink.netfilter))

  let thread: TunnelThread | undefined
  const known = new TunnelHomes(homes, {
    hasPlace: (number) => hasPlace(number, tunnel),
    prefixOf: (number, home) => prefixes.change(number, home),
    apply: async (present) => {
      const ruleset = render(present)
      if (ruleset === standing) return
      await applyRuleset(ruleset, file)
      standing = ruleset
    },
    tell: (letter) => thread?.tell(letter),
    forget: (number) => {
      const own6 = prefixes.of(number)
      const inner = innerOf(number, tunnel)
      deleteConntrackFrom(netfilter, own6 === undefined ? inner : [...inner, own6])
    },
    log,
    pause: (signal) => pause(RENDER_MS, undefined, { signal }).catch(() => undefined),
  })
  undo.use(known)
  await known.begin()
  const numberOfInner = (inner: Uint8Array) => numberOf(inner, tunnel) ?? prefixes.ownerOf(inner)
  const full = new FullHomes(numberOfInner, (number) => {
    const why = `it has ${tunnel.flowsMax} flows of a family; further ones are refused`
    log.warn('home at its limit of the tunnel', { subscriber: known.idOf(number), why })
  })
  undo.use(watchFullHomes(full))

  thread = await startTunnelThread(config, memory, () => known.identities, log)
  undo.use(thread)
  undo.use(tellTunnel(thread.counters))
  const all = undo.move()
  return {
    counters: thread.counters,
    change: (number, home) => known.change(number, home),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** The table of these homes, by number, as far as they have a place in the tunnel. */
function natRenderer(
  { tunnel, acl, egress }: Pick<ConcentratorConfig, 'acl' | 'egress' | 'tunnel'>,
  prefixes: Pick<HomePrefixes, 'of'>,
  forwards: NatConfig['forwards'],
): (homes: ReadonlyArray<Home | undefined>) => string {
  const deny = acl.denyDefaults ? [...acl.deny, ...DENIED_BY_DEFAULT] : acl.deny
  const pool = egress.addresses.map(knownAddress)
  const exitOf = egressChooser(egress.addresses)
  return (homes) =>
    renderNat(
      { tunnel, acl: { allow: acl.allow, deny }, forwards },
      homes.flatMap((home, number) => {
        if (home === undefined || !hasPlace(number, tunnel)) return []
        const { ipv4, ipv6 } = exitOf(home)
        const egress4 = ipv4 === undefined ? undefined : pool[ipv4]
        const egress6 = ipv6 === undefined ? undefined : pool[ipv6]
        return [{ number, egress4, egress6, own6: prefixes.of(number), acl: home.acl }]
      }),
    )
}

/** In the state directory. */
const RULESET_FILE = 'concentrator-tunnel.nft'
/** The table is rendered for all homes together, and nft takes its time. */
const RENDER_MS = 1_000
