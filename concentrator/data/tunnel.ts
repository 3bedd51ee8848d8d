/**
 * The homes' tunnels as the main thread has them: forwarding, the table between them and the Internet, and a
 * thread that is started again when it dies. All of it is ours, and gone when we are.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DENIED_BY_DEFAULT } from '../../shared/config/acl.ts'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { tunnelPort } from '../../shared/config/tunnel.ts'
import type { Log } from '../../shared/daemon/log.ts'
import { deleteConntrackFrom } from '../../shared/linux/conntrack.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { applyRuleset } from '../../shared/linux/nftables.ts'
import { allowForwarding, type Sysctls } from '../../shared/linux/sysctl.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { type KeptThread, keepThread } from '../../shared/relay/kept-thread.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { PrefixPool } from '../../shared/wire/prefix-pool.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { tellTunnel } from '../control/access-figures.ts'
import type { Home } from '../subscribers/homes.ts'
import type { TunnelUsage } from '../subscribers/tunnel-usage.ts'
import { egressChooser } from './egress-settings.ts'
import { HomePrefixes } from './home-prefixes.ts'
import { TunnelHomes } from './tunnel-homes.ts'
import { FullHomes, keepLimits, watchFullHomes } from './tunnel-limits.ts'
import { hasPlace, innerOf, type NatConfig, numberOf, REMOVE_NAT, renderNat } from './tunnel-nat.ts'
import {
  STREET_TUNNEL_COUNTERS,
  type StreetTunnelBirth,
  type StreetTunnelCounter,
  type StreetTunnelNews,
  type TunnelLetter,
} from './tunnel-room.ts'

export interface StandingTunnel extends AsyncDisposable {
  readonly counters: Counters<StreetTunnelCounter>
  /** The home of this number has come, is another, or (undefined) has gone. */
  change(number: number, home: Home | undefined): void
}

/**
 * `homes` by number; what they use is written into `usage`. undefined where the configuration wants no tunnel. Throws a sentence when something is
 * refused, and leaves nothing then.
 */
export async function openStreetTunnel(
  config: Pick<ConcentratorConfig, 'acl' | 'egress' | 'listen' | 'stateDirectory' | 'tunnel'>,
  homes: ReadonlyArray<Home | undefined>,
  usage: TunnelUsage,
  sysctls: Sysctls,
  log: Pick<Log, 'warn'>,
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
  if (render === undefined) return undefined
  const netfilter = undo.use(new NetlinkSocket(Netlink.netfilter))

  let thread: KeptThread<TunnelLetter> | undefined
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
    warn: (what, fields) => log.warn(what, fields),
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

  const counters = new Counters(STREET_TUNNEL_COUNTERS, 1)
  thread = await keepThread<StreetTunnelBirth, StreetTunnelNews, TunnelLetter>(
    new URL('tunnel-worker.ts', import.meta.url),
    () => ({
      ...birthOf(config),
      homes: known.identities,
      usage: usage.memory,
      counters: counters.memory,
    }),
    (news) => {
      if (news.event === 'interface') log.warn('tunnel interface', { why: news.why })
    },
    (why) => log.warn('tunnel thread ended', { why }),
  )
  undo.use(thread)
  undo.use(tellTunnel(counters))
  const all = undo.move()
  return {
    counters,
    change: (number, home) => known.change(number, home),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function birthOf({
  listen,
  tunnel,
}: Pick<ConcentratorConfig, 'listen' | 'tunnel'>): Omit<
  StreetTunnelBirth,
  'homes' | 'usage' | 'counters'
> {
  const addresses = listen.addresses.length === 0 ? ['::'] : listen.addresses
  const port = tunnelPort(tunnel, listen.port)
  return {
    listen: addresses.map((address) => encodeSockaddr6(knownAddress(address), port)),
    device: tunnel.interface,
    prefix4: tunnel.prefix4,
    prefix6: tunnel.prefix6,
    pool6: poolOf(tunnel),
    reorderMsMax: tunnel.reorderMsMax,
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

function poolOf({ pool6, homeBits6 }: ConcentratorConfig['tunnel']): PrefixPool | undefined {
  return pool6 && { pool: pool6, bits: homeBits6 }
}

/** In the state directory. */
const RULESET_FILE = 'concentrator-tunnel.nft'
/** The table is rendered for all homes together, and nft takes its time. */
const RENDER_MS = 1_000
